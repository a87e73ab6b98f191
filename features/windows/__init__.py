"""Features that count what happened lately, each declared once with the feature itself.

    declaring   what can be asked: entities, windows, aggregates, conditions
    happening   one transaction as the counters see it
    plan        what must be kept, and where each answer goes: generated from the catalogue
    history     the same answers over recorded events, as Polars expressions

**What a window holds.** Events recorded so far, in order of arrival, the present one among them,
that happened in (t - w, t]. Counts and sums are kept in buckets of 1/120 of the window, and a
window begins with a whole bucket. Who was seen (distinct, repeated, since) goes by the second, and
asks for those seen after t - w: for an event that arrives late, those seen since t are among them.
"""
