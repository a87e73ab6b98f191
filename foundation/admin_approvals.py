"""How the pages of requests for approval tell a kind of request; rooms say it for their kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from foundation.admin_display import facts_table
from foundation.models import ApprovalRequest


@dataclass(frozen=True, slots=True)
class Presentation:
    """`title` takes no query, since lists show it. `evidence` is what approvers look at.

    `done` says what came of the request when it was carried out.
    """

    title: Callable[[ApprovalRequest], str]
    evidence: Callable[[ApprovalRequest], SafeString]
    done: Callable[[ApprovalRequest], str]


def _plain_title(request: ApprovalRequest) -> str:
    """The kind in words, and what it is about."""
    return f"{request.kind.replace('.', ' ').replace('_', ' ').capitalize()} {request.subject}"


def _plain_evidence(request: ApprovalRequest) -> SafeString:
    facts: Mapping[str, Any] = {**request.evidence, **request.payload}
    return facts_table(facts)


def _plain_done(request: ApprovalRequest) -> str:
    return f"{_plain_title(request)}: done."


_PLAIN = Presentation(_plain_title, _plain_evidence, _plain_done)
_presentations: dict[str, Presentation] = {}


def present_kind(kind: str, presentation: Presentation) -> None:
    """From now on requests of this kind are told so."""
    _presentations[kind] = presentation


def presentation_of(request: ApprovalRequest) -> Presentation:
    """The room's own, or a plain one."""
    return _presentations.get(request.kind, _PLAIN)
