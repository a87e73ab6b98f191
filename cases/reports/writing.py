"""A dossier as a file: JSON, or PDF with the digest of that same JSON. One pass, bounded memory."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Final, NamedTuple

from django.conf import settings
from django.utils import timezone as clock

from cases.models import Case
from cases.reports.dossier import Part, Record, parts_of
from cases.reports.dossier_pdf import DossierPdf
from foundation import audit
from foundation.audit_chain import head_of_chain, seal_audit_chain
from foundation.models import User
from foundation.permissions import require
from foundation.sql import one_reading

SCHEMA: Final = "fraudshield.case-dossier"
SCHEMA_VERSION: Final = 1
_IN_MEMORY: Final = 1_048_576


class Piece(NamedTuple):
    """A stretch of the content's JSON, and the record that it tells, if it tells one."""

    text: bytes
    part: str = ""
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """`file` stands at its beginning, and vanishes when it is closed."""

    file: IO[bytes]
    sha256: str


def make_dossier(*, case: Case, by: User, form: str, revealed: bool = False) -> Made:
    """The dossier as "json" or "pdf". Audited; with identifiers unmasked only for who may see them.

    The trail is sealed first, so that the case's entries come with their hashes.
    """
    require(by, "cases.view_case")
    if revealed:
        require(by, "transactions.reveal_identifier")
    write = {"json": write_json, "pdf": write_pdf}[form]
    seal_audit_chain()
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  the caller closes it
    with one_reading():
        export = _export(by, revealed, clock.now())
        digest = write(file, parts_of(case, revealed=revealed), export)
    file.seek(0)
    audit.record(
        actor=by,
        action="cases.dossier",
        subject=f"cases.dossier:{case.pk}",
        after={"form": form, "revealed": revealed, "sha256": digest},
        institution_id=case.institution_id,
    )
    return Made(file, digest)


def _export(by: User, revealed: bool, at: datetime) -> Record:
    sequence, head = head_of_chain()
    return {
        "at": at.isoformat(timespec="seconds"),
        "by": by.get_username(),
        "identifiers": "in full" if revealed else "masked",
        "audit_chain_head": {"sequence": sequence, "hash": head.hex()},
        "application": f"FraudShield {settings.VERSION}",
    }


def write_json(file: Any, parts: Iterable[Part], export: Record) -> str:
    """Returns the SHA-256 (hexadecimal) of the content, which also ends the file."""
    head = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, "export": export}
    file.write(_compact(head)[:-1] + b',"content":')
    digest = _digested(pieces_of(parts), lambda piece: file.write(piece.text))
    file.write(b',"content_sha256":' + _compact(digest) + b"}\n")
    return digest


def write_pdf(file: Any, parts: Iterable[Part], export: Record) -> str:
    """The same for PDF: each record is drawn while it is digested."""
    pdf = DossierPdf(file, export)

    def draw(piece: Piece) -> None:
        if piece.record is not None:
            pdf.add(piece.part, piece.record)

    digest = _digested(pieces_of(parts), draw)
    pdf.finish(digest)
    return digest


def _digested(pieces: Iterable[Piece], take: Callable[[Piece], object]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece.text)
        take(piece)
    return digest.hexdigest()


def pieces_of(parts: Iterable[Part]) -> Iterator[Piece]:
    """The content as compact JSON, piece by piece."""
    opening = b"{"
    for part in parts:
        name = opening + _compact(part.name) + b":"
        if part.one is not None:
            yield Piece(name + _compact(part.one), part.name, part.one)
        else:
            yield from _list(name, part)
        opening = b","
    yield Piece(b"}")


def _list(name: bytes, part: Part) -> Iterator[Piece]:
    opening = name + b"["
    for record in part.many:
        yield Piece(opening + _compact(record), part.name, record)
        opening = b","
    yield Piece(b"]" if opening == b"," else opening + b"]")


def _compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
