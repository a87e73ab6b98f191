"""Labels out of a CSV file: chargebacks from a bank, or any list of what transactions were.

Good lines are recorded, bad ones are told with their number; a repeat changes nothing.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TextIO

from django.db import transaction

from clients.models import Institution
from foundation import audit
from foundation.permissions import require
from transactions.labels.reading import BY_CLIENTS, Feedback, WrongFeedback, read_feedback
from transactions.labels.telling import Outcome, tell
from transactions.models import Label

SOURCES: Final = (*BY_CLIENTS, Label.Source.IMPORT)
MOST_TOLD: Final = 50  # bad lines
LONGEST_LINE: Final = 100_000  # characters
MOST_LINES: Final = 500_000  # held in memory, so that a file is taken as a whole

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "transaction_id": (
        "transaction_id",
        "transaction",
        "transactionid",
        "txn_id",
        "tx_id",
        "external_id",
        "order_id",
        "payment_id",
        "merchant_reference",
        "reference",
    ),
    "actual_fraud": ("actual_fraud", "is_fraud", "fraud", "label", "verdict", "outcome"),
    "known_at": (
        "known_at",
        "label_known_at",
        "chargeback_date",
        "dispute_date",
        "reported_at",
        "received_at",
        "date",
    ),
    "typology": ("typology", "fraud_type"),
    "source": ("source",),
    "reason_code": ("reason_code", "chargeback_reason_code", "dispute_reason_code"),
}
"""By which names a column goes, in lower case with _ between words."""

FRAUD_CODES: Final = frozenset(
    {
        *("10.1", "10.2", "10.3", "10.4", "10.5"),  # Visa
        *("4837", "4840", "4849", "4863", "4870", "4871"),  # Mastercard
        *("F10", "F14", "F24", "F29", "F30", "F31"),  # American Express
        *("UA01", "UA02", "UA05", "UA06", "UA11"),  # Discover
    }
)
"""Reason codes by which cardholders dispute a payment as not theirs. Others are about goods that
did not come, wrong amounts and the like: they say nothing of fraud."""


class LabelFileError(Exception):
    """A file of which nothing was taken. The sentence says why."""


class BadLine(NamedTuple):
    """`line` counts from 1, the header included. The message repeats no value."""

    line: int
    message: str


@dataclass(slots=True)
class Tally:
    """What became of a file's lines. `bad` holds the first `MOST_TOLD` of those in `counts`."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[BadLine] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """All that hold something."""
        return self.counts.total()

    def refuse(self, line: int, message: str) -> None:
        self.counts["bad"] += 1
        self.bad.append(BadLine(line, message))


class Line(NamedTuple):
    """`number` counts from 1, the header included. A line with neither feedback nor a problem says
    nothing of fraud."""

    number: int
    feedback: Feedback | None = None
    problem: str = ""


def import_labels(
    *,
    institution: Institution,
    file: TextIO,
    name: str,
    by: audit.Actor,
    source: str = Label.Source.CHARGEBACK.value,
    dry_run: bool = False,
) -> Tally:
    """Records the file's labels for the institution; `source` is of lines that name none.

    A dry run goes through the same steps and takes them all back. The run is audited. Raises
    LabelFileError for a file that cannot be read as a whole, Forbidden.
    """
    require(by, "transactions.add_label")
    tally, digest = Tally(), hashlib.sha256()
    raw = _digested(file, digest)
    lines = list(read_lines(raw, source=source, sources=SOURCES))  # the whole file, or nothing
    if dry_run:
        with transaction.atomic():
            _record(institution, lines, tally, by)
            transaction.set_rollback(True)
        return tally
    _record(institution, lines, tally, by)
    audit.record(
        actor=by,
        action="transactions.import_labels",
        subject=f"clients.institution:{institution.pk}",
        after={
            "file": name[:200],
            "sha256": digest.hexdigest(),
            "source": source,
            **tally.counts,
        },
        institution_id=institution.pk,
    )
    return tally


