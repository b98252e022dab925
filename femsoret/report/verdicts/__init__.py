"""The main result of a run of each kind, in sentences and facts, from its summary."""
