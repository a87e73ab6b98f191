"""What people did about each case of the synthetic workbench, told as its timeline."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from cases.models import Case, CaseEntry
from cases.queues.routing import WARN_MINUTES
from cases.services import four_eyes
from cases.typologies import TYPOLOGIES
from cases.volume.templates import Flagged
from foundation.approvals import request_approval
from foundation.ids import first_uuid7
from foundation.models import User

Kind = CaseEntry.Kind
_NOTES: Final = (
    "Called the customer: no answer. Tried the second number.",
    "The customer confirms the payment; the new telephone is theirs.",
    "The device was seen with two other accounts this week.",
    "Asked the bank of the payee for the account's age.",
)
_FOUND: Final[Mapping[str, int]] = {
    "confirmed_fraud": 4,
    "genuine": 4,
    "suspected": 1,
    "inconclusive": 1,
}
_OPEN: Final[Mapping[str, int]] = {
    "": 70,
    "in_progress": 12,
    "waiting": 6,
    "escalated": 5,
    "snoozed": 7,
}
"""What is being done with open cases, in hundredths; nothing yet with most."""

_PROPOSED: Final = 0.5
"""So many of the claimed cases that a second person must close wait for one."""

REASON: Final = "As the notes say."
_MERGED: Final = "The same device."


class Teller:
    """Tells one case after another: sets its fields, and returns the entries of its timeline."""

    def __init__(self, people: Sequence[User], end: datetime, chance: random.Random) -> None:
        self.people, self.end, self.chance = people, end, chance
        self.merged: dict[int, tuple[datetime, User]] = {}  # by the case that took another's alerts

    def tell(
        self,
        case: Case,
        flagged: Sequence[Flagged],
        *,
        closed: bool,
        source: tuple[Case, Sequence[Flagged]] | None = None,
        target: Case | None = None,
    ) -> list[CaseEntry]:
        """`source` is merged into this case with its alerts; into `target` this one is, which was
        told before."""
        story = _Story(case, self, flagged)
        if target is not None:
            story.give_away(target, *self.merged[target.pk])
        elif closed:
            story.decide()
        elif source is not None:
            self.merged[case.pk] = story.take_over(*source)
        else:
            story.leave_open()
        case.version = max(1, len(story.entries) - 1)
        return story.entries


class _Story:
    def __init__(self, case: Case, teller: Teller, flagged: Sequence[Flagged]) -> None:
        self.case, self.chance, self.people = case, teller.chance, teller.people
        self.end = teller.end
        self.alerts = len(flagged)
        self.entries: list[CaseEntry] = []
        self.now = case.opened_at
        self._enter(Kind.OPENED)
        for one in sorted(flagged, key=lambda one: one.at):
            self.now = max(self.now, one.at) + timedelta(milliseconds=1)
            score = one.template.score
            self._enter(Kind.ALERTED, transaction=str(one.transaction), score=score)

    def leave_open(self) -> None:
        if doing := self._draw(_OPEN):
            self._do(doing, self._claim())
        self._warn()

    def decide(self) -> None:
        case = self.case
        case.closed_at = self.end = self.now + timedelta(hours=self.chance.uniform(0.2, 20))
        by = self._claim()
        case.disposition = self._draw(_FOUND)
        if case.disposition in (Case.Disposition.CONFIRMED_FRAUD, Case.Disposition.SUSPECTED):
            case.typology = self._typology()
        case.status, self.now = Case.Status.CLOSED, case.closed_at
        facts = {"disposition": case.disposition, "typology": case.typology}
        self._enter(Kind.DECIDED, by, REASON, **facts, transactions=self.alerts)

    def take_over(self, other: Case, alerts: Sequence[Flagged]) -> tuple[datetime, User]:
        """When, and by whom."""
        by = self._claim()
        self.now = max(self.now, *(one.at for one in alerts))
        self._pass()
        at = self.now
        self._enter(Kind.MERGED, by, _MERGED, **{"from": other.pk, "alerts": len(alerts)})
        self._warn()
        return at, by

    def give_away(self, target: Case, at: datetime, by: User) -> None:
        case, self.now = self.case, at
        self._enter(Kind.MERGED, by, _MERGED, into=target.pk, alerts=self.alerts)
        case.status, case.closed_at, case.merged_into = Case.Status.CLOSED, at, target

    def _claim(self) -> User:
        """By whom."""
        by = self.case.assignee = self.chance.choice(self.people)
        self.case.status = Case.Status.IN_PROGRESS
        self._pass()
        self._enter(Kind.CLAIMED, by)
        for _ in range(self.chance.randrange(4)):
            self._pass()
            text = self.chance.choice(_NOTES)
            self._enter(Kind.NOTED, by, text, length=len(text))
        self._pass()
        return by

    def _do(self, doing: str, by: User) -> None:
        case = self.case
        if four_eyes.needed(case) and self.chance.random() < _PROPOSED:
            self._propose(by)
        elif doing == "snoozed":
            case.snoozed_until = self.end + timedelta(hours=self.chance.uniform(1, 24))
            self._enter(Kind.SNOOZED, by, until=case.snoozed_until.isoformat())
        elif doing != case.status:
            case.status = Case.Status(doing)
            self._enter(Kind.STATUS, by, "Somebody must answer first.", status=doing)

    def _propose(self, by: User) -> None:
        """A verdict that waits for a second person."""
        case = self.case
        facts = {
            "disposition": Case.Disposition.CONFIRMED_FRAUD.value,
            "typology": self._typology(),
        }
        payload = {"case": case.pk, "institution": case.institution_id, **facts}
        case.proposal = request_approval(
            kind=four_eyes.KIND,
            subject=f"cases.case:{case.pk}",
            payload=payload,
            evidence={"score": case.score, "amount_usd": round(case.amount_usd, 2)},
            requested_by=by,
            reason="",
        )
        case.status = Case.Status.ESCALATED
        self._enter(Kind.PROPOSED, by, REASON, **facts, approval=case.proposal.pk)

    def _warn(self) -> None:
        """As it would have been done: an hour before the due time, or as the queue says."""
        minutes = self.case.queue.warn_minutes if self.case.queue else WARN_MINUTES
        at = self.case.due_at - timedelta(minutes=minutes)
        if self.case.opened_at < at < self.end:
            self.case.warned_at = self.now = at
            self._enter(Kind.WARNED, due=self.case.due_at.isoformat())

    def _draw(self, weights: Mapping[str, int]) -> str:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _typology(self) -> str:
        """Mostly what was suspected."""
        if self.case.suspected and self.chance.random() < 0.8:
            return self.case.suspected
        return self.chance.choice(TYPOLOGIES)[0]

    def _pass(self) -> None:
        """Some minutes go by, but never up to the end."""
        most = min(timedelta(minutes=90), (self.end - self.now) / 2)
        self.now += most * self.chance.uniform(0.1, 1)

    def _enter(self, kind: str, by: User | None = None, text: str = "", **facts: Any) -> None:
        key = UUID(int=first_uuid7(self.now).int | self.chance.getrandbits(62))
        if by is not None and by == self.case.assignee:
            self.case.touched_at = self.now
        self.entries.append(
            CaseEntry(id=key, case=self.case, kind=kind, at=self.now, by=by, text=text, facts=facts)
        )
