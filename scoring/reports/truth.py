"""What a synthetic world knows of its own frauds, which nobody knows in life."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec


class Verdict(NamedTuple):
    """What a transaction turned out to be."""

    fraud: bool
    typology: str


GENUINE = Verdict(False, "")


class _Row(msgspec.Struct):
    transaction_id: str
    true_fraud: bool
    true_typology: str | None = None


def read_truth(path: Path) -> Mapping[str, Verdict]:
    """What each transaction of a world's JSON Lines file turned out to be, by its ID.

    Takes some 150 bytes of memory a transaction. Raises OSError, and ValueError for a file
    without that truth.
    """
    verdicts: dict[str, Verdict] = {}
    decode = msgspec.json.Decoder(_Row).decode
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                row = decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise ValueError(f"line {number}: {error}") from error
            fraud = row.true_fraud
            verdicts[row.transaction_id] = (
                Verdict(True, row.true_typology or "") if fraud else GENUINE
            )
    return MappingProxyType(verdicts)
