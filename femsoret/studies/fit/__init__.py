"""Fits of the full problem to measured data: the corrected values beside the naive ones."""
