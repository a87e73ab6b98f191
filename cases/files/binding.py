"""What the audit trail keeps of files: a digest of each row, which has that of the content."""

from collections.abc import Iterator, Sequence
from typing import Final

from cases.files.storing import Damaged, opened
from cases.models import Attachment
from cases.services.binding import exactly
from foundation.audit_bound import Bound, bind, digest_of, register_bound

ATTACHMENT: Final = "cases.attachment"


def attachment_digest(row: Attachment) -> str:
    content = [row.name, row.media_type, row.size, bytes(row.digest).hex()]
    return digest_of([str(row.pk), row.case_id, *content, row.by_id, exactly(row.at)])


def bound_attachment(row: Attachment) -> dict[str, dict[str, str]]:
    """For the `after` of the audit entry that tells of it."""
    return bind(ATTACHMENT, {str(row.pk): attachment_digest(row)})


def _attachments(ids: Sequence[str]) -> dict[str, str]:
    return {str(row.pk): attachment_digest(row) for row in Attachment.objects.filter(pk__in=ids)}


def _files(ids: Sequence[str]) -> Iterator[str]:
    """Opens each; memory for one."""
    for row in Attachment.objects.filter(pk__in=ids).order_by("pk"):
        try:
            opened(row)
        except Damaged as damaged:
            yield f"The file of {ATTACHMENT} {row.pk} (case {row.case_id}): {damaged.detail}"


register_bound(ATTACHMENT, Bound(_attachments, Attachment.objects.count, _files))
