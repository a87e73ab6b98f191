"""Counters in Redis: what happened lately to everybody who takes part in a transaction.

script      counters.lua, with the plan of the catalogue's windowed features before it
counters    the question, the answer and the name of an institution's state
recording   what they are told of a transaction
opening     record and read; where an institution's state begins
stored      what they were told of a stored transaction
following   outcomes, and what was decided while Redis was away
labels      frauds, when they become known, for the risk of those who took part
risks       what their known frauds say, as features
rebuilding  the stored transactions counted anew
"""
