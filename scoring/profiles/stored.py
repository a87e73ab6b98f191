"""Decided transactions, read back in the form that habits learn from."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from features.layouts import FOLDER, layout
from intelligence.rates import RateTable, current_rates
from scoring.profiles.habits import Seen
from transactions.labels.precedence import current_first

_NUMBERS = (
    "hour",
    "weekday",
    "transaction_is_refund",
    "asn_number",
    "latitude",
    "longitude",
    "ip_latitude",
)
_TEXTS = (
    "merchant_category_code",
    "current_merchant_category",
    "transaction_channel",
    "ip_country",
    "country",
    "merchant_id",
    "beneficiary_id",
    "transaction_type",
)


class Happened(NamedTuple):
    """One decided transaction with whose it is."""

    transaction: str  # UUID
    customer: int
    institution: int
    seen: Seen


class _Row(NamedTuple):
    """Columns of the SELECT, in order; from `hour` on they are parts of the vector."""

    transaction: str
    customer: int
    institution: int
    device: int | None
    occurred_at: float
    amount: float
    currency: str
    base_currency: str
    ordinary: bool
    version: int
    readable: bool
    charged_back_at: float | None
    taken_over: bool
    hour: float | None
    weekday: float | None
    refund: float | None
    network: float | None
    latitude: float | None
    longitude: float | None
    ip_latitude: float | None
    mcc: str | None
    category: str | None
    channel: str | None
    ip_country: str | None
    country: str | None
    merchant: str | None
    beneficiary: str | None
    kind: str | None


class UnreadableVectorError(LookupError):
    """A vector of a catalogue version that this process does not know: it is older than others."""


# A reviewer's word, or a client's, outranks what was decided. Labels of imported history do not:
# they tell what nobody knew when the transactions after it took place.
_ORDINARY = f"""
coalesce(
    (SELECT NOT label.is_fraud FROM transactions_label label
     WHERE label.transaction_id = t.id AND label.source <> 'import'
     ORDER BY {current_first("label")} LIMIT 1),
    d.status = 'approved'
)
"""  # noqa: S608  no value from outside

_CHARGED_BACK_AT = """
(SELECT extract(epoch FROM min(label.known_at))::float8 FROM transactions_label label
 WHERE label.transaction_id = t.id AND label.source = 'chargeback')
"""

_PURCHASES = frozenset({"purchase", "payment"})
_TAKEOVERS = ("account_takeover", "ato", "takeover", "sim_swap")
"""Typologies, in lower case and with underscores, under which somebody else acted as the
customer."""

_TAKEN_OVER = f"""
coalesce(
    (SELECT label.is_fraud
        AND translate(lower(label.typology), ' -', '__') IN {_TAKEOVERS}
     FROM transactions_label label
     WHERE label.transaction_id = t.id AND label.source <> 'import'
     ORDER BY {current_first("label")} LIMIT 1),
    false
)
"""  # noqa: S608  no value from outside


@cache
def _select() -> str:
    """Reads single places of the stored arrays, by the layout that each was packed by."""
    numbers = [f"d.numbers[l.numbers[{place}]]" for place in range(1, len(_NUMBERS) + 1)]
    texts = [f"d.texts[l.texts[{place}]]" for place in range(1, len(_TEXTS) + 1)]
    return f"""
        SELECT t.id::text, t.customer_id, t.institution_id, t.device_id,
               extract(epoch FROM t.occurred_at)::float8, t.amount::float8, t.currency,
               i.base_currency, {_ORDINARY}, d.catalogue_version, l.version IS NOT NULL,
               {_CHARGED_BACK_AT}, {_TAKEN_OVER},
               {", ".join(numbers)}, {", ".join(texts)}
        FROM transactions_transaction t
        JOIN scoring_decision d ON d.transaction_id = t.id
        JOIN clients_institution i ON i.id = t.institution_id
        LEFT JOIN (VALUES {", ".join(_layouts())}) AS l (version, numbers, texts)
          ON l.version = d.catalogue_version
    """  # noqa: S608  constants, and numbers out of our own files


def _layouts() -> Iterator[str]:
    for path in sorted(FOLDER.glob("*.json")):
        used = layout(int(path.stem))
        places = {used.names[i]: place for place, i in enumerate(used.numbers, start=1)}
        places |= {used.names[i]: place for place, i in enumerate(used.texts, start=1)}
        arrays = [
            f"'{{{', '.join(str(places.get(name, 'NULL')) for name in names)}}}'::int[]"
            for names in (_NUMBERS, _TEXTS)
        ]
        yield f"({used.version}, {', '.join(arrays)})"


def happened(transactions: Sequence[str]) -> list[Happened]:
    """These transactions, in any order; one query. Ids that are not stored are passed over.

    Raises UnreadableVectorError.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{_select()} WHERE t.id = ANY(%s::uuid[])", [list(transactions)])
        rows = cursor.fetchall()
    rates = current_rates()
    return [_happened(_Row(*row), rates) for row in rows]


def happened_to(customers: Sequence[int], *, but: str, params: Sequence[Any]) -> Iterator[Happened]:
    """All that these customers did, by customer and in order of arrival; any number fits in memory.

    `but` is a query of transaction ids, as text, to be left out. One snapshot, one query; to be
    called in a transaction. Raises UnreadableVectorError.
    """
    statement = f"""
        {_select()}
        LEFT JOIN ({but}) AS left_out (id) ON left_out.id = t.id::text
        WHERE t.customer_id = ANY(%s) AND left_out.id IS NULL
        ORDER BY t.customer_id, t.id
    """
    rates = current_rates()
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, [*params, list(customers)])
        for row in cursor:
            yield _happened(_Row(*row), rates)


def _happened(row: _Row, rates: RateTable) -> Happened:
    if not row.readable:
        raise UnreadableVectorError(f"no layout of catalogue version {row.version}")
    worth = rates.into(row.base_currency, (row.currency,), row.occurred_at).get(row.currency)
    usd = rates.into("USD", (row.currency,), row.occurred_at).get(row.currency)
    place = None
    if row.latitude is not None and row.longitude is not None:
        place = (row.latitude, row.longitude)
    seen = Seen(
        occurred_at=row.occurred_at,
        ordinary=row.ordinary,
        amount=None if worth is None else row.amount * worth,
        usd=None if usd is None else row.amount * usd,
        whole=row.amount.is_integer(),
        refund=None if row.refund is None else row.refund != 0,
        mcc=row.mcc,
        hour=_whole(row.hour),
        weekday=_whole(row.weekday),
        device=row.device,
        merchant=_digest(row.merchant),
        beneficiary=_digest(row.beneficiary),
        network=_whole(row.network),
        country=row.ip_country or row.country,
        category=row.category,
        channel=row.channel,
        place=place,
        by_address=row.latitude == row.ip_latitude,
        charged_back_at=row.charged_back_at,
        purchase=row.kind in _PURCHASES,
        taken_over=row.taken_over,
    )
    return Happened(row.transaction, row.customer, row.institution, seen)


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _digest(hexadecimal: str | None) -> bytes | None:
    return None if hexadecimal is None else bytes.fromhex(hexadecimal)
