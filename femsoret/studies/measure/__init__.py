"""Measurements of one cell: its solves, their numerical errors, and the stability of its state."""
