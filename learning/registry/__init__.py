"""Which model should decide: comparing challengers with the champion, promoting, rolling back.

`evidence.py` reads what both said of the same transactions, `paired.py` judges it (pure),
`promoting.py` asks for a second person's approval and puts models in force.
"""
