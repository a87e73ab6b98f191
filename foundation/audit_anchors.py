"""Heads of the audit chain, noted outside of the database.

An append-only file with a JSON line for each: number and hash of the last sealed entry, and when.
Each line's `check` covers the line and all before it, so a changed byte shows. Whoever rewrites
the chain in the database must now rewrite this file, too, and whatever it was copied to.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Anchor:
    """`head` in hexadecimal."""

    sequence: int
    head: str
    at: str  # ISO 8601


def anchor_file() -> Path:
    return Path(settings.AUDIT_ANCHOR_FILE)


def add_anchor(path: Path, *, sequence: int, head: str, at: datetime) -> Anchor | None:
    """Appends a line and sees it safely on disk; None when the last one says the same already.

    A line that was cut short (by a loss of power) is ended, and passed over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+", encoding="utf-8", errors="replace") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        last = next(filter(None, map(_parsed, reversed(text.splitlines()))), {})
        if last.get("sequence") == sequence and last.get("head") == head:
            return None
        anchor = Anchor(sequence, head, at.isoformat(timespec="seconds"))
        start = "" if not text or text.endswith("\n") else "\n"
        file.write(start + _line(anchor, str(last.get("check", ""))) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read_anchors(path: Path) -> tuple[list[Anchor], list[str]]:
    """All anchors, and what is wrong with the file, as sentences. No file: nothing."""
    if not path.is_file():
        return [], []
    problems: list[str] = []
    found = list(_read(path, problems))
    return found, problems


def _read(path: Path, problems: list[str]) -> Iterator[Anchor]:
    check = ""
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        told = _parsed(line)
        try:
            anchor = Anchor(int(told["sequence"]), str(told["head"]), str(told["at"]))
        except (KeyError, TypeError, ValueError):
            problems.append(f"Line {number} of the anchors is no anchor.")
            continue
        if _line(anchor, check).encode() != line:
            problems.append(f"Line {number} of the anchors, or one before it, was changed.")
        check = str(told.get("check", ""))
        yield anchor


def _line(anchor: Anchor, before: str) -> str:
    told: dict[str, Any] = {"sequence": anchor.sequence, "head": anchor.head, "at": anchor.at}
    check = hashlib.sha256(f"{before}\n{json.dumps(told)}".encode()).hexdigest()
    return json.dumps({**told, "check": check})


def _parsed(line: str | bytes) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
