"""The operator's switch: for a while a vertical's rules and model decide less, or nothing at all.

`throwing.py` turns it on and off, `reading.py` is what scoring asks with each transaction (pure).
"""
