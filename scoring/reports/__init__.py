"""What rules are worth on stored decisions: read them, decide them again, count, show.

`reading -> judging -> counting -> figures -> rendering`, each knowing only those before it.
"""
