"""Audits: what biases the Soret coefficient that a cell reports, by how much, and how to fix it."""
