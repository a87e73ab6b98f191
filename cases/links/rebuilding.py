"""Links made anew from stored transactions, while decisions go on.

What the links hold is defined by the outbox, as with profiles: the transactions whose event their
subscriber has handled. While the table is locked against writers no event can become handled, so
what is read then, without the events that still wait, is just what the subscriber has folded in.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from cases.links.keeping import add_links
from cases.models import Link
from foundation import audit
from foundation.outbox import waiting_subjects
from scoring.events import DecisionMade
from transactions.models import Customer, Transaction

SUBSCRIBER: Final = "cases.links"
CUSTOMERS_AT_ONCE: Final = 500


class Progress(NamedTuple):
    customers: int
    links: int
    last: int  # the greatest customer number done


def rebuild_links(
    *, actor: audit.Actor, institution_id: int | None = None, after: int = 0
) -> Iterator[Progress]:
    """Replace all links (of one institution), some customers at a time; yields the progress.

    To be run after a change of keys, when `rekey` is through. Stopped, it goes on `after` the last
    customer done, or begins again, as one likes.
    """
    _record("start", actor, institution_id, {"after": after})
    customers = links = 0
    while chunk := list(_customers(institution_id, after)[:CUSTOMERS_AT_ONCE]):
        links += _rebuild(chunk)
        customers += len(chunk)
        after = chunk[-1]
        yield Progress(customers, links, after)
    _record("end", actor, institution_id, {"customers": customers, "links": links})


def customers_to_do(institution_id: int | None, after: int = 0) -> int:
    return _customers(institution_id, after).count()


@transaction.atomic
def _rebuild(customers: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE cases_link IN SHARE ROW EXCLUSIVE MODE")  # readers go on
    Link.objects.filter(customer__in=customers).delete()
    waiting = waiting_subjects(DecisionMade, subscriber=SUBSCRIBER)
    rows = Transaction.objects.filter(customer__in=customers).extra(  # noqa: S610  no text from outside
        where=[f"transactions_transaction.id::text NOT IN ({waiting.sql})"],
        params=waiting.params,
    )
    return add_links(rows.iterator(chunk_size=2_000))


def _customers(institution_id: int | None, after: int) -> QuerySet[Customer, int]:
    rows = Customer.objects.filter(pk__gt=after)
    if institution_id is not None:
        rows = rows.filter(institution_id=institution_id)
    return rows.order_by("pk").values_list("pk", flat=True)


def _record(
    happening: str, actor: audit.Actor, institution_id: int | None, after: dict[str, int]
) -> None:
    audit.record(
        actor=actor,
        action=f"links.rebuild.{happening}",
        subject="cases.link",
        after=after,
        institution_id=institution_id,
    )
