"""Thermogravitational columns in closed form."""
