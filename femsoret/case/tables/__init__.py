"""The tables of a case file: keys, defaults and meanings, and the objects built from them.

The reference page of the case file is generated from the descriptions of the fields.
"""
