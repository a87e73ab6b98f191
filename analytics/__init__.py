"""Figures over stored decisions and labels, one institution and one span of days at a time.

    period       the days that a figure is of
    reading      the SELECTs' common parts, and running them
    accuracy     were the decisions right
    performance  the same by model, with precision, recall and the ranking's quality
    advice       should a vertical's decline threshold move
    trends       day by day
    patterns     by type, hour, weekday and currency
    distribution by score and level
    verticals    by vertical

Plain queries, nothing kept: each says how many it takes. What a transaction turned out to be is
its current label (transactions/labels/precedence.py).
"""
