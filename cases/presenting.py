"""Cases in words, as the pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone as clock

from cases.acting import ACTS, VERDICTS, offered
from cases.forms import LEVELS, ActForm, QueueForm
from cases.models import Alert, Case, CaseEntry
from cases.queries import Facts, facts_of
from cases.queue import Asked, QueuePage
from cases.typologies import in_words
from foundation.admin_display import exact_time
from foundation.models import User
from transactions.presenting import masked_reference

REASONS_SHOWN: Final = 7
NEWS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Button:
    """One action as it is offered: a form behind a button, or a button alone."""

    name: str
    label: str
    key: str
    tells: str  # what it does
    url: str
    form: ActForm
    opened: bool  # with what was refused in it
    fields: bool = True  # else the button acts at once

    @property
    def send(self) -> str:
        return _SENDS.get(self.name, self.label)


_LABELS: Final = {
    "claim": ("Claim", "c", "Makes the case yours."),
    "fraud": ("Fraud", "f", ""),
    "genuine": ("Genuine", "g", ""),
    "undecided": ("Undecided", "u", ""),
    "escalate": ("Escalate", "e", "Asks the supervisors to look; the case stays yours."),
    "wait": ("Wait", "w", "For somebody's answer; the case stays yours."),
    "resume": ("Go on", "r", "The case is in progress again."),
    "snooze": ("Snooze", "s", "Out of the queue for a while; the due time stays."),
    "assign": ("Hand over", "a", "To somebody who may work on it."),
    "release": ("Release", "", "Back to the queue, for anybody."),
    "note": ("Note", "n", ""),
    "reopen": ("Reopen", "o", "Labels and outcomes stay until another decision is made."),
}
_SENDS: Final = {
    "fraud": "Close as fraud",
    "genuine": "Close as genuine",
    "undecided": "Close without a verdict",
}
_AT_ONCE: Final = frozenset({"claim", "release"})


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the timeline in words."""

    entry: CaseEntry
    words: str
    link: str = ""  # of the transaction that it is about
    name: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be done: why, what was typed, and what others did meanwhile."""

    message: str
    typed: str = ""  # where its form is no longer offered
    news: Sequence[Told] = field(default=())


def case_context(
    case: Case, user: User, *, failed: tuple[str, Any] | None = None
) -> dict[str, Any]:
    """What the case's template shows. `failed`: an action's name and its refused form."""
    facts = facts_of(case)
    names = offered(case, user)
    buttons = {name: _button(name, case, user, facts, failed) for name in names}
    now = clock.now()
    return {
        "title": f"Case {case.pk}",
        "facts": facts,
        "case": case,
        "mask": masked_reference(case.customer),
        "closed": case.status == Case.Status.CLOSED,
        "typology": in_words(case.typology),
        "overdue": case.status != Case.Status.CLOSED and case.due_at < now,
        "asleep": case.snoozed_until is not None and case.snoozed_until > now,
        "mine": case.assignee_id == user.pk,
        "reasons": facts.reasons[:REASONS_SHOWN],
        "more_reasons": facts.reasons[REASONS_SHOWN:],
        "decision": facts.marked.transaction.decision if facts.marked else None,
        "rows": [(alert, facts.current.get(alert.transaction_id)) for alert in facts.alerts],
        "timeline": [_told(entry, facts.alerts) for entry in facts.entries],
        "others": facts.others,
        "others_in_words": _others_in_words(facts.others),
        "verdicts": [buttons[name] for name in names if name in VERDICTS],
        "moves": [b for name, b in buttons.items() if name not in VERDICTS | {"note", "claim"}],
        "claim": buttons.get("claim"),
        "note": buttons.get("note"),
        "refused": _refused(case, facts, names, failed),
    }


def _button(
    name: str, case: Case, user: User, facts: Facts, failed: tuple[str, Any] | None
) -> Button:
    label, key, tells = _LABELS[name]
    again = failed is not None and failed[0] == name
    form = failed[1] if failed is not None and again else ACTS[name].form(case=case, user=user)
    return Button(
        name=name,
        label=label,
        key=key,
        tells=tells or _consequence(name, facts),
        url=reverse("admin:cases_case_act", args=[case.pk, name]),
        form=form,
        opened=again and name not in _AT_ONCE,
        fields=name not in _AT_ONCE,
    )


def _consequence(name: str, facts: Facts) -> str:
    number = len(facts.alerts)
    many = f"more than {number} transactions" if facts.more_alerts else f"{number} transactions"
    which = "the transaction" if number == 1 else f"all {many}"
    them = "it" if number == 1 else "them"
    return {
        "fraud": f"Labels {which} as fraud, shows {them} as declined, closes the case.",
        "genuine": f"Labels {which} as genuine, shows {them} as approved, closes the case.",
        "undecided": f"Closes the case; {which} get no label and stay as decided.",
    }.get(name, "")


def _refused(
    case: Case, facts: Facts, names: Sequence[str], failed: tuple[str, Any] | None
) -> Refused | None:
    if failed is None:
        return None
    name, form = failed
    label = _LABELS[name][0]
    message = " ".join(form.non_field_errors()) or f"{label}: something is missing below."
    typed = form.data.get("reason") or form.data.get("text") or ""
    return Refused(message, "" if name in names else str(typed), _news(case, facts, form))


def _news(case: Case, facts: Facts, form: Any) -> list[Told]:
    """What happened since the page was shown on which the form was filled in."""
    version = getattr(form, "cleaned_data", {}).get("version")
    if version is None or version >= case.version:
        return []
    most = min(case.version - version, NEWS_SHOWN)
    return [_told(entry, facts.alerts) for entry in facts.entries[:most]]


def _told(entry: CaseEntry, alerts: Sequence[Alert]) -> Told:
    said = entry.facts
    if entry.kind == CaseEntry.Kind.ALERTED:
        return _alerted(entry, alerts)
    if entry.kind == CaseEntry.Kind.DECIDED:
        found = Case.Disposition(said["disposition"]).label
        kind = f", {in_words(said['typology'])}" if said.get("typology") else ""
        return Told(entry, f"decided: {found}{kind}")
    if entry.kind == CaseEntry.Kind.ASSIGNED and "name" in said:
        return Told(entry, f"handed to {said['name']}")
    if entry.kind == CaseEntry.Kind.STATUS and "status" in said:
        return Told(entry, Case.Status(said["status"]).label)
    if entry.kind == CaseEntry.Kind.SNOOZED and "until" in said:
        return Told(entry, f"snoozed until {exact_time(datetime.fromisoformat(said['until']))}")
    return Told(entry, entry.get_kind_display())


def _alerted(entry: CaseEntry, alerts: Sequence[Alert]) -> Told:
    pk = entry.facts["transaction"]
    names = {str(alert.transaction_id): alert.transaction.external_id for alert in alerts}
    link = reverse("admin:scoring_decision_change", args=[pk])
    words = f"alert, score {entry.facts['score']}, on"
    return Told(entry, words, link, names.get(pk, "a transaction"))


def _others_in_words(others: Sequence[Case]) -> str:
    """ "2 earlier cases: 1 genuine, 1 confirmed fraud"."""
    if not others:
        return "no other case"
    found: dict[str, int] = {}
    for case in others:
        word = case.get_disposition_display() or "open"
        found[word] = found.get(word, 0) + 1
    words = ", ".join(f"{number} {word}" for word, number in found.items())
    return f"{len(others)} other case{'s' if len(others) > 1 else ''}: {words}"


def queue_context(
    form: QueueForm, asked: Asked, found: QueuePage, params: QueryDict
) -> dict[str, Any]:
    """What the queue's template shows."""
    return {
        "form": form,
        "asked": asked,
        "found": found,
        "narrowed": bool(_chips(asked, form)),
        "chips": [(words, _without(params, name)) for name, words in _chips(asked, form)],
        "order": _order_in_words(asked),
        "keeps": [
            (name, value)
            for name, value in (
                ("level", asked.level),
                ("vertical", asked.vertical),
                ("institution", asked.institution),
            )
            if value
        ],
        "before": _page_url(params, found.number - 1) if found.number > 1 else "",
        "after": _page_url(params, found.number + 1) if found.more else "",
        "levels": LEVELS,
    }


