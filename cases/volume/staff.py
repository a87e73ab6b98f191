"""Who works in the synthetic workbench, and the queues that they share."""

from typing import Any, Final

from cases.models import Queue
from clients.models import Institution
from clients.services import grant_scope
from foundation import audit
from foundation.models import User
from foundation.roles import ANALYST, assign_roles

ACTOR: Final = "command:generate_workbench"
ANALYSTS: Final = 12
_QUEUES: Final[tuple[tuple[str, dict[str, Any], tuple[int, int, int]], ...]] = (
    ("Takeovers (synthetic)", {"typology": "account_takeover"}, (2, 6, 12)),
    ("Large amounts (synthetic)", {"amount_from": 2_000.0}, (4, 8, 16)),
    ("Everyday (synthetic)", {}, (4, 8, 24)),
)
"""Name, filters, hours to decide; asked in this order."""


def analysts_of(institution: Institution) -> list[User]:
    """Made-up people who cannot sign in."""
    people = []
    for number in range(1, ANALYSTS + 1):
        name = f"synthetic-analyst-{number:02}"
        user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if made:
            user.set_unusable_password()
            user.save()
            assign_roles(user=user, roles=[ANALYST], by=ACTOR)
        grant_scope(user=user, institution=institution, by=ACTOR)
        people.append(user)
    return people


def let_in_the_demo(institution: Institution) -> int:
    """The demo's people work for the institution from now on; how many."""
    people = User.objects.filter(is_demo=True, is_active=True, is_staff=True)
    for user in people:
        grant_scope(user=user, institution=institution, by=ACTOR)
    return len(people)


def share_queues(institution: Institution) -> None:
    """The institution's own, after those that there are already."""
    for place, (name, filters, hours) in enumerate(_QUEUES):
        critical, high, medium = hours
        queue = Queue.objects.create(
            name=name,
            filters={**filters, "institution": institution.pk},
            position=1_000 + place,
            hours_critical=critical,
            hours_high=high,
            hours_medium=medium,
        )
        audit.record(
            actor=ACTOR,
            action="cases.share_queue",
            subject=f"cases.queue:{queue.pk}",
            after={"name": name, "filters": queue.filters},
            institution_id=institution.pk,
        )
