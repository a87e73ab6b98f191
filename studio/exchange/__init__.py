"""Rules as files: TOML in the shape of rules/catalogue, out and in again, and newer releases of it.

writing.py     the ruleset in force, the book or a change set as text
reading.py     text to rules and verticals, with every fault and its line
importing.py   a file becomes a change set; nothing is applied by itself
catalogue.py   what a newer release ships, merged with what was edited here
"""
