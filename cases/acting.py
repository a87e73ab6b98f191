"""What the buttons of a case do: which of them a person is offered, and the service behind each."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from django.utils import timezone as clock

from cases import working
from cases.forms import (
    ActForm,
    AssignForm,
    FraudForm,
    GenuineForm,
    NoteForm,
    ReasonedForm,
    ReopenForm,
    SnoozeForm,
    UndecidedForm,
)
from cases.models import Case
from cases.working import SUPERVISE, WORK
from foundation.models import User


class Act(NamedTuple):
    """A form, and what it does; `run` returns the sentence that is shown afterwards."""

    form: type[Any]
    run: Callable[[Any], str]
    permission: str = WORK


def _claim(form: ActForm) -> str:
    working.claim(case_id=form.case.pk, by=form.user, version=_version(form))
    return f"Case {form.case.pk} is yours."


def _release(form: ActForm) -> str:
    working.release(case_id=form.case.pk, by=form.user, version=_version(form))
    return f"Case {form.case.pk} is back in the queue."


def _assign(form: AssignForm) -> str:
    to = form.cleaned_data["to"]
    working.assign(case_id=form.case.pk, to=to, by=form.user, version=_version(form))
    return f"Case {form.case.pk} is {to}'s now."


def _set_status(status: str, done: str) -> Callable[[ReasonedForm], str]:
    def run(form: ReasonedForm) -> str:
        working.set_status(
            case_id=form.case.pk,
            status=status,
            by=form.user,
            reason=form.cleaned_data["reason"],
            version=_version(form),
        )
        return f"Case {form.case.pk} {done}."

    return run


def _snooze(form: SnoozeForm) -> str:
    working.snooze(
        case_id=form.case.pk, until=clock.now() + form.pause, by=form.user, version=_version(form)
    )
    return f"Case {form.case.pk} sleeps until then."


def _note(form: NoteForm) -> str:
    working.note(case_id=form.case.pk, by=form.user, text=form.cleaned_data["text"])
    return "The note is kept."


def _decide(form: Any) -> str:
    found = form.cleaned_data
    case = working.decide(
        case_id=form.case.pk,
        disposition=found["disposition"],
        typology=found.get("typology", ""),
        reason=found["reason"],
        by=form.user,
        version=_version(form),
    )
    return f"Case {case.pk} is closed as {case.get_disposition_display()}."


def _reopen(form: ReopenForm) -> str:
    working.reopen(case_id=form.case.pk, by=form.user, reason=form.cleaned_data["reason"])
    return f"Case {form.case.pk} is open again."


def _version(form: ActForm) -> int | None:
    version: int | None = form.cleaned_data["version"]
    return version


_WAITING = _set_status(Case.Status.WAITING, "waits for an answer")
_ESCALATED = _set_status(Case.Status.ESCALATED, "is with the supervisors")
_RESUMED = _set_status(Case.Status.IN_PROGRESS, "is in progress again")

ACTS: Final[Mapping[str, Act]] = {
    "claim": Act(ActForm, _claim),
    "fraud": Act(FraudForm, _decide),
    "genuine": Act(GenuineForm, _decide),
    "undecided": Act(UndecidedForm, _decide),
    "escalate": Act(ReasonedForm, _ESCALATED),
    "wait": Act(ReasonedForm, _WAITING),
    "resume": Act(ReasonedForm, _RESUMED),
    "snooze": Act(SnoozeForm, _snooze),
    "assign": Act(AssignForm, _assign),
    "release": Act(ActForm, _release),
    "note": Act(NoteForm, _note),
    "reopen": Act(ReopenForm, _reopen, SUPERVISE),
}
VERDICTS: Final = frozenset({"fraud", "genuine", "undecided"})
LEAVING: Final = VERDICTS | {"release", "snooze", "wait"}
"""After these the case is out of the person's hands for now: the next one is shown."""


def offered(case: Case, user: User) -> list[str]:
    """Names in ACTS of what the person may do with the case as it stands; the services ask again.

    Nothing for those who only read.
    """
    if not user.has_perm(WORK):
        return []
    supervises = user.has_perm(SUPERVISE)
    if case.status == Case.Status.CLOSED:
        return ["reopen", "note"] if supervises else ["note"]
    mine = case.assignee_id == user.pk
    names = [] if case.assignee_id else ["claim"]
    if mine or supervises:
        names += ["fraud", "genuine", "undecided", *_moves(case), "snooze", "assign"]
        if case.assignee_id:
            names.append("release")
    return [*names, "note"]


def _moves(case: Case) -> list[str]:
    moves = {
        "escalate": Case.Status.ESCALATED,
        "wait": Case.Status.WAITING,
        "resume": Case.Status.IN_PROGRESS,
    }
    left_out = {case.status}
    if case.status == Case.Status.OPEN:
        left_out.add(Case.Status.IN_PROGRESS)
    return [name for name, status in moves.items() if status not in left_out]
