"""The tables of a case file: keys, defaults, meanings, and how each builds what it states.

The descriptions are the documentation: the reference page is made from them.
"""
