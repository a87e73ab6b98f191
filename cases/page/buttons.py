"""The actions of a case as its page offers them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from cases.models import Case
from cases.page.acting import ACTS, AT_ONCE
from cases.page.forms import ActForm
from cases.services.four_eyes import needed
from foundation.models import User


@dataclass(frozen=True, slots=True)
class Button:
    """One action: a form behind a button, or a button alone."""

    name: str
    label: str
    key: str
    tells: str  # what it does
    url: str
    form: ActForm
    opened: bool  # with what was refused in it, or was taken back
    fields: bool = True  # else the button acts at once

    @property
    def send(self) -> str:
        return _SENDS.get(self.name, self.label)


LABELS: Final[Mapping[str, tuple[str, str, str]]] = {
    "claim": ("Claim", "c", "Makes the case yours."),
    "fraud": ("Fraud", "f", ""),
    "genuine": ("Genuine", "g", ""),
    "undecided": ("Undecided", "u", ""),
    "escalate": ("Escalate", "e", "Asks the supervisors to look; the case stays yours."),
    "ask": (
        "Ask",
        "i",
        "Tells the client system (webhook case.updated, change “asked”). The case waits, yours.",
    ),
    "wait": ("Wait", "w", "For somebody's answer; the case stays yours."),
    "resume": ("Go on", "r", "The case is in progress again."),
    "snooze": ("Snooze", "s", "Out of the queue for a while; the due time stays."),
    "assign": ("Hand over", "a", "To somebody who may work on it."),
    "release": ("Release", "", "Back to the queue, for anybody."),
    "list": (
        "Block or allow",
        "b",
        "For this institution, from the next decision on. What is decided stays as it is.",
    ),
    "withdraw": ("Take the verdict back", "", "Nobody has agreed to it yet; the case goes on."),
    "note": ("Note", "n", "Stays with the case for good. @name tells a colleague."),
    "reopen": ("Reopen", "o", "Labels and outcomes stay until another decision is made."),
}
"""Words, key and consequence of each in ACTS that stands at the head of the case."""

_SENDS: Final = {
    "fraud": "Close as fraud",
    "genuine": "Close as genuine",
    "undecided": "Close without a verdict",
    "ask": "Send the question",
    "list": "Put on the list",
    "note": "Keep note",
}


def buttons(
    names: Sequence[str],
    case: Case,
    user: User,
    *,
    alerts: int,
    more_alerts: bool,
    failed: tuple[str, Any] | None,
    initial: Mapping[str, Mapping[str, Any]],
) -> dict[str, Button]:
    """By name. `failed` is an action with its refused form; `initial` fills forms in, and opens
    them."""
    made = {}
    for name in names:
        label, key, tells = LABELS[name]
        again = failed is not None and failed[0] == name
        form = failed[1] if failed is not None and again else _form(name, case, user, initial)
        made[name] = Button(
            name=name,
            label=label,
            key=key,
            tells=tells or _consequence(name, case, alerts, more=more_alerts),
            url=act_url(case, name),
            form=form,
            opened=(again or name in initial) and name not in AT_ONCE,
            fields=name not in AT_ONCE,
        )
    return made


def act_url(case: Case, name: str) -> str:
    return reverse("admin:cases_case_act", args=[case.pk, name])


def _form(name: str, case: Case, user: User, initial: Mapping[str, Mapping[str, Any]]) -> ActForm:
    form: ActForm = ACTS[name].form(case=case, user=user)
    form.initial = {**form.initial, **initial.get(name, {})}
    return form


def _consequence(name: str, case: Case, number: int, *, more: bool) -> str:
    many = f"more than {number} transactions" if more else f"{number} transactions"
    which = "the transaction" if number == 1 else f"all {many}"
    it, them = ("it", "it") if number == 1 else ("they", "them")
    tells = "Tells the client system (webhook case.closed). You have 10 seconds to undo."
    if needed(case):
        tells = f"{tells} So much is at risk that a second person has to agree first."
    return {
        "fraud": f"Labels {which} as fraud, shows {them} as declined, closes the case. {tells}",
        "genuine": f"Labels {which} as genuine, shows {them} as approved, closes the case. {tells}",
        "undecided": f"Closes the case. Of {which} nothing is labelled; {it} "
        f"stay{'s' if number == 1 else ''} as decided. {tells}",
    }.get(name, "")
