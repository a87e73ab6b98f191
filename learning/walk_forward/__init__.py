"""The benchmark: a recorded history lived through day by day, as a server would have met it.

days       the folder's files
growing    the rows known so far, as a sample to learn from
walking    labels, events, predictions, retraining
"""
