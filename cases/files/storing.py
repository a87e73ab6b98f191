"""Where files lie: each encrypted under its row's number, outside of the web root."""

import hashlib
import logging
from pathlib import Path
from uuid import UUID

from django.conf import settings

from cases.models import Attachment
from foundation.crypto import TamperedValue, UnknownKeyVersion, seal, unseal
from foundation.errors import Problem
from foundation.files import whole_file

log = logging.getLogger(__name__)


class Damaged(Problem):
    """A stored file that is gone or is not what was stored."""

    status, type, title = 500, "file-damaged", "The file cannot be given out"


def store(number: UUID, content: bytes) -> None:
    """Whole, or not at all."""
    path = _path(number)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(seal(content, context=_context(number)))


def opened(attachment: Attachment) -> bytes:
    """The content as it came in. Raises Damaged."""
    try:
        content = unseal(_path(attachment.pk).read_bytes(), context=_context(attachment.pk))
    except (OSError, TamperedValue, UnknownKeyVersion) as error:
        log.error("attachment %s does not open: %s", attachment.pk, type(error).__name__)
        raise Damaged("The stored file is missing or was changed; tell an administrator.") from None
    if hashlib.sha256(content).digest() != bytes(attachment.digest):
        log.error("attachment %s has another digest", attachment.pk)
        raise Damaged("The stored file is not the one that was attached; tell an administrator.")
    return content


def root() -> Path:
    return Path(settings.ATTACHMENTS_DIR)


def _path(number: UUID) -> Path:
    """By its last two digits, which are random: the first ones tell the time."""
    return root() / number.hex[-2:] / number.hex


def _context(number: UUID) -> bytes:
    return f"cases.attachment:{number}".encode()
