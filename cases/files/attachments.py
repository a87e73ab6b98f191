"""Files of a case: checked, encrypted outside of the web root, and given out as downloads only.

A file is written whole before its row commits. What has no row after a while (a rolled-back upload,
a dead worker) is removed; what has a row is never removed.
"""

import hashlib
import logging
import re
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone as clock

from cases.files.binding import bound_attachment
from cases.files.filetypes import ALLOWED, media_type_of
from cases.files.storing import opened, root, store
from cases.models import Attachment, Case, CaseEntry
from cases.services.changing import change, lock, refuse_while_closing
from cases.services.working import WORK
from foundation import audit
from foundation.errors import BadRequest, Conflict, FieldError, TooLarge
from foundation.ids import uuid_of
from foundation.models import User
from foundation.permissions import require

log = logging.getLogger(__name__)

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_FILES: Final = 50  # of a case
ORPHANED_AFTER: Final = timedelta(hours=1)
_UNSAFE: Final = re.compile(r"[^\w .,()+@-]")


@transaction.atomic
def attach(*, case_id: int, name: str, content: bytes, by: User) -> Attachment:
    """Keeps a file with the case, a closed one too.

    Raises BadRequest for an empty file or one of another type, TooLarge above MOST_BYTES, Conflict
    when the case has MOST_FILES, or the very same file, already.
    """
    require(by, WORK)
    media_type = _checked(content)
    case = lock(case_id, by=by)
    refuse_while_closing(case)
    digest = hashlib.sha256(content).digest()
    _demand_room(case, digest)
    row = Attachment(
        case=case,
        name=safe_name(name, media_type),
        media_type=media_type,
        size=len(content),
        digest=digest,
        by=by,
    )
    store(row.pk, content)
    row.save(force_insert=True)
    facts = {
        "attachment": str(row.pk),
        "name": row.name,
        "media_type": media_type,
        "size": row.size,
    }
    bound = bound_attachment(row)
    change(case, kind=CaseEntry.Kind.ATTACHED, by=by, facts=facts, bound=bound)
    return row


def content_of(attachment: Attachment, *, to: User) -> bytes:
    """The file as it came in; who took it is written down. Raises Damaged."""
    content = opened(attachment)
    audit.record(
        actor=to,
        action="cases.download",
        subject=f"cases.case:{attachment.case_id}",
        after={"attachment": str(attachment.pk), "name": attachment.name},
        institution_id=attachment.case.institution_id,
    )
    return content


def remove_orphans() -> int:
    """Removes files that no row names, ORPHANED_AFTER their making; how many."""
    before = (clock.now() - ORPHANED_AFTER).timestamp()
    removed = 0
    for directory in sorted(root().glob("[0-9a-f][0-9a-f]")):
        old = {path.name: path for path in directory.iterdir() if _made_before(path, before)}
        ids = [number for name in old if (number := uuid_of(name.partition(".")[0]))]
        kept = {pk.hex for pk in Attachment.objects.filter(pk__in=ids).values_list("pk", flat=True)}
        for name, path in old.items():
            if name not in kept:
                path.unlink(missing_ok=True)
                removed += 1
    if removed:
        log.info("Removed %s files without a row", removed)
    return removed


def safe_name(name: str, media_type: str) -> str:
    """The name for a download: letters, digits and plain signs, with the ending of what the file
    is.

    >>> safe_name("../../etc/pass\\u202ewd.pdf.exe", "application/pdf")
    'passwd.pdf.exe.pdf'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = unicodedata.normalize("NFC", last)
    plain = "".join(c for c in plain if unicodedata.category(c)[0] != "C")
    plain = _UNSAFE.sub("_", plain).strip(" .")[-150:] or "file"
    ending = ALLOWED[media_type][1]
    same = {".jpg": (".jpg", ".jpeg"), ".txt": (".txt", ".log", ".md")}.get(ending, (ending,))
    return plain if plain.lower().endswith(same) else f"{plain}{ending}"


def _checked(content: bytes) -> str:
    if not content:
        raise BadRequest("The file is empty.", errors=[FieldError("file", "is empty")])
    if len(content) > MOST_BYTES:
        raise TooLarge(f"The file is larger than {MOST_BYTES // 1024**2} MB.")
    media_type = media_type_of(content)
    if media_type is None:
        known = ", ".join(words for words, _ in ALLOWED.values())
        message = f"This is none of the kinds of file that are kept: {known}."
        raise BadRequest(message, errors=[FieldError("file", message, "type")])
    return media_type


def _demand_room(case: Case, digest: bytes) -> None:
    there = list(case.attachments.values_list("digest", "name"))
    if len(there) >= MOST_FILES:
        raise Conflict(f"The case has {MOST_FILES} files already; that is the most.")
    for known, name in there:
        if bytes(known) == digest:
            raise Conflict(f"The case has this file already, as {name}.", type="file-there")


def _made_before(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except FileNotFoundError:  # somebody else removed it meanwhile
        return False