def _digested(file: TextIO, digest: "hashlib._Hash") -> Iterator[str]:
    """The file's lines, counted into the digest as they are read."""
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise LabelFileError(f"line {number} is longer than {LONGEST_LINE:,} characters")
        if number > MOST_LINES:
            raise LabelFileError(f"it has more than {MOST_LINES:,} lines; split it")
        digest.update(line.encode())
        yield line


def _record(institution: Institution, lines: Sequence[Line], tally: Tally, by: audit.Actor) -> None:
    told = [(line.number, line.feedback) for line in lines if line.feedback is not None]
    outcomes = tell(institution_id=institution.pk, feedback=[one for _, one in told], by=by)
    for (number, _), outcome in zip(told, outcomes, strict=True):
        _count(tally, number, outcome)
    for line in lines:
        if line.problem:
            tally.refuse(line.number, line.problem)
        elif line.feedback is None:
            tally.counts["passed_over"] += 1
    tally.bad.sort()
    del tally.bad[MOST_TOLD:]


def _count(tally: Tally, line: int, outcome: Outcome) -> None:
    if outcome.problem is not None:
        tally.refuse(line, outcome.problem.detail.rstrip("."))
    else:
        tally.counts["recorded" if outcome.created else "unchanged"] += 1


def read_lines(raw: Iterator[str], *, source: str, sources: Collection[str]) -> Iterator[Line]:
    """All lines below the header that hold something.

    `source` is of those that name none, `sources` are the ones that a line may name. Raises
    LabelFileError.
    """
    number = 1
    try:
        header_line = next(raw, "").removeprefix("\ufeff")
        separator = max(",;\t", key=header_line.count)
        header = next(csv.reader([header_line], delimiter=separator), [])
        places = _places(header)
        reader = csv.reader(raw, delimiter=separator, strict=True)
        for cells in reader:
            number = reader.line_num + 1
            if not any(map(str.strip, cells)):
                continue
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells where the header has {len(header)}"
                yield Line(number, None, problem)
            else:
                yield _read(number, cells, places, source, sources)
    except csv.Error as error:
        raise LabelFileError(f"it is no CSV after line {number}: {error}") from error
    except UnicodeDecodeError as error:
        raise LabelFileError("it is not UTF-8 text") from error


def _places(header: list[str]) -> dict[str, tuple[int, str]]:
    """Where each known column stands, and what the file calls it."""
    named = [name.strip().lower().replace(" ", "_").replace("-", "_") for name in header]
    places: dict[str, tuple[int, str]] = {}
    for meaning, names in COLUMNS.items():
        found = [place for place, name in enumerate(named) if name in names]
        if len(found) > 1:
            both = " and ".join(named[place] for place in found[:2])
            raise LabelFileError(f"two columns mean {meaning}: {both}")
        if found:
            places[meaning] = found[0], named[found[0]]
    if "transaction_id" not in places:
        raise LabelFileError(
            "no column names the transaction; call it transaction_id, or one of "
            f"{', '.join(COLUMNS['transaction_id'][1:])}"
        )
    return places


def _read(
    number: int,
    cells: list[str],
    places: Mapping[str, tuple[int, str]],
    source: str,
    sources: Collection[str],
) -> Line:
    given = {meaning: cells[place].strip() for meaning, (place, _) in places.items()}
    code = given.pop("reason_code", "").upper()
    if "actual_fraud" not in places:
        if code and code not in FRAUD_CODES:
            return Line(number)
        given["actual_fraud"] = "true"  # a list of frauds, or of chargebacks
    given["source"] = given.get("source") or source
    names = {meaning: name for meaning, (_, name) in places.items()}
    try:
        return Line(number, read_feedback(given, sources=sources, names=names))
    except WrongFeedback as wrong:
        return Line(number, None, str(wrong))
