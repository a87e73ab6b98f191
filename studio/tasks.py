"""Background work of this room. Each task may run twice without harm."""

from celery import shared_task
from django.utils import timezone as clock


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
