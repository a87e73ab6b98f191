"""What a file is, found in its content and never in its name. Pure."""

import csv
import json
import re
from typing import Final

import puremagic

ALLOWED: Final = {
    "application/pdf": ("PDF", ".pdf"),
    "image/png": ("PNG", ".png"),
    "image/jpeg": ("JPEG", ".jpg"),
    "image/webp": ("WebP", ".webp"),
    "text/plain": ("plain text", ".txt"),
    "text/csv": ("CSV", ".csv"),
    "message/rfc822": ("e-mail (EML)", ".eml"),
    "application/json": ("JSON", ".json"),
}
"""Media types that may be attached, in words and with their usual ending."""

_BINARY: Final = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp"})
_SURE: Final = 0.3  # puremagic's confidence in three bytes of signature
_MARKUP: Final = re.compile(r"\s*<(?:[!?a-z])", re.IGNORECASE)
_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]*:")
_OF_MAIL: Final = frozenset({"from", "to", "subject", "date", "received", "message-id"})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_LOOKED_AT: Final = 64 * 1024  # characters, to tell one kind of text from another


def media_type_of(content: bytes) -> str | None:
    """One of ALLOWED, or None for anything else: programs, archives, markup, unknown bytes.

    >>> media_type_of(b"%PDF-1.7 ..."), media_type_of(b'{"a": 1}'), media_type_of(b"<html>")
    ('application/pdf', 'application/json', None)
    """
    binary = _by_signature(content)
    if binary is not None:
        return binary if binary in _BINARY else None
    text = _text(content)
    if text is None or _MARKUP.match(text) or text.startswith("#!"):
        return None
    if _is_json(text):
        return "application/json"
    if _is_mail(text):
        return "message/rfc822"
    return "text/csv" if _is_csv(text) else "text/plain"


def _by_signature(content: bytes) -> str | None:
    """The type by the first bytes, where they tell; empty for a known type that is not allowed."""
    try:
        found = puremagic.magic_string(content)
    except (ValueError, puremagic.PureError):
        return None
    best = max((one.confidence for one in found), default=0.0)
    types = {one.mime_type for one in found if one.confidence >= max(best, _SURE)}
    named = types & _BINARY
    if named:
        return str(named.pop())
    return None if _text(content) is not None else ""


def _text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if not text.strip() or _CONTROLS.search(text) else text


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_mail(text: str) -> bool:
    """Begins with header lines, three of those that a mail has."""
    names: set[str] = set()
    for line in text[:_LOOKED_AT].splitlines():
        if not line.strip():
            break
        if line[0] in " \t" and names:
            continue
        if not _HEADER.match(line):
            return False
        names.add(line.partition(":")[0].lower())
    return len(names & _OF_MAIL) >= 3


def _is_csv(text: str) -> bool:
    """At least two rows of the same number of fields, two or more."""
    lines = text[:_LOOKED_AT].splitlines()[:50]
    if len(text) > _LOOKED_AT:
        lines = lines[:-1]
    for delimiter in ",;\t":
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=delimiter) if row}
        except csv.Error:
            continue
        if len(lines) > 1 and len(widths) == 1 and widths.pop() > 1:
            return True
    return False
