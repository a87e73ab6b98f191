"""Cases picked for one act, and what the act would touch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Case as Choose
from django.db.models import CharField, Count, Q, QuerySet, Sum, Value, When
from django.utils import timezone as clock

from cases.models import BulkAction, BulkItem, Case
from cases.services.working import SUPERVISE, WORK
from foundation.errors import BadRequest
from foundation.models import User
from foundation.permissions import require

MOST: Final = 10_000
ASSIGNEES_SHOWN: Final = 8
SAMPLE: Final = 8
_STORED_AT_ONCE: Final = 2_000


@transaction.atomic
def pick(*, by: User, kind: str, cases: QuerySet[Case]) -> BulkAction:
    """Keeps which cases are meant, each as it stands; the first MOST in the order given.

    `cases` are those that the person sees. Raises BadRequest when there are none.
    """
    require(by, WORK)
    if kind not in BulkAction.Kind.values:
        raise BadRequest("That cannot be done with many cases at once.")
    rows = list(cases.values_list("pk", "version")[: MOST + 1])
    if not rows:
        raise BadRequest("No case is selected.")
    bulk = BulkAction.objects.create(
        by=by, kind=kind, total=min(len(rows), MOST), more=len(rows) > MOST
    )
    items = [BulkItem(bulk=bulk, case_id=pk, version=version) for pk, version in rows[:MOST]]
    BulkItem.objects.bulk_create(items, batch_size=_STORED_AT_ONCE)
    return bulk


def bulk_of(pk: UUID, by: User) -> BulkAction:
    """The person's own. Raises BulkAction.DoesNotExist."""
    return BulkAction.objects.get(pk=pk, by=by)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a bulk action would do, counted."""

    statuses: Sequence[tuple[str, int]]
    assignees: Sequence[tuple[str, int]]  # the most frequent, and the rest together
    refused: Sequence[tuple[str, int]]  # why, and how many
    second_person: int  # would wait for one
    able: int
    amount_usd: float


def touched_by(bulk: BulkAction, *, scope: list[int] | None, above_usd: int) -> Touched:
    """Of the cases as they are now. Five queries, whatever their number."""
    cases = Case.objects.filter(pk__in=bulk.items.values("case"))
    why = cases.annotate(why=_refusal(bulk, scope))
    refused = dict(why.exclude(why="").values_list("why").annotate(n=Count("pk")).order_by("-n"))
    able = why.filter(why="")
    summed = able.aggregate(number=Count("pk"), dollars=Sum("amount_usd"))
    second = 0
    if bulk.kind == BulkAction.Kind.CLOSE and above_usd:
        second = able.filter(amount_usd__gt=above_usd).count()
    return Touched(
        statuses=_counted(cases, "status", {**dict(Case.Status.choices)}),
        assignees=_few(_counted(cases, "assignee__username", {None: "nobody"})),
        refused=list(refused.items()),
        second_person=second,
        able=summed["number"],
        amount_usd=summed["dollars"] or 0.0,
    )


def sample_of(bulk: BulkAction, *, scope: list[int] | None) -> list[tuple[Case, str]]:
    """The SAMPLE cases with the most at risk that the person sees, each with why it would be
    refused; "" where it would not. One query."""
    cases = Case.objects.filter(pk__in=bulk.items.values("case"))
    if scope is not None:
        cases = cases.filter(institution__in=scope)
    rows = cases.annotate(why=_refusal(bulk, scope)).order_by("-amount_usd", "pk")
    return [
        (case, case.why)
        for case in rows.select_related("customer", "institution", "assignee")[:SAMPLE]
    ]


def _counted(
    cases: QuerySet[Case], name: str, words: Mapping[str | None, str]
) -> list[tuple[str, int]]:
    rows = cases.order_by().values_list(name).annotate(n=Count("pk")).order_by("-n", name)
    return [(words.get(value, value), number) for value, number in rows]


def _few(counted: list[tuple[str, int]]) -> list[tuple[str, int]]:
    rest = sum(number for _, number in counted[ASSIGNEES_SHOWN:])
    return counted[:ASSIGNEES_SHOWN] + ([("others", rest)] if rest else [])


def _refusal(bulk: BulkAction, scope: list[int] | None) -> Choose:
    """What the services would say today, as SQL; they are asked again when it is done."""
    other = ~Q(assignee=bulk.by)
    if bulk.kind == BulkAction.Kind.MERGE:
        other &= Q(assignee__isnull=False)
    whens = [
        When(status=Case.Status.CLOSED, then=Value("closed already")),
        When(closing__isnull=False, then=Value("about to be closed")),
        When(proposal__isnull=False, then=Value("a verdict waits for a second person")),
    ]
    if scope is not None:
        whens.insert(0, When(~Q(institution__in=scope), then=Value("not of your institutions")))
    if not bulk.by.has_perm(SUPERVISE):
        whens.append(When(other, then=Value("not claimed by you")))
    if bulk.kind == BulkAction.Kind.RELEASE:
        whens.append(When(assignee=None, then=Value("claimed by nobody")))
    return Choose(*whens, default=Value(""), output_field=CharField())


def progress_of(bulk: BulkAction) -> dict[str, int]:
    """How many items are waiting, done and refused; one query."""
    rows = bulk.items.order_by().values_list("state").annotate(number=Count("pk"))
    return dict.fromkeys(BulkItem.State.values, 0) | dict(rows)


def refusals_of(bulk: BulkAction) -> list[tuple[str, int]]:
    """Why cases were refused, and how many each; the most frequent first."""
    rows = bulk.items.filter(state=BulkItem.State.REFUSED).order_by().values_list("told")
    return list(rows.annotate(number=Count("pk")).order_by("-number")[:20])


def forget_drafts(*, days: int = 1) -> int:
    """Deletes what was shown and never started."""
    before = clock.now() - timedelta(days=days)
    return BulkAction.objects.filter(state=BulkAction.State.DRAFT, created_at__lt=before).delete()[
        0
    ]
