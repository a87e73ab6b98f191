"""What models learn from: decisions' own vectors, with the labels known on a day.

The vectors are as they were when decided, so nothing in them is of later. See `archived`.
"""
