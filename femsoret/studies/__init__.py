"""Studies: measurements, audits and onset searches, built on all lower-level packages."""
