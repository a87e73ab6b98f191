"""Rows that were not taken: kept sealed with the run, and written to a file as a whole.

The file is made anew at the end of every start from what is kept, so a crash loses none and a
later start writes none twice. Once a finished run's file is safe, the kept rows are deleted.
"""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final, NamedTuple

from foundation.crypto import seal, unseal
from foundation.rekey import register_sealed_model
from intake.imports.errors import CannotImport
from intake.models import ImportReject, ImportRun

HEADER: Final = ["row", "reason", "given"]
_BATCH: Final = 1_000


class Reject(NamedTuple):
    row: int
    reason: str
    given: str


def keep(run_id: int, rejects: Iterable[Reject]) -> None:
    """In the caller's database transaction."""
    ImportReject.objects.bulk_create(
        ImportReject(
            run_id=run_id,
            row=reject.row,
            reason=reject.reason,
            given_sealed=seal(reject.given.encode(), context=_context(run_id, reject.row)),
        )
        for reject in rejects
    )


def rekey_reject(kept: ImportReject) -> Iterable[str]:
    """For `manage.py rekey`: seals the row anew under the current key."""
    context = _context(kept.run_id, kept.row)
    kept.given_sealed = seal(unseal(bytes(kept.given_sealed), context=context), context=context)
    return ["given_sealed"]


register_sealed_model(ImportReject, rekey_reject)


def _context(run_id: int, row: int) -> bytes:
    return f"intake.importreject:{run_id}:{row}".encode()


def check_target(path: Path) -> None:
    """Raises CannotImport where the rejects could not be written, before any work is done.

    An older rejects file is replaced; any other file is left alone.
    """
    folder = path.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise CannotImport(f"Rejects cannot be written to {folder}; choose another with --rejects.")
    if path.exists() and not _is_ours(path):
        raise CannotImport(f"{path} is no rejects file and would be lost; choose another.")


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.readline(64).strip() in {b"", ",".join(HEADER).encode()}


def write_rejects(run: ImportRun, path: Path) -> None:
    """All rejects of the run in row order, readable by the owner alone; no file without any.

    The file appears complete and safely on disk, or not at all.
    """
    if not run.rejected:
        return
    partial = path.with_name(f"{path.name}.partial")
    partial.unlink(missing_ok=True)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        _write(file, run)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _write(file: IO[str], run: ImportRun) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(HEADER)
    kept = ImportReject.objects.filter(run=run).order_by("row")
    for reject in kept.iterator(chunk_size=_BATCH):
        given = unseal(bytes(reject.given_sealed), context=_context(run.pk, reject.row)).decode()
        writer.writerow([reject.row, reject.reason, given])
