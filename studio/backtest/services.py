"""Trying a change: at once where that takes a moment, else as a row that a worker takes.

A person tries on the decisions of the institutions that he works for. Nothing here loads Polars
before something is really run.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone as clock

from clients.models import Institution
from foundation.audit import record
from foundation.errors import Forbidden, NotFound
from foundation.models import User
from foundation.permissions import require
from foundation.scopes import visible_institutions
from learning.models import ArchiveFile
from rules.definition import Definition, PublishedRule, Snapshot, State
from rules.models import Ruleset
from rules.queries import published_number
from studio.backtest.contract import Edit, Result, Window
from studio.backtest.errors import BadEdit, TooManyBacktests, TooMuchAtOnce
from studio.models import Backtest

TRY: Final = "rules.change_rule"
RULESET_COST: Final = 15
"""How many times as long a whole ruleset takes as one rule."""
_PATIENCE: Final = 10.0  # seconds that somebody waits for another's quick one to end
_one_at_a_time = threading.BoundedSemaphore(1)
_one_waits = threading.BoundedSemaphore(1)
"""Those who wait hold a thread that could decide transactions, so no more than one does."""

Progress = Callable[[float], object]
Question = Callable[[], bool]


def edit_of(code: str, definition: Definition) -> Edit:
    """The edit of a draft, as if it were live: a rule's new content, or a new rule."""
    rule = PublishedRule(
        code=code, version=0, state=State.LIVE, canary_percent=100.0, definition=definition
    )
    return Edit(rules=(rule,))


def kind_of(edit: Edit) -> str:
    """Whether it takes one rule or the whole ruleset. Raises BadEdit for no change at all."""
    changed = len(edit.rules) + len(edit.removed)
    if not changed and not edit.verticals:
        raise BadEdit("There is nothing to try: no rule and no vertical is changed.")
    only = changed == 1 and not edit.verticals
    return Backtest.Kind.RULE if only else Backtest.Kind.RULESET


def seen_by(by: User, window: Window) -> Window:
    """The window with the institutions that it names, all that the person sees when it names none.

    Raises Forbidden when it names another. One query.
    """
    visible = visible_institutions(by)
    found = Institution.objects.order_by("slug")
    if visible is not None:
        found = found.filter(pk__in=visible)
    slugs = tuple(found.values_list("slug", flat=True))
    if strange := sorted(set(window.institutions) - set(slugs)):
        raise Forbidden(f"You do not work for {', '.join(strange)}.", type="not-in-scope")
    return msgspec.structs.replace(window, institutions=window.institutions or slugs)


def archived_rows(window: Window) -> int:
    """Rows of the files that a backtest of the window goes through; one query."""
    files = ArchiveFile.objects.filter(
        state=ArchiveFile.State.LIVE,
        day__gte=window.since.date(),
        day__lte=(window.until - timedelta(microseconds=1)).date(),
    )
    return files.aggregate(rows=Sum("rows"))["rows"] or 0


def fits(edit: Edit, window: Window) -> bool:
    """Whether it may be tried within a request."""
    cost = RULESET_COST if kind_of(edit) == Backtest.Kind.RULESET else 1
    return archived_rows(window) * cost <= settings.BACKTEST_ROWS_AT_ONCE


def quick(*, by: User, edit: Edit, window: Window) -> Result:
    """The result, kept nowhere: for a page that shows it while somebody types.

    One at a time in each process, so that they never take the memory or the time of those who
    score. Raises TooMuchAtOnce when it takes a worker, TooManyBacktests when others are waiting,
    Forbidden, and what `backtest_rule` raises.
    """
    require(by, TRY)
    window = _checked(seen_by(by, window))
    if not fits(edit, window):
        raise TooMuchAtOnce(archived_rows(window))
    _, snapshot = _in_force()
    with turn(_PATIENCE) as ours:
        if not ours:
            raise TooManyBacktests("Others are trying changes at this moment; try again.")
        return carry_out(edit, window, snapshot)


@contextmanager
def turn(patience: float = 0.0) -> Iterator[bool]:
    """Whether this process tries nothing else, within so many seconds where nobody else waits; if
    so, it is held until the end of the block."""
    ours = _one_at_a_time.acquire(blocking=False) or _awaited(patience)
    try:
        yield ours
    finally:
        if ours:
            _one_at_a_time.release()


def _awaited(patience: float) -> bool:
    if not patience or not _one_waits.acquire(blocking=False):
        return False
    try:
        return _one_at_a_time.acquire(timeout=patience)
    finally:
        _one_waits.release()


