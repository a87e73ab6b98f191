"""Tables of when each built-in rule fires: on both sides of its boundary, and with fields missing.

The tables give supplied fields; everything else of the transaction is a plain payment of 1,000 NGN
on Thursday 1 January 2026 at 10:00 UTC (see `rules/tests/cast.py`). 1 USD is 1,500 NGN.
"""

from rules.tests.firing import (
    ato,
    behavioral,
    funding,
    identity,
    merchant,
    network,
    transaction,
)
from rules.tests.firing.row import Row

_CATEGORIES = (identity, behavioral, transaction, network, ato, funding, merchant)
ROWS: list[Row] = [row for category in _CATEGORIES for row in category.ROWS]
