"""How results are said: numbers, units, phrases, warnings and definitions."""
