"""What rules' weights should be by outcomes: suggestions, which a person may take up.

`outcomes.py` reads archived decisions with labels, `evidence.py` fits regressions to them (pure),
`fitting.py` makes weights of those and judges them on later days (pure), `services.py` stores them
and puts one into a vertical's working copy when asked. Nothing here publishes: what is taken up
takes force when two people agree to a ruleset.
"""
