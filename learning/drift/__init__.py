"""Whether the traffic still is what a model was trained on.

`bins.py` measures one column (pure), `baseline.py` keeps the training sample's shares on the card,
`recent.py` reads the traffic of the last days, `watching.py` compares and stores, once a day.
"""
