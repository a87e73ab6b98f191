"""Who may do what: the five roles as data, kept in Django's groups.

A role is a group of the same name. Permissions are named "app_label.codename"; those of rooms that
are not installed are left out without complaint, and `sync_roles --check` lists them.
"""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from foundation import audit
from foundation.errors import Forbidden
from foundation.models import User
from foundation.permissions import require

ANALYST, SUPERVISOR, RISK_MANAGER = "analyst", "supervisor", "risk_manager"
AUDITOR, ADMINISTRATOR = "auditor", "administrator"

_SEE_WORK = [
    "cases.view_case",
    "cases.view_alert",
    "transactions.view_transaction",
    "transactions.view_customer",
    "transactions.view_device",
    "transactions.view_card",
    "transactions.view_label",
    "scoring.view_decision",
    "scoring.view_decisionactivity",
    "scoring.view_ruleactivity",
    "rules.view_rule",
    "rules.view_ruleversion",
    "rules.view_ruleset",
    "rules.view_vertical",
    "rules.view_switch",
    "studio.view_changeset",
    "studio.view_backtest",
    "studio.view_rulewatch",
    "studio.view_bookhealth",
    "intelligence.view_exchangerate",
    "intelligence.view_list",
    "intelligence.view_listentry",
]
_SEE_SYSTEM = [
    "foundation.view_auditentry",
    "foundation.view_outboxevent",
    "foundation.view_outboxdelivery",
    "foundation.view_approvalrequest",
    "learning.view_archivefile",
    "learning.view_weightsuggestion",
    "scoring.view_modelversion",
]
_SEE_CLIENTS = [
    "clients.view_institution",
    "clients.view_apikey",
    "clients.view_clientaccount",
    "clients.view_tier",
    "clients.view_webhookendpoint",
    "clients.view_webhookdelivery",
    "clients.view_staffscope",
    "clients.see_all_institutions",
]
_EDIT_ENTRIES = ["intelligence.add_listentry", "intelligence.change_listentry"]
_WORK_CASES = ["cases.work_case", "cases.list_identifier"]
_ANALYST = [*_SEE_WORK, "transactions.reveal_identifier", *_WORK_CASES]
_SUPERVISOR = [
    *_ANALYST,
    *_EDIT_ENTRIES,
    "cases.supervise_case",
    "transactions.add_label",
    "rules.approve_ruleset",
    "rules.throw_switch",
    "rules.approve_switch",
    "foundation.view_approvalrequest",
    "foundation.vote_approvalrequest",
    "cases.view_queue",
    "cases.add_queue",
    "cases.change_queue",
    "cases.delete_queue",
    "foundation.view_auditentry",
]

ROLES: dict[str, list[str]] = {
    ANALYST: _ANALYST,
    SUPERVISOR: _SUPERVISOR,
    RISK_MANAGER: [
        *_SEE_WORK,
        "rules.add_rule",
        "rules.change_rule",
        "rules.publish_ruleset",
        "rules.approve_ruleset",
        "rules.change_vertical",
        "rules.throw_switch",
        "rules.approve_switch",
        "studio.publish_emergency",
        "studio.view_curve",
        "learning.view_weightsuggestion",
        "scoring.view_modelversion",
        "scoring.operate_modelversion",
        "scoring.promote_modelversion",
        "scoring.approve_modelversion",
        "intelligence.add_exchangerate",
        "intelligence.change_exchangerate",
        *_EDIT_ENTRIES,
        "transactions.add_label",
        "foundation.view_approvalrequest",
        "foundation.vote_approvalrequest",
        "foundation.view_auditentry",
    ],
    # Reads everything, changes nothing, and sees no identifier in full.
    AUDITOR: [*_SEE_WORK, *_SEE_SYSTEM, *_SEE_CLIENTS, "foundation.view_user"],
    # Runs the installation; publishes no rules and sees no identifier in full.
    ADMINISTRATOR: [
        *_SEE_WORK,
        *_SEE_SYSTEM,
        *_SEE_CLIENTS,
        "foundation.view_user",
        "foundation.add_user",
        "foundation.change_user",
        "foundation.redrive_outbox",
        "clients.add_institution",
        "clients.change_institution",
        "clients.manage_apikey",
        "clients.manage_webhookendpoint",
        "clients.replay_webhookdelivery",
        "clients.manage_account",
        "clients.add_tier",
        "clients.change_tier",
        "clients.add_staffscope",
        "clients.delete_staffscope",
        *_EDIT_ENTRIES,
        "intelligence.add_list",
        "intelligence.change_list",
        "intelligence.share_listentry",
    ],
}


def _known_permissions() -> dict[str, int]:
    rows = Permission.objects.values_list("pk", "content_type__app_label", "codename")
    return {f"{label}.{codename}": pk for pk, label, codename in rows}


def sync_roles() -> None:
    """Makes the groups equal to the matrix. Harmless to repeat; runs after every migrate.

    Groups besides the five are left alone.
    """
    known = _known_permissions()
    with transaction.atomic():
        for role, names in ROLES.items():
            group, _ = Group.objects.get_or_create(name=role)
            group.permissions.set([known[name] for name in dict.fromkeys(names) if name in known])


def missing_permissions() -> list[str]:
    """Permissions of the matrix that no installed room has (yet)."""
    return sorted(
        {name for names in ROLES.values() for name in names} - _known_permissions().keys()
    )


def role_drift() -> dict[str, dict[str, list[str]]]:
    """What the stored groups have too much or too little of, by role; empty when all is well."""
    known = _known_permissions()
    drift: dict[str, dict[str, list[str]]] = {}
    for role, names in ROLES.items():
        stored = set(Group.objects.filter(name=role).values_list("permissions", flat=True))
        have = {name for name, pk in known.items() if pk in stored}
        want = set(names) & known.keys()
        if have != want:
            drift[role] = {"missing": sorted(want - have), "surplus": sorted(have - want)}
    return drift


def roles_of(user: User) -> list[str]:
    """Names of the person's roles, sorted."""
    return sorted(user.groups.filter(name__in=ROLES).values_list("name", flat=True))


def is_administrator(user: User) -> bool:
    return user.is_superuser or user.groups.filter(name=ADMINISTRATOR).exists()


def assign_roles(*, user: User, roles: Iterable[str], by: audit.Actor, reason: str = "") -> User:
    """Gives the person exactly these roles. Audited. Nobody changes their own roles."""
    require(by, "foundation.change_user")
    if isinstance(by, User) and by.pk == user.pk and not by.is_superuser:
        raise Forbidden("Nobody changes their own roles.", type="own-roles")
    wanted = sorted(set(roles))
    if unknown := set(wanted) - ROLES.keys():
        raise ValueError(f"Unknown roles: {sorted(unknown)}")
    with transaction.atomic():
        before = roles_of(user)
        if before != wanted:
            others = user.groups.exclude(name__in=ROLES)
            user.groups.set([*others, *Group.objects.filter(name__in=wanted)])
            audit.record(
                actor=by,
                action="user.roles",
                subject=f"foundation.user:{user.pk}",
                before={"roles": before},
                after={"roles": wanted},
                reason=reason,
            )
    return user
