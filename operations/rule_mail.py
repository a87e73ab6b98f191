"""System alerts about rules, mailed to the people who can do something about them.

Nothing is mailed unless EMAIL_FROM names a sender. A server that refuses makes the outbox try
again, so a mail may come twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from foundation.models import User
from rules.events import RuleDemoted
from studio.changes.proposing import APPROVE, PROPOSE
from studio.events import ChangeSetMoved, EmergencyPublished, ReviewOverdue, RuleOutOfBounds
from studio.rollout.demoting import CHANGE

Told = RuleDemoted | RuleOutOfBounds | ChangeSetMoved | EmergencyPublished | ReviewOverdue
MOST: Final = 200
"""People that one mail goes to, at most."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is said, and to whom: everybody active with the permission, but for `besides`."""

    subject: str
    text: str
    permission: str
    besides: str = ""


def mail(events: Sequence[Told]) -> None:
    """One mail for each event that concerns people, to all of them at once and unseen by each
    other. Raises what the mail server raises."""
    if not settings.EMAIL_FROM:
        return
    messages = [message for each in events for message in _messages(each)]
    if messages:
        get_connection().send_messages(messages)


def _messages(event: Told) -> Iterator[EmailMessage]:
    for notice in _notices(event):
        if people := _addresses(notice):
            subject = f"{settings.ENVIRONMENT}: {notice.subject}"
            yield EmailMessage(subject, notice.text, settings.EMAIL_FROM, bcc=people)


def _addresses(notice: Notice) -> list[str]:
    """The owner of a rule is among those who change rules. One query."""
    people = User.objects.with_perm(notice.permission).exclude(email="").order_by("pk")
    return list(people.exclude(username=notice.besides).values_list("email", flat=True)[:MOST])


def _notices(event: Told) -> Iterator[Notice]:
    match event:
        case RuleDemoted():
            yield Notice(
                f"rule {event.code} went into shadow by itself",
                f"{event.words}\n\n{event.code}, version {event.version}, owned by "
                f"{event.owner or 'nobody'}, was {event.before} and decides nothing since ruleset "
                f"{event.ruleset}. See the page Rules, Rollout.",
                CHANGE,
            )
        case RuleOutOfBounds():
            yield Notice(
                f"rule {event.code} is out of its bounds and goes on deciding",
                f"{event.words}\n\n{event.code}, version {event.version}, owned by "
                f"{event.owner or 'nobody'}, is held, or rules are not demoted here. See the page "
                "Rules, Rollout.",
                CHANGE,
            )
        case ChangeSetMoved(state="failed"):
            yield Notice(
                f"change set {event.change_set} was not published",
                f"{event.failure}\n\nOpen it again on the page Rules, Change sets.",
                PROPOSE,
            )
        case EmergencyPublished():
            yield Notice(
                f"change set {event.change_set} was published in an emergency",
                f"{event.by} published it without an approval. Another person must review it by "
                f"{event.due}, on the page Rules, Change sets.",
                APPROVE,
                besides=event.by,
            )
        case ReviewOverdue():
            yield Notice(
                f"nobody reviewed change set {event.change_set} in time",
                f"{event.by} published it in an emergency. Review it on the page Rules, Change "
                "sets.",
                APPROVE,
                besides=event.by,
            )
