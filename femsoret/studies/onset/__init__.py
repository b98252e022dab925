"""Onsets: critical values at which a steady state becomes unstable, and its leading modes."""
