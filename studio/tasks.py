"""Background work of this room. Each task may run twice without harm."""

import logging
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.utils import timezone as clock
from kombu.exceptions import OperationalError

from foundation.models import User
from studio.backtest import running, services
from studio.backtest.contract import Edit, Window
from studio.backtest.services import turn
from studio.models import Backtest, Curve
from studio.optimise.targets import Target

log = logging.getLogger(__name__)


@shared_task(name="studio.tasks.summarise_rules")
def summarise_rules() -> None:
    """Sums up what the hits of all rules turned out to be, for the list of them."""
    # Imported here: it loads Polars, which may be done only after the worker has forked.
    from studio.book import summing

    summing.summarise_rules(now=clock.now())


@shared_task(name="studio.tasks.watch_rules")
def watch_rules() -> None:
    """Demotes rules that left their bounds."""
    from studio.rollout.checking import check_rules

    check_rules(now=clock.now())


@shared_task(name="studio.tasks.watch_precision")
def watch_precision() -> None:
    """The same with labelled hits counted anew."""
    from studio.rollout.checking import check_rules

    check_rules(now=clock.now(), with_labels=True)


@shared_task(name="studio.tasks.run_backtest")
def run_backtest(pk: str) -> None:
    """Run twice, or dead in between, it leaves a result that a person can attach."""
    from studio.changes.evidence import attach_finished

    running.run(UUID(pk))
    attach_finished(UUID(pk))


@shared_task(name="studio.tasks.tend_backtests")
def tend_backtests() -> None:
    """Hands out those whose message was lost, says of dead ones that they are, prunes old ones."""
    for pk in running.waiting():
        _run_later(pk)
    running.give_up_dead()
    running.prune()


def start_backtest(*, by: User, edit: Edit, window: Window) -> Backtest:
    """The backtest, done when it is small and this process tries no other, else handed to a
    worker."""
    made = services.request_backtest(by=by, edit=edit, window=window)
    return _see_to(made)


def restart_backtest(*, by: User, pk: UUID) -> Backtest:
    """The same for one that failed or was cancelled."""
    return _see_to(services.restart_backtest(by=by, pk=pk))


def _see_to(made: Backtest) -> Backtest:
    if services.fits(Edit.load(made.edit), services.window_of(made)):
        with turn() as ours:
            if ours:
                running.run(made.pk)
                made.refresh_from_db()
                return made
    transaction.on_commit(lambda: _run_later(made.pk))
    return made


def _run_later(pk: UUID) -> None:
    """Without a broker the sweep does it some minutes later."""
    try:
        run_backtest.apply_async((str(pk),), retry=False)
    except OperationalError as error:
        log.warning("Backtest %s is left to the sweep: %s", pk, type(error).__name__)


@shared_task(name="studio.tasks.publish_due_changes")
def publish_due_changes() -> None:
    """Publishes approved change sets whose time has come."""
    from studio.changes.scheduling import publish_due

    publish_due()


@shared_task(name="studio.tasks.alert_overdue_reviews")
def alert_overdue_reviews() -> None:
    """Tells of emergency publications that nobody reviewed in time."""
    from studio.changes.emergencies import alert_overdue

    alert_overdue()


@shared_task(name="studio.tasks.compute_curve")
def compute_curve(pk: int) -> None:
    """Computes what each value of a threshold would have decided."""
    from studio.optimise import running

    running.run(pk)


@shared_task(name="studio.tasks.tend_curves")
def tend_curves() -> None:
    """As `tend_backtests`."""
    from studio.optimise import running

    for pk in running.waiting():
        _compute_later(pk)
    running.give_up_dead()
    running.prune()


def start_curve(*, by: User, target: Target, days: int, maturity_days: int) -> Curve:
    """Begins a curve: a small one is computed at once unless this process tries something else,
    others by a worker. Raises what `studio.optimise.services.start_curve` does."""
    from studio.optimise import running, services

    made = services.start_curve(by=by, target=target, days=days, maturity_days=maturity_days)
    if services.is_small(made):
        with turn() as ours:
            if ours:
                running.run(made.pk)
                return made
    transaction.on_commit(lambda: _compute_later(made.pk))
    return made


def _compute_later(pk: int) -> None:
    """Without a broker the sweep does it some minutes later."""
    try:
        compute_curve.apply_async((pk,), retry=False)
    except OperationalError as error:
        log.warning("Curve %s is left to the sweep: %s", pk, type(error).__name__)


@shared_task(name="studio.tasks.check_book")
def check_book(institutions: list[int] | None = None) -> None:
    """Counts what the rule book turned out to be; these institutions', or all of them."""
    from studio.health.services import check_all

    check_all(now=clock.now(), institutions=institutions)


def ask_for_check(*, by: User) -> bool:
    """Has the book counted by a worker for the person's institutions; whether one could be told."""
    from studio.health import services

    institutions = services.ask_for_check(by=by)
    try:
        check_book.apply_async((institutions,), retry=False, expires=600)
    except OperationalError:
        return False
    return True
