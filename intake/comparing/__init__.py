"""Recorded requests and what another system answered, beside what we would.

answers    what an old answer says: a reader for each wire format
running    decide each recorded request, as imported data
figures    agreement, correlation, and the cases that lie furthest apart with the reasons
rendering  text, JSON and a page
"""
