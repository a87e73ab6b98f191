"""Reading who shares what with a customer: a constant number of queries, every one bounded.

However popular an address or a merchant is, at most SHARERS_READ + 1 of its customers are read, the
newest; a thing with more than that is *popular*: it says nothing about two of its customers.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from psycopg2 import Binary

from cases.links.keeping import Thing, columns_of
from cases.models import Link

PER_KIND: Final = 40
"""So many things of each kind are read of one customer."""
SHARERS_READ: Final = 50

_COLUMNS = "customer_id, kind, value, transaction_id, transactions, first_at, last_at"

# By value: that is as good as a draw by lot, is always the same, and needs no sorting.
_THINGS = f"""
SELECT found.* FROM unnest(%s::bigint[]) AS c (customer)
CROSS JOIN unnest(%s::text[]) AS k (kind)
CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM cases_link l
    WHERE l.customer_id = c.customer AND l.kind = k.kind AND l.institution_id = %s
    ORDER BY l.value LIMIT %s
) AS found
UNION
SELECT {_COLUMNS} FROM cases_link l
WHERE (l.customer_id, l.kind, l.value) IN (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bytea[])
) AND l.institution_id = %s
"""  # noqa: S608  names of our own
_SHARERS = f"""
SELECT found.* FROM unnest(%s::text[], %s::bytea[]) AS t (kind, value)
CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM cases_link l
    WHERE l.institution_id = %s AND l.kind = t.kind AND l.value = t.value
    ORDER BY l.customer_id DESC LIMIT %s
) AS found
"""  # noqa: S608  names of our own
_STANDING = """
SELECT customer_id,
    coalesce(bool_or(status = 'closed' AND disposition = 'confirmed_fraud'), false),
    min(id) FILTER (WHERE status <> 'closed')
FROM cases_case WHERE customer_id = ANY(%s) AND institution_id = %s GROUP BY customer_id
"""


@dataclass(frozen=True, slots=True)
class Use:
    """A link, read."""

    customer: int
    thing: Thing
    transaction: UUID
    times: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the institution's cases say of a customer."""

    fraud: bool = False  # a case was closed as confirmed fraud
    open_case: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A customer, what it uses, and who else uses that."""

    centre: int
    institution: int
    uses: Sequence[Use]
    standing: Mapping[int, Standing]  # of customers that have a case
    popular: frozenset[Thing] = frozenset()  # used by more than SHARERS_READ
    concerned: frozenset[Thing] = frozenset()  # things of the case's own transactions
    asked: frozenset[str] = field(default=frozenset())  # nodes that were asked to be expanded

    def sharers(self) -> dict[Thing, list[Use]]:
        """Other customers' uses by the centre's thing, the newest customers first."""
        own = {use.thing for use in self.uses if use.customer == self.centre}
        found: dict[Thing, list[Use]] = {thing: [] for thing in own}
        for use in self.uses:
            if use.thing in own and use.customer != self.centre:
                found[use.thing].append(use)
        return found

    def is_fraud(self, customer: int) -> bool:
        found = self.standing.get(customer)
        return found is not None and found.fraud


def neighbourhood(
    *,
    customer: int,
    institution: int,
    transactions: Iterable[Any] = (),
    customers_too: Sequence[int] = (),
    things_too: Sequence[Thing] = (),
    asked: Collection[str] = (),
    most: int = PER_KIND,
) -> Neighbourhood:
    """Two steps from a customer; three queries, each bounded.

    `transactions` are rows whose things are read whatever else there is. `customers_too` and
    `things_too` are further places to read the neighbours of. Who shares a thing is read for `most`
    of each kind, those that the customer used last.
    """
    concerned = {thing for row in transactions for thing in columns_of(row)}
    own = things([customer, *customers_too], institution, also=(customer, concerned))
    centre = [use for use in own if use.customer == customer]
    if most < PER_KIND:
        centre = newest_of_each(centre, most)
    wanted = list(dict.fromkeys([*(use.thing for use in centre), *things_too]))
    shared = _sharers(wanted, institution)
    counts: dict[Thing, int] = defaultdict(int)
    for use in shared:
        counts[use.thing] += 1
    uses = {(use.customer, use.thing): use for use in [*own, *shared]}
    return Neighbourhood(
        centre=customer,
        institution=institution,
        uses=list(uses.values()),
        standing=standing_of({use.customer for use in uses.values()}, institution),
        popular=frozenset(thing for thing, count in counts.items() if count > SHARERS_READ),
        concerned=frozenset(concerned),
        asked=frozenset(asked),
    )


def newest_of_each(uses: Iterable[Use], most: int) -> list[Use]:
    """Of each kind so many, those that were used last first."""
    found: dict[str, list[Use]] = defaultdict(list)
    for use in sorted(uses, key=lambda use: (-use.last_at.timestamp(), use.thing)):
        found[use.thing[0]].append(use)
    return [use for some in found.values() for use in some[:most]]


def things(
    customers: Sequence[int], institution: int, *, also: tuple[int, Collection[Thing]]
) -> list[Use]:
    """What customers use, PER_KIND of each kind, and the things `also` of one. One query."""
    one, named = also
    params = [
        list(customers),
        Link.Kind.values,
        institution,
        PER_KIND,
        [one] * len(named),
        [kind for kind, _ in named],
        [Binary(value) for _, value in named],
        institution,
    ]
    return _read(_THINGS, params)


def _sharers(wanted: Sequence[Thing], institution: int) -> list[Use]:
    if not wanted:
        return []
    kinds, values = [kind for kind, _ in wanted], [Binary(value) for _, value in wanted]
    return _read(_SHARERS, [kinds, values, institution, SHARERS_READ + 1])


def standing_of(customers: Collection[int], institution: int) -> dict[int, Standing]:
    """What cases say of these customers; those without a case are left out. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [sorted(customers), institution])
        return {row[0]: Standing(row[1], row[2]) for row in cursor.fetchall()}


def _read(statement: str, params: list[Any]) -> list[Use]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return [
            Use(customer, (kind, bytes(value)), UUID(str(newest)), times, first, last)
            for customer, kind, value, newest, times, first, last in cursor.fetchall()
        ]
