"""Feedback as clients send it: one piece, or many as a JSON list, JSON lines or CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from foundation.errors import BadRequest, FieldError, TooLarge
from intake.body import JSON, kind_of, parse_json, parse_object
from intake.errors import fields_problem
from intake.extras import printable
from transactions.labels.files import LabelFileError, read_lines
from transactions.labels.reading import BY_CLIENTS, Feedback, WrongFeedback, read_feedback
from transactions.models import Label

MOST_ITEMS: Final = 10_000
LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CSV: Final = "text/csv"
BULK_MEDIA: Final = (JSON, *LINES, CSV)

FIELDS: Final = tuple(Feedback.__struct_fields__)
PASSED_BY: Final = frozenset(
    {"predicted", "predicted_fraud", "prediction", "score", "fraud_score", "fraud_probability"}
)
"""What older clients send along: what was predicted, we have stored ourselves."""
OLDER_NAMES: Final[Mapping[str, str]] = {"actual": "actual_fraud"}
"""By which name older clients tell a field of ours."""


class Item(NamedTuple):
    """One of many. With neither feedback nor a problem it says nothing of fraud."""

    transaction_id: str | None
    feedback: Feedback | None = None
    problem: BadRequest | None = None


def read_one(fields: Mapping[str, Any]) -> Feedback:
    """Raises BadRequest naming every wrong field as the client does."""
    fields, names = dict(fields), {}
    for theirs, ours in OLDER_NAMES.items():
        if theirs in fields and ours not in fields:
            fields[ours], names[ours] = fields.pop(theirs), theirs
    errors = [
        FieldError(printable(name), f"is no field; there are {', '.join(FIELDS)}", "unknown")
        for name in fields
        if name not in FIELDS and name not in PASSED_BY
    ]
    try:
        read = read_feedback(fields, names=names)
    except WrongFeedback as wrong:
        raise fields_problem([*wrong.errors, *errors]) from None
    if errors:
        raise fields_problem(errors)
    return read


def read_many(body: bytes, media: str) -> list[Item]:
    """Raises BadRequest for a body that is not what its type says, TooLarge for too many items."""
    items = _MANY.get(media, _json_lines)(body)
    found: list[Item] = []
    for item in items:
        if len(found) == MOST_ITEMS:
            raise TooLarge(f"{MOST_ITEMS:,} items at most; send the rest in another call.")
        found.append(item)
    return found


def _json_list(body: bytes) -> Iterator[Item]:
    value, _ = parse_json(body)
    if not isinstance(value, list):
        detail = f"The body must be a JSON list; got {kind_of(value)}."
        raise BadRequest(detail, type="not-a-list")
    return map(_item, value)


def _json_lines(body: bytes) -> Iterator[Item]:
    for line in body.split(b"\n"):
        if line.strip():
            try:
                value: object = parse_object(line).fields
            except BadRequest as problem:
                yield Item(None, None, problem)
            else:
                yield _item(value)


def _item(value: object) -> Item:
    if not isinstance(value, dict):
        detail = f"An item must be a JSON object; got {kind_of(value)}."
        return Item(None, None, BadRequest(detail, type="not-an-object"))
    try:
        read = read_one(value)
    except BadRequest as problem:
        return Item(_shown(value.get("transaction_id")), None, problem)
    return Item(read.transaction_id, read)


def _shown(value: object) -> str | None:
    """The ID that came with something wrong, where it can be answered."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value[:128] if isinstance(value, str) and value.isprintable() else None


def _csv(body: bytes) -> Iterator[Item]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad_file(f"it is not UTF-8 at byte {error.start}") from None
    lines: Iterable[str] = io.StringIO(text, newline="")
    try:
        for line in read_lines(iter(lines), source=Label.Source.CLIENT, sources=BY_CLIENTS):
            if line.feedback is not None:
                yield Item(line.feedback.transaction_id, line.feedback)
            else:
                problem = BadRequest(f"Line {line.number}: {line.problem}.")
                yield Item(None, None, problem if line.problem else None)
    except (LabelFileError, csv.Error) as error:
        raise _bad_file(str(error)) from None


def _bad_file(reason: str) -> BadRequest:
    return BadRequest(f"The file cannot be taken: {reason}.", type="malformed-csv")


_MANY: Final = {JSON: _json_list, CSV: _csv}
