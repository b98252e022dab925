"""Plans of experiments: which cell and which record make an unknown least uncertain."""
