"""The windowed features over recorded events: what the counters would have said, all at once.

    frames      what goes in: a frame of one institution's events in order of arrival
    timeline    the events of one kind of entity, brought into order
    totals      counts and sums
    seen        who was seen: distinct, repeated, since
    windows     a column for every windowed feature

Everything is generated from the plan that the counters are generated from, and means the same (see
`features.windows`), with two exceptions: what is distinct is exact here however much of it there
is, and an outcome is known as soon as the next event arrives.

Nearly all events arrive in the order in which they happen. Then a window is a difference of two
running totals, found by bisection; what a late event changes is put right pair by pair.
"""

from features.windows.history.frames import frame_of
from features.windows.history.windows import with_windows

__all__ = ["frame_of", "with_windows"]
