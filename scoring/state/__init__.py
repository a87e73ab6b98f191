"""Counters in Redis: what happened lately to everybody who takes part in a transaction.

script      counters.lua with the plan of the catalogue's windowed features before it
connection  one connection a thread, a short time-out, a pause after a failure
counters    record a transaction and read its windows, in one round trip
opening     where an institution's state begins
"""
