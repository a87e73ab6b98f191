"""What transactions turned out to be, as far as it was known: for many at once."""

from io import BytesIO
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from django.db import connection

from studio.backtest.contract import FRAUD, GENUINE, UNLABELLED, Window
from transactions.labels.precedence import current_first

_SCHEMA: Final = {"transaction_id": pl.String, "fraud": pl.Int8, "known_at": pl.Float64}
_DAY_SECONDS: Final = 86_400.0


class Truths:
    """The window's labels in memory: some 60 bytes each."""

    def __init__(self, labels: pl.DataFrame, window: Window) -> None:
        self.labels = labels
        self._then = window.known == "then"
        self._delay = window.maturity_days * _DAY_SECONDS

    def of(self, frame: pl.DataFrame) -> npt.NDArray[np.uint8]:
        """A code of TRUTHS for each row; reads `transaction_id`, and `occurred_at` for "then"."""
        labels = self._known(frame) if self._then else self.labels
        found = frame.select("transaction_id").join(
            labels.select("transaction_id", "fraud"),
            on="transaction_id",
            how="left",
            maintain_order="left",
        )["fraud"]
        told = found.fill_null(-1).to_numpy()
        return np.where(told < 0, UNLABELLED, np.where(told == 1, FRAUD, GENUINE)).astype(np.uint8)

    def _known(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The labels that counted when each of these transactions was as old as asked for."""
        moments = frame.select("transaction_id", "occurred_at")
        known = self.labels.join(moments, on="transaction_id", maintain_order="left")
        known = known.filter(pl.col("known_at") <= pl.col("occurred_at") + self._delay)
        return known.unique("transaction_id", keep="first", maintain_order=True)


def read_truths(window: Window) -> Truths:
    """One query. With "then" all labels of a transaction, the one that outranks others first."""
    # A label is known after its transaction, so that of one in the window none lies before it.
    distinct = "" if window.known == "then" else "DISTINCT ON (l.transaction_id)"
    sql = f"""
        SELECT {distinct} l.transaction_id, l.is_fraud::int, extract(epoch FROM l.known_at)
        FROM transactions_label l
        WHERE l.known_at >= %s AND l.institution_id = ANY(
            ARRAY(SELECT id FROM clients_institution WHERE slug = ANY(%s)))
        ORDER BY l.transaction_id, {current_first("l")}
    """  # noqa: S608  no value from outside
    copied = BytesIO()
    with connection.cursor() as cursor:
        query = cursor.mogrify(sql, [window.since, list(window.institutions)]).decode()
        # As text that Polars reads: a million rows come several times as fast as one by one.
        cursor.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT csv)", copied)
    if not copied.tell():
        return Truths(pl.DataFrame(schema=_SCHEMA), window)
    copied.seek(0)
    return Truths(pl.read_csv(copied, has_header=False, schema=_SCHEMA), window)
