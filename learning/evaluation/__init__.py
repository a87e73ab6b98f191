"""What a model is worth, on rows later than all that it learned from.

metrics      figures of predictions: ranking, calibration, money, groups
calibration  whether what was said came
fairness     how unevenly false alarms fall on groups
checks       what would betray a leak
stability    how far features have moved (PSI)
card         all of it as one record, stored with the model
charts       lines as SVG
page         the card as HTML
"""
