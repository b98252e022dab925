"""Coordinates, what a fluid does at a point (closures), and the terms made of it (forms)."""
