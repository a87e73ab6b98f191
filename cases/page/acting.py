"""What the buttons of a case do: which of them a person is offered, and the service behind each."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from django.utils import timezone as clock

from cases.files import attachments
from cases.models import Case
from cases.page.forms import (
    ActForm,
    AskForm,
    AssignForm,
    DeclineOneForm,
    EscalateForm,
    FileForm,
    FraudForm,
    GenuineForm,
    ListForm,
    MergeForm,
    NoteForm,
    OutcomeForm,
    ReasonedForm,
    ReleaseOneForm,
    ReopenForm,
    SnoozeForm,
    UndecidedForm,
)
from cases.services import asking, closing, four_eyes, listing, merging, outcomes, working
from cases.services.working import SUPERVISE, WORK
from foundation.models import User
from scoring.models import Decision


class Act(NamedTuple):
    """A form, and what it does; `run` returns the sentence that is shown afterwards."""

    form: type[Any]
    run: Callable[[Any], str]
    permission: str = WORK
    tab: str = ""  # that shows what came of it


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


def _ask(form: AskForm) -> str:
    asking.ask(
        case_id=form.case.pk,
        question=form.cleaned_data["question"],
        by=form.user,
        version=_version(form),
    )
    return f"The question is on its way; case {form.case.pk} waits for the answer."


def _list(form: ListForm) -> str:
    on = form.lists[form.cleaned_data["on"]]
    entry = listing.list_identifier(
        case_id=form.case.pk,
        key=form.cleaned_data["identifier"],
        on=on,
        reason=form.cleaned_data["reason"],
        by=form.user,
        expires_at=form.expires_at,
        version=_version(form),
    )
    does = f" Matching transactions: {entry.effect}." if entry.effect else ""
    return f"It is on the list {on.title} from the next decision on.{does}"


def _outcome(status: Decision.Status, done: str) -> Callable[[OutcomeForm], str]:
    def run(form: OutcomeForm) -> str:
        outcomes.set_outcome(
            case_id=form.case.pk,
            transaction_id=form.cleaned_data["transaction"],
            status=status,
            by=form.user,
            reason=form.cleaned_data["reason"],
            label=bool(label := form.cleaned_data["label"]),
            typology=form.cleaned_data.get("typology", ""),
            version=_version(form),
        )
        known = f" and labelled as {label}" if label else ""
        return f"The transaction is {done}{known}, until the case is decided; the client is told."

    return run


def _merge(form: MergeForm) -> str:
    other = form.cleaned_data["other"]
    merging.merge(
        case_id=other,
        into=form.case.pk,
        by=form.user,
        reason=form.cleaned_data["reason"],
        into_version=_version(form),
    )
    return f"Case {other} is merged into this one: its alerts are here."


def _withdraw(form: ActForm) -> str:
    four_eyes.withdraw(case_id=form.case.pk, by=form.user)
    return f"The verdict on case {form.case.pk} is taken back; the case goes on."


def _attach(form: FileForm) -> str:
    file = form.cleaned_data["file"]
    row = attachments.attach(
        case_id=form.case.pk, name=file.name, content=file.read(), by=form.user
    )
    return f"{row.name} is kept with the case."


def _decide(form: Any) -> str:
    found = form.cleaned_data
    closing.close_soon(
        case_id=form.case.pk,
        disposition=found["disposition"],
        typology=found.get("typology", ""),
        reason=found["reason"],
        by=form.user,
        version=_version(form),
    )
    return ""  # the banner with "Undo" says it


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
    "escalate": Act(EscalateForm, _ESCALATED),
    "ask": Act(AskForm, _ask),
    "wait": Act(ReasonedForm, _WAITING),
    "resume": Act(ReasonedForm, _RESUMED),
    "snooze": Act(SnoozeForm, _snooze),
    "assign": Act(AssignForm, _assign),
    "release": Act(ActForm, _release),
    "list": Act(ListForm, _list),
    "release_one": Act(
        ReleaseOneForm, _outcome(Decision.Status.APPROVED, "released"), tab="alerts"
    ),
    "decline_one": Act(
        DeclineOneForm, _outcome(Decision.Status.DECLINED, "declined"), tab="alerts"
    ),
    "merge": Act(MergeForm, _merge, tab="related"),
    "withdraw": Act(ActForm, _withdraw),
    "attach": Act(FileForm, _attach, tab="files"),
    "note": Act(NoteForm, _note, tab="notes"),
    "reopen": Act(ReopenForm, _reopen, SUPERVISE),
}
AT_ONCE: Final = frozenset({"claim", "release", "withdraw"})
"""These ask for nothing."""
IN_TABS: Final = frozenset({"release_one", "decline_one", "merge", "attach"})
"""These stand in a tab, beside what they are about."""
VERDICTS: Final = frozenset({"fraud", "genuine", "undecided"})
LEAVING: Final = VERDICTS | {"release", "snooze", "wait", "ask"}
"""After these the case is out of the person's hands for now: the next one is shown."""


def offered(case: Case, user: User, *, closing: bool = False) -> list[str]:
    """Names in ACTS of what the person may do with the case as it stands; the services ask again.

    Nothing for those who only read, and nothing while a verdict waits to take effect (`closing`).
    """
    if not user.has_perm(WORK) or closing:
        return []
    supervises = user.has_perm(SUPERVISE)
    if case.status == Case.Status.CLOSED:
        return ["reopen", "note", "attach"] if supervises else ["note", "attach"]
    mine = case.assignee_id == user.pk
    theirs = case.status == Case.Status.ESCALATED and not supervises
    names = [] if case.assignee_id or theirs else ["claim"]
    if mine or supervises:
        names += _verdicts(case, user)
        names += [*_moves(case), "snooze", "assign"]
        if listing.may_list(user):
            names.append("list")
        if case.assignee_id:
            names.append("release")
        names += ["decline_one", "merge"]
        if not four_eyes.needed(case):  # else a second person releases, with the whole case
            names.append("release_one")
    return [*names, "note", "attach"]


def _verdicts(case: Case, user: User) -> list[str]:
    """While one waits for a second person, only who gave it may take it back."""
    if case.proposal is None:
        return ["fraud", "genuine", "undecided"]
    return ["withdraw"] if case.proposal.requested_by_id == user.pk else []


def _moves(case: Case) -> list[str]:
    moves = {
        "escalate": Case.Status.ESCALATED,
        "ask": None,
        "wait": Case.Status.WAITING,
        "resume": Case.Status.IN_PROGRESS,
    }
    left_out = {case.status}
    if case.status == Case.Status.OPEN:
        left_out.add(Case.Status.IN_PROGRESS)
    return [name for name, status in moves.items() if status not in left_out]
