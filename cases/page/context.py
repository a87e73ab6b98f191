"""Everything that the template of a case is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict
from django.utils import timezone as clock

from cases.models import Case, CaseEntry, Closing
from cases.page.acting import ACTS, IN_TABS, VERDICTS, offered
from cases.page.buttons import LABELS, buttons
from cases.page.consortium import LIST as CONSORTIUM
from cases.page.pending import pending
from cases.page.reading import Facts, closings_for, facts_of
from cases.page.tabs import FIRST, TABS, Asked, links, may_see, template_of
from cases.page.words import Told, tell
from cases.queries import hidden_from
from cases.services.mentions import see
from cases.typologies import in_words
from foundation.ids import uuid_of
from foundation.models import User
from transactions.presenting import masked_reference

STEPS_SHOWN: Final = 7
NEWS_SHOWN: Final = 5
_OFTEN: Final = frozenset({"note", "claim"})

Failed = tuple[str, Any] | None


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be done: why, what was typed, and what others did meanwhile."""

    message: str
    typed: str = ""  # where its form is no longer offered
    news: Sequence[Told] = field(default=())


def case_context(
    case: Case, user: User, params: QueryDict, *, failed: Failed = None
) -> dict[str, Any]:
    """What the case's template shows. `failed`: an action's name and its refused form."""
    facts = facts_of(case)
    closing, elsewhere = closings_for(case, user)
    names = offered(case, user, closing=closing is not None)
    made = buttons(
        [name for name in names if name not in IN_TABS],
        case,
        user,
        alerts=facts.alerts,
        more_alerts=facts.more_alerts,
        failed=failed,
        initial=_undone(case, user, params),
    )
    asked = Asked(case, user, params, closing is not None, failed)
    tab = _tab(params, user, failed)
    return {
        **_head(case, user, facts),
        "facts": facts,
        "waterfall": facts.waterfall,
        "consortium": [one for one in facts.listings if one.list_name == CONSORTIUM],
        "own_lists": [one for one in facts.listings if one.list_name != CONSORTIUM],
        "steps": facts.waterfall.steps[:STEPS_SHOWN] if facts.waterfall else (),
        "more_steps": facts.waterfall.steps[STEPS_SHOWN:] if facts.waterfall else (),
        "verdicts": [made[name] for name in names if name in VERDICTS],
        "moves": [b for name, b in made.items() if name not in VERDICTS | _OFTEN],
        "claim": made.get("claim"),
        "note": made.get("note"),
        "refused": _refused(case, names, failed),
        "mentions": see(case, user),
        "pending": pending(closing, user) if closing else pending(elsewhere, user),
        "pending_here": closing is not None,
        "tabs": links(case, user, facts, tab),
        "tab": tab,
        "tab_template": template_of(tab),
        **TABS[tab].read(asked),
    }


def tab_context(case: Case, user: User, params: QueryDict, name: str) -> dict[str, Any]:
    """What the fragment of one tab shows."""
    closing = Closing.objects.filter(pk=case.pk).exists()
    return {"case": case, "tab": name, **TABS[name].read(Asked(case, user, params, closing))}


def _head(case: Case, user: User, facts: Facts) -> dict[str, Any]:
    now = clock.now()
    return {
        "title": f"Case {case.pk}",
        "case": case,
        "mask": masked_reference(case.customer),
        "closed": case.status == Case.Status.CLOSED,
        "typology": in_words(case.typology),
        "suspected": in_words(case.suspected) if case.suspected else "",
        "overdue": case.is_overdue(now),
        "asleep": case.is_asleep(now),
        "mine": case.assignee_id == user.pk,
        "proposal": case.proposal,
        "others_in_words": _others_in_words(facts.others),
    }


def _others_in_words(others: Sequence[Case]) -> str:
    """ "2 earlier cases: 1 genuine, 1 confirmed fraud"."""
    if not others:
        return "no other case"
    found: dict[str, int] = {}
    for case in others:
        word = str(case.get_disposition_display() or ("merged" if case.closed_at else "open"))
        found[word] = found.get(word, 0) + 1
    words = ", ".join(f"{number} {word}" for word, number in found.items())
    return f"{len(others)} other case{'s' if len(others) > 1 else ''}: {words}"


def _tab(params: QueryDict, user: User, failed: Failed) -> str:
    """Which tab is shown: that of what was refused, else the one asked for, else the first."""
    name = ACTS[failed[0]].tab if failed is not None and failed[0] in IN_TABS else ""
    name = name or params.get("tab", "")
    return name if may_see(name, user) else FIRST


def _undone(case: Case, user: User, params: QueryDict) -> Mapping[str, Mapping[str, Any]]:
    """What the person had typed into a verdict that was taken back, as the address names it."""
    number = uuid_of(params.get("undone", ""))
    if number is None:
        return {}
    entry = CaseEntry.objects.filter(
        pk=number, case=case, by=user, kind=CaseEntry.Kind.UNDONE
    ).first()
    if entry is None:
        return {}
    said = entry.facts
    name = {
        Case.Disposition.CONFIRMED_FRAUD.value: "fraud",
        Case.Disposition.GENUINE.value: "genuine",
    }.get(said["disposition"], "undecided")
    return {name: {**said, "reason": entry.text}}


def _refused(case: Case, names: Sequence[str], failed: Failed) -> Refused | None:
    if failed is None:
        return None
    name, form = failed
    label = _WORDS.get(name) or LABELS[name][0]
    message = " ".join(form.non_field_errors())
    if not message and name in names:
        message = f"{label}: something is missing below."
    typed = next((form.data.get(n) for n in ("reason", "text", "question") if form.data.get(n)), "")
    offered_still = name in names
    return Refused(message or _errors(form), "" if offered_still else str(typed), _news(case, form))


_WORDS: Final = {
    "release_one": "Release",
    "decline_one": "Decline",
    "merge": "Merge",
    "attach": "Attach",
}


def _errors(form: Any) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)


def _news(case: Case, form: Any) -> list[Told]:
    """What happened since the page was shown on which the form was filled in."""
    version = getattr(form, "cleaned_data", {}).get("version")
    if version is None or version >= case.version:
        return []
    most = min(case.version - version, NEWS_SHOWN)
    rows = case.entries.exclude(kind__in=hidden_from(form.user)).select_related("by")
    return [tell(entry) for entry in rows.order_by("-pk")[:most]]
