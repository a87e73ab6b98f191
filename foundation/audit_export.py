"""The sealed audit trail as JSON lines that others can verify without us (docs/audit.md).

A line an entry: {"hash": ..., "content": [hash of the entry before, number, ...]}; the hash is
SHA-256 over the content as compact JSON. The last line names the head and the digest of all
lines above.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import IO, Any

from foundation.audit_chain import GENESIS, sealed_contents
from foundation.sql import one_reading


@dataclass(frozen=True, slots=True)
class Exported:
    entries: int
    head: str


def export_audit_trail(file: IO[bytes], *, after: int = 0) -> Exported:
    """Writes the entries after that number in one consistent reading, in constant memory."""
    entries, head, digest = 0, GENESIS.hex(), hashlib.sha256()
    with one_reading():
        for content, found in sealed_contents(after=after):
            line = _line({"hash": found, "content": content})
            digest.update(line)
            file.write(line)
            entries, head = entries + 1, found
    file.write(_line({"entries": entries, "head": head, "sha256": digest.hexdigest()}))
    return Exported(entries, head)


def _line(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
