"""Training again, by itself: when enough labels came or the traffic moved.

`journal.py` keeps what became of every training, `due.py` says whether another is wanted,
`services.py` runs it. What comes of it stands beside the champion, until two people agree.
"""
