"""The tables of each kind of run, specified as data, from its summary."""
