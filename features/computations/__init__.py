"""The pure functions behind computed features.

Each takes values that are known, named by the feature's ``computed_from``, and returns a value, or
None where it cannot tell. No clock, no randomness, no look-up outside of the tables that stand
beside them.
"""
