"""Trying the edits of a draft on past decisions, so that the result can be its evidence."""

from datetime import timedelta

from django.utils import timezone as clock

from foundation.models import User
from studio.backtest import running
from studio.backtest.contract import Known, Window
from studio.backtest.services import request_backtest
from studio.changes.editing import fingerprint
from studio.changes.errors import ChangeRefused
from studio.changes.evidence import note_trial, take_trial
from studio.changes.snapshots import tried_by, what_changes
from studio.models import Backtest
from studio.models.changes import ChangeSet
from studio.tasks import start_backtest


def last_days(days: int, *, vertical: str | None = None, known: Known = "today") -> Window:
    """The window up to now, of all institutions that the person sees who asks."""
    now = clock.now()
    since = now - timedelta(days=days)
    return Window(institutions=(), since=since, until=now, vertical=vertical, known=known)


def try_edits(*, by: User, change_set: ChangeSet, window: Window, here: bool = False) -> Backtest:
    """Backtests the draft's edits and attaches the result. What takes longer a worker does, and
    attaches it then, unless it is to be done `here`, in this process, however long it takes.

    Raises ChangeRefused for a draft without edits or what is no draft, and what `request_backtest`
    does. A process that dies leaves a backtest that its person can read, and the draft as it was.
    """
    edits = list(change_set.edits.all())
    if not edits:
        raise ChangeRefused("There are no edits to try yet.")
    if not what_changes(edits)[2]:
        raise ChangeRefused(
            "Nothing that is in force changes with these edits, so no decision comes out otherwise."
        )
    begin = request_backtest if here else start_backtest
    trial = begin(by=by, edit=tried_by(edits), window=window)
    noted = note_trial(by=by, change_set=change_set, trial=trial, tried=fingerprint(edits))
    if here:
        running.run(trial.pk)
    trial.refresh_from_db()  # a worker may have been as fast
    if trial.state == Backtest.State.DONE:
        take_trial(by=by, change_set=noted)
    return trial