def _chips(asked: Asked, form: QueueForm) -> list[tuple[str, str]]:
    institutions = dict(form.fields["institution"].choices) if "institution" in form.fields else {}  # type: ignore[attr-defined]
    whose = {"mine": "claimed by you", "unclaimed": "nobody has claimed them, and not snoozed"}
    status = Case.Status(asked.status).label if asked.status else ""
    chips = [
        ("whose", whose.get(asked.whose, "")),
        ("status", status),
        ("level", asked.level and f"{asked.level} risk"),
        ("vertical", asked.vertical and f"in {asked.vertical}"),
        ("institution", asked.institution and f"of {institutions.get(asked.institution)}"),
        ("overdue", "past their due time" if asked.overdue else ""),
        ("q", asked.text and f"found by “{asked.text}”"),
    ]
    return [(name, str(words)) for name, words in chips if words]


def _order_in_words(asked: Asked) -> str:
    if asked.status == Case.Status.CLOSED:
        return "last closed on top"
    return "first due on top" if asked.whose == "mine" else "most at stake on top; what waits rises"


def _without(params: QueryDict, name: str) -> str:
    left = params.copy()
    for each in (name, "page"):
        left.pop(each, None)
    return f"?{left.urlencode()}"


def _page_url(params: QueryDict, number: int) -> str:
    left = params.copy()
    left["page"] = str(number)
    return f"?{left.urlencode()}"