def carry_out(
    edit: Edit,
    window: Window,
    snapshot: Snapshot,
    progress: Progress = lambda share: None,
    cancelled: Question = lambda: False,
) -> Result:
    """The edit held against that snapshot."""
    # Late: Polars must not start its threads in a worker's parent process, which forks.
    from studio.backtest.engine import backtest_rule, backtest_ruleset

    if kind_of(edit) == Backtest.Kind.RULESET:
        after = edit.applied_to(snapshot)
        return backtest_ruleset(snapshot, after, window, progress, cancelled)
    after_rule = edit.rules[0] if edit.rules else None
    code = after_rule.code if after_rule else edit.removed[0]
    before = next((rule for rule in snapshot.rules if rule.code == code), None)
    if before is None and after_rule is None:
        raise BadEdit(f"The ruleset in force has no rule {code} to take away.")
    return backtest_rule(before, after_rule, window, progress, cancelled)


@transaction.atomic
def request_backtest(*, by: User, edit: Edit, window: Window) -> Backtest:
    """A row for a worker. `tasks.start_backtest` also sees to it that it is run.

    Raises TooManyBacktests when the person has as many unfinished as one may have, and Forbidden.
    """
    require(by, TRY)
    window = _checked(seen_by(by, window))
    kind = kind_of(edit)
    number, _ = _in_force()
    User.objects.select_for_update().get(pk=by.pk)  # two requests at once count each other
    unfinished = Backtest.objects.filter(by=by, state__in=Backtest.UNFINISHED).count()
    if unfinished >= settings.BACKTESTS_AT_ONCE:
        raise TooManyBacktests(
            f"{unfinished} of your backtests are not finished; wait for one or cancel it."
        )
    changed = [*(rule.code for rule in edit.rules), *edit.removed]
    made = Backtest.objects.create(
        by=by,
        kind=kind,
        code=changed[0] if kind == Backtest.Kind.RULE else "",
        edit=edit.as_dict(),
        window=msgspec.to_builtins(window),
        ruleset_number=number,
        rows=archived_rows(window),
    )
    _note(made, by, "studio.backtest_requested", {"rules": changed, "rows": made.rows})
    return made


@transaction.atomic
def cancel_backtest(*, by: User, pk: UUID) -> Backtest:
    """Ends one's own; its worker stops at the next portion. Harmless when it is over already."""
    require(by, TRY)
    found = _own(by, pk)
    if found.is_unfinished:
        found.state, found.finished_at = Backtest.State.CANCELLED, clock.now()
        found.save(update_fields=["state", "finished_at"])
        _note(found, by, "studio.backtest_cancelled", {"progress": round(found.progress, 2)})
    return found


@transaction.atomic
def restart_backtest(*, by: User, pk: UUID) -> Backtest:
    """Queues one's own failed or cancelled one again. Harmless when it is neither."""
    require(by, TRY)
    found = _own(by, pk)
    if found.state in (Backtest.State.FAILED, Backtest.State.CANCELLED):
        found.state, found.told, found.progress = Backtest.State.QUEUED, "", 0.0
        found.finished_at, found.alive_at = None, clock.now()
        found.save(update_fields=["state", "told", "progress", "finished_at", "alive_at"])
        _note(found, by, "studio.backtest_restarted", {"attempt": found.attempt + 1})
    return found


def window_of(backtest: Backtest) -> Window:
    """The window that it asks for."""
    return msgspec.convert(backtest.window, Window)


def evidence_of(backtest: Backtest) -> dict[str, Any]:
    """What a change set keeps of it, as JSON: what was tried on what, and what came of it.

    Raises BadEdit for one that is not done.
    """
    if backtest.state != Backtest.State.DONE or backtest.result is None:
        raise BadEdit("Only a finished backtest is evidence.")
    result = {name: value for name, value in backtest.result.items() if name != "samples"}
    return {
        "backtest": str(backtest.pk),
        "ruleset_number": backtest.ruleset_number,
        "edit": backtest.edit,
        "result": result,
        "by": backtest.by.get_username(),
        "finished_at": backtest.finished_at.isoformat() if backtest.finished_at else "",
    }


def _own(by: User, pk: UUID) -> Backtest:
    found = Backtest.objects.select_for_update().filter(pk=pk, by=by).first()
    if found is None:
        raise NotFound("You have no such backtest.")
    return found


def _checked(window: Window) -> Window:
    if window.since.tzinfo is None or window.until.tzinfo is None:
        raise BadEdit("A time without a zone says no moment.")
    if window.since >= window.until:
        raise BadEdit("The window ends before it begins.")
    if window.maturity_days < 0:
        raise BadEdit("Labels cannot be known before their transaction.")
    return window


def _in_force() -> tuple[int, Snapshot]:
    number = published_number()
    if number is None:
        raise BadEdit("No ruleset is published yet, so there is nothing to compare with.")
    snapshot = Ruleset.objects.values_list("snapshot", flat=True).get(number=number)
    return number, Snapshot.load(snapshot)


def _note(backtest: Backtest, by: User, action: str, after: dict[str, Any]) -> None:
    record(actor=by, action=action, subject=f"studio.backtest:{backtest.pk}", after=after)
