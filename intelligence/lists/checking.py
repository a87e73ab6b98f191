"""What makes an entry valid; complaints are sentences for the field that they name."""

from dataclasses import dataclass
from datetime import datetime

from clients.models import Institution
from foundation.errors import BadRequest, FieldError
from intelligence.kinds import KINDS, Kind
from intelligence.lists.sealing import put_value
from intelligence.models import Effect, List, ListEntry
from intelligence.values import InvalidValue

LONGEST_REASON = 500


class InvalidEntry(BadRequest):
    """An entry that cannot be taken; `errors` names the fields."""

    title = "The entry is not valid"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message, errors=[FieldError(field, message)])
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Draft:
    """An entry as somebody wants it. `effect` None is the list's default; holds personal data."""

    value: str
    kind: str = ""  # may be left out where the list holds one only
    institution: Institution | None = None
    effect: str | None = None
    reason: str
    owner: str = ""
    expires_at: datetime | None = None
    source: str = "by hand"


def make_entry(to: List, draft: Draft, *, by: str, now: datetime) -> ListEntry:
    """An entry that is checked but not stored. Raises InvalidEntry naming the field."""
    kind = kind_for(to, draft.kind)
    _check_scope(to, kind, draft.institution)
    form = _checked(kind, draft.value)
    _check_words(draft, now)
    entry = ListEntry(
        list=to,
        institution=draft.institution,
        effect=to.default_effect if draft.effect is None else draft.effect,
        reason=draft.reason.strip(),
        owner=(draft.owner.strip() or by)[:150],
        source=draft.source[:120],
        expires_at=draft.expires_at,
        added_at=now,
        added_by=by[:150],
    )
    put_value(entry, kind, form)
    return entry


def _check_words(draft: Draft, now: datetime) -> None:
    for field in ("reason", "owner"):
        if "\0" in getattr(draft, field):
            raise InvalidEntry(field, f"The {field} holds a character that cannot be stored: NUL.")
    if not draft.reason.strip():
        raise InvalidEntry("reason", "Say why: those who meet the entry later need it.")
    if len(draft.reason) > LONGEST_REASON:
        raise InvalidEntry("reason", f"The reason is longer than {LONGEST_REASON} characters.")
    if draft.expires_at is not None and draft.expires_at <= now:
        raise InvalidEntry("expires_at", "The expiry lies in the past.")
    if draft.effect is not None and draft.effect not in Effect.values:
        raise InvalidEntry("effect", "The effect is allow, review, decline or empty.")


def kind_for(to: List, kind: str) -> Kind:
    """The kind of a value that is to go on the list, which may hold several."""
    titles = ", ".join(KINDS[code].plural for code in to.kinds)
    if not kind and len(to.kinds) == 1:
        return KINDS[to.kinds[0]]
    if not kind:
        raise InvalidEntry("kind", f"Say what the value is; this list holds {titles}.")
    if kind not in to.kinds:
        raise InvalidEntry("kind", f"This list holds {titles} only.")
    return KINDS[kind]


def _check_scope(to: List, kind: Kind, institution: Institution | None) -> None:
    if to.institution_id is not None:
        if institution is None or institution.pk != to.institution_id:
            raise InvalidEntry("institution", "This list is one institution's; choose that one.")
    elif kind.local and institution is None:
        raise InvalidEntry(
            "institution",
            f"The same {kind.title} is somebody else at another institution; choose one.",
        )


def _checked(kind: Kind, value: str) -> str:
    if "\0" in value:
        raise InvalidEntry("value", "The value holds a character that cannot be stored: NUL.")
    try:
        return kind.check(value)
    except InvalidValue as error:
        raise InvalidEntry("value", f"The value {error}.") from None
