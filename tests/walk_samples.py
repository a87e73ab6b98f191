"""What tests/test_walk.py walks through: two banks with a row of everything, and who visits them.

A page whose address has an argument of a new kind: add a sample to ARGUMENTS.
A model with new pages: make a row of it in `make_bank`, so that each bank has one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone as clock
from msgspec import to_builtins

from cases.alerts.opening import open_alerts
from cases.files.attachments import attach
from cases.models import Attachment, BulkAction, BulkItem, Case, Queue
from cases.page.acting import ACTS
from cases.page.tabs import TABS
from cases.reports.filing import draft_report
from cases.services.working import note
from clients.accounts.models import ClientAccount, email_context
from clients.models import Institution, Tier
from clients.services import create_institution, grant_scope, issue_api_key
from clients.webhooks.emitting import Occurrence, emit
from clients.webhooks.models import WebhookEvent
from clients.webhooks.services import add_endpoint
from features.identifiers import PURPOSES
from foundation.crypto import keyed_hash, seal
from foundation.models import OutboxDelivery, OutboxEvent, User
from foundation.outbox import drain_outbox
from foundation.roles import ROLES, SUPERVISOR, assign_roles
from intelligence.tests.making import add, make_list
from learning.models import ArchiveFile
from learning.weights.models import WeightRun, WeightSuggestion
from rules.definition import State
from rules.models import Rule
from rules.publishing import propose_publication
from rules.registry import registry
from rules.services import set_rule_state
from rules.switching.reading import Mode
from rules.switching.throwing import throw_switch
from scoring.models import Decision
from scoring.services import score_transaction
from scoring.serving.models import ModelVersion
from scoring.tests.conftest import client_of
from scoring.tests.making import make_request, make_suspicious
from scoring.tests.rule_book import bring_in_rule_book
from studio.admin.change_acts import ACTS as CHANGE_ACTS
from studio.admin.changes import DOES
from studio.backtest.contract import Window
from studio.changes.services import StateMove, create_change_set, put_edit
from studio.models import Backtest, Curve, RuleWatch
from transactions.models import Transaction
from transactions.services import record_label

OURS, THEIRS = "ours", "theirs"
RUN = "019a0000-0000-7000-8000-000000000007"  # a backtest of the risk manager
_EMAILS = {OURS: "walked.secret@example.org", THEIRS: "their.secret@example.net"}
_VALUES = {
    "email": _EMAILS,
    "phone": {OURS: "+2348099912345", THEIRS: "+2348077754321"},
    "ip": {OURS: "198.51.100.77", THEIRS: "203.0.113.66"},
}
NAMES = {OURS: "Our-Walked Bank", THEIRS: "Not-Yours Bank"}
UNKNOWN_FIELD = {OURS: "Ada Lovelace-Walked", THEIRS: "Grace Hopper-Walked"}


def identifier(name: str, whose: str) -> str:
    """Of a kind of its own for each identifier, so that one shown in clear is known by its text."""
    return _VALUES.get(PURPOSES[name], {}).get(whose) or f"{whose}-{name.replace('_', '-')}-5521"


def identifiers(whose: str) -> dict[str, str]:
    return {name: identifier(name, whose) for name in PURPOSES if name != "user_id"}


def secrets() -> list[str]:
    """What no page may show before it is revealed, of both banks."""
    found = [identifier(name, whose) for name in PURPOSES for whose in (OURS, THEIRS)]
    found += [*UNKNOWN_FIELD.values(), "8099912345", "8077754321"]
    found += [f"{whose}-list-entry-5521" for whose in (OURS, THEIRS)]
    found += [f"{whose}-account@example.org" for whose in (OURS, THEIRS)]
    return found


@dataclass
class World:
    people: dict[str, User] = field(default_factory=dict)
    banks: dict[str, Institution] = field(default_factory=dict)


def make_world() -> World:
    registry.forget()
    bring_in_rule_book()
    world = World()
    for slug, name in NAMES.items():
        world.banks[slug] = create_institution(name=name, slug=slug, base_currency="NGN", by="test")
    _people(world)
    Queue.objects.create(name="shared")
    for slug, bank in world.banks.items():
        make_bank(slug, bank, world.people)
    _system(world.people)
    return world


def _people(world: World) -> None:
    """A person of every role at our bank; one at the other; one at none; one without a role."""
    roles = {role: (role, OURS) for role in ROLES}
    roles |= {"elsewhere": ("supervisor", THEIRS), "unscoped": ("supervisor", "")}
    for name, (role, scope) in roles.items():
        user = User.objects.create_user(name, is_staff=True)
        assign_roles(user=user, roles=[role], by="test")
        if scope:
            grant_scope(user=user, institution=world.banks[scope], by="test")
        world.people[name] = user
    world.people["nobody"] = User.objects.create_user("nobody", is_staff=True)


def make_bank(slug: str, bank: Institution, people: Mapping[str, User]) -> None:
    """Rows of everything that belongs to an institution."""
    client = client_of(bank)
    user_id = identifier("user_id", slug)
    common = {"user_id": user_id, "identifiers": identifiers(slug)}
    extras = {"holder": UNKNOWN_FIELD[slug]}
    flagged = make_suspicious(transaction_id=f"{slug}-1", extras=extras, **common)
    for request in (flagged, make_request(transaction_id=f"{slug}-2", **common)):
        score_transaction(client=client, request=request, source="test")
    rows = Transaction.objects.filter(institution=bank)
    [alert] = open_alerts([row.pk for row in rows.filter(external_id=f"{slug}-1")])
    _case(alert.case, people[SUPERVISOR if slug == OURS else "elsewhere"])
    for row in rows:
        record_label(transaction_row=row, is_fraud=True, source="chargeback", by="test")
    issue_api_key(institution=bank, name="core banking", by="test")
    _webhooks(bank, slug)
    _account(bank, slug)
    walked = make_list(f"walked_{slug}", "device", institution=bank)
    add(walked, f"{slug}-list-entry-5521", institution=bank)
    drain_outbox()


def _case(case: Case, by: User) -> None:
    note(case_id=case.pk, by=by, text="called the customer")
    attach(case_id=case.pk, name="evidence.txt", content=b"walked", by=by)
    draft_report(case_id=case.pk, by=by)
    bulk = BulkAction.objects.create(kind="release", by=by, total=1)
    BulkItem.objects.create(bulk=bulk, case=case, version=case.version)
    Queue.objects.create(name="mine", owner=by)


def _webhooks(bank: Institution, slug: str) -> None:
    url = f"https://{slug}.example.org/hook"
    add_endpoint(institution=bank, name="core banking", url=url, by="test")
    decision = Decision.objects.filter(institution=bank).first()
    assert decision is not None
    emit(
        [
            Occurrence(
                institution_id=bank.pk,
                event=WebhookEvent.FRAUD_DETECTED,
                event_id=f"evt_{slug}",
                subject=f"transaction:{decision.pk}",
                occurred_at=decision.transaction.occurred_at,
                data={"transaction_id": f"{slug}-1"},
                reference=f"{slug}-1",
            )
        ]
    )


def _account(bank: Institution, slug: str) -> None:
    email = f"{slug}-account@example.org"
    ClientAccount.objects.create(
        institution=bank,
        name=f"{slug} wallet",
        email_hash=keyed_hash(email, purpose="account"),
        email_sealed=seal(email.encode(), context=email_context(bank.pk)),
        hash_version=1,
        password="!",
        tier=Tier.objects.first(),
    )


def _system(people: Mapping[str, User]) -> None:
    """Rows that belong to nobody in particular."""
    manager = people["risk_manager"]
    change_set = create_change_set(by=manager, title="walked")
    code = Rule.objects.filter(state="live").order_by("-code")[0].code
    put_edit(by=manager, change_set=change_set, wish=StateMove(code=code, to=State.SHADOW))
    ends_at = clock.now() + timedelta(hours=1)
    throw_switch(
        by=manager, vertical="gaming", mode=Mode.REVIEW_ALL, ends_at=ends_at, reason="walked"
    )
    rule = Rule.objects.filter(state="live").order_by("code")[0]
    set_rule_state(code=rule.code, to="shadow", by=people["risk_manager"])
    propose_publication(by=people["risk_manager"], reason="fewer alerts")
    OutboxDelivery.objects.create(
        event=OutboxEvent.objects.all()[0], subscriber="scoring.activity", state="poisoned"
    )
    for version in ("walked-first", "walked-second"):
        ModelVersion.objects.create(
            version=version, digest="0" * 64, catalogue_version=1, made_by="test"
        )
    RuleWatch.objects.create(rule=rule)
    Backtest.objects.create(
        pk=RUN,
        by=manager,
        kind="rule",
        code=rule.code,
        edit={},
        window=to_builtins(
            Window(institutions=(OURS,), since=ends_at - timedelta(days=30), until=ends_at)
        ),
        ruleset_number=1,
        rows=2,
    )
    Curve.objects.create(
        created_by=manager,
        target={"kind": "weight"},
        title="walked",
        institutions=[OURS],
        window={},
    )
    run = WeightRun.objects.create(vertical="payments", rows=900, frauds=60, said="1 suggestion.")
    figures = {"average_precision": 0.5, "flagged": 9, "precision": 0.5, "recall": 0.5}
    WeightSuggestion.objects.create(
        run=run, vertical="payments", code="high_amount", weight_before=1.0, weight=0.5, low=0.4,
        high=0.6, hits=90, frauds=9, figures={"before": figures, "after": figures},
    )  # fmt: skip
    ArchiveFile.objects.create(
        path="day=2026-01-01/a.parquet",
        day=date(2026, 1, 1),
        catalogue_version=1,
        first_serial=1,
        last_serial=2,
        rows=2,
        size=1_000,
        state="live",
    )


def _content_type() -> list[str]:
    return [str(ContentType.objects.get_for_model(Institution).pk)]


# Arguments that name a row of another model than the page's own.
ROWS: dict[str, type[Model]] = {
    "cases_bulk.pk": BulkAction,
    "cases_bulk_progress.pk": BulkAction,
    "cases_bulk_stop.pk": BulkAction,
    "cases_queue_kept.pk": Queue,
    "cases_case_file.file": Attachment,
}
# Others, as "<name of the address>.<argument>" or the argument alone; called with the page's admin.
ARGUMENTS: dict[str, Callable[[Any], list[str]]] = {
    "view_on_site.content_type_id": lambda admin: _content_type(),
    "view_on_site.object_id": lambda admin: [str(Institution.objects.get(slug=OURS).pk)],
    "app_list.app_label": lambda admin: ["foundation", "cases"],
    "cases_case_act.name": lambda admin: list(ACTS),
    "cases_case_tab.name": lambda admin: list(TABS),
    "rules_rule_by_code.code": lambda admin: [Rule.objects.order_by("code")[0].code],
    "rules_rule_state.to": lambda admin: ["shadow", "live", "retired"],
    "rules_rule_version.number": lambda admin: ["1"],
    "run": lambda admin: [RUN],
    "studio_changeset_act.name": lambda admin: list(CHANGE_ACTS),
    "studio_changeset_do.name": lambda admin: list(DOES),
    "studio_changeset_export.what": lambda admin: ["in-force", "book"],
    "studio_rulewatch_move.to": lambda admin: ["shadow", "canary", "live", "retired", "nowhere"],
    "studio_rulewatch_seen.demotion": lambda admin: ["1"],
    "rules_ruleset_rollback.number": lambda admin: ["1"],
    "field": lambda admin: list(admin.reveals),
    "url": lambda admin: ["nowhere"],
}
