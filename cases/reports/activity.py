"""What a suspicious-activity report says, and how it is kept: sealed."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from cases.models import ActivityReport
from foundation.crypto import seal, unseal
from foundation.errors import BadRequest, FieldError
from foundation.models import ApprovalRequest
from foundation.rekey import register_sealed_model

LONGEST: Final = 20_000  # characters of each answer
QUESTIONS: Final = (
    ("who", "Who is reported"),
    ("what", "What happened"),
    ("when", "When it happened"),
    ("where", "Where it happened"),
    ("why", "Why it is suspicious"),
)
State = ActivityReport.State


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Answers in plain text. `identified`: the draft named the customer in full."""

    who: str = ""
    what: str = ""
    when: str = ""
    where: str = ""
    why: str = ""
    identified: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a report stands: the row's state, with what became of its request."""

    state: str
    told: str
    editable: bool
    comment: str = ""


def _context(report: ActivityReport) -> bytes:
    return f"cases.activityreport:{report.case_id}:{report.version}".encode()


def seal_content(report: ActivityReport, content: Content) -> bytes:
    return seal(msgspec.json.encode(content), context=_context(report))


def open_content(report: ActivityReport) -> Content:
    """Holds personal data. Raises UnknownKeyVersion or TamperedValue."""
    return msgspec.json.decode(unseal(report.sealed, context=_context(report)), type=Content)


def content_digest(content: Content) -> str:
    """SHA-256 (hexadecimal) over the content's JSON: what approvers agree to."""
    return sha256(msgspec.json.encode(content)).hexdigest()


def checked(content: Content) -> Content:
    """Without blanks around. Raises BadRequest naming the answers that are too long."""
    answers = {name: getattr(content, name).strip() for name, _ in QUESTIONS}
    message = f"must have {LONGEST:,} characters at most"
    errors = [
        FieldError(name, message, "length")
        for name, answer in answers.items()
        if len(answer) > LONGEST
    ]
    if errors:
        raise BadRequest("An answer is too long.", errors=errors)
    return Content(**answers, identified=content.identified)


def missing(content: Content) -> list[FieldError]:
    """The answers that a report cannot be submitted without."""
    return [
        FieldError(name, "is required", "missing")
        for name, _ in QUESTIONS
        if not getattr(content, name).strip()
    ]


_ENDED: Final = {
    ApprovalRequest.State.REJECTED: "rejected",
    ApprovalRequest.State.CANCELLED: "taken back",
    ApprovalRequest.State.EXPIRED: "nobody decided in time",
    ApprovalRequest.State.FAILED: "approved, but it failed",
}


def standing_of(report: ActivityReport) -> Standing:
    """With `approval` and its votes at hand, no query."""
    if report.state == State.APPROVED:
        return Standing("approved", "approved, kept as it is", editable=False)
    if report.state == State.DRAFT or report.approval is None:
        return Standing("draft", "draft", editable=True)
    ended = _ENDED.get(ApprovalRequest.State(report.approval.state))
    if ended is None:
        return Standing("submitted", "waits for approval", editable=False)
    return Standing("rejected", ended, editable=True, comment=_comment(report.approval))


def _comment(request: ApprovalRequest) -> str:
    refusals = [vote.comment for vote in request.votes.all() if not vote.approves]
    return refusals[-1] if refusals else request.error


def _rekey(report: ActivityReport) -> Iterable[str]:
    """For `manage.py rekey`."""
    report.sealed = seal_content(report, open_content(report))
    return ["sealed"]


register_sealed_model(ActivityReport, _rekey)
