"""Entries of the audit trail about accounts."""

from typing import Any

from clients.accounts.models import ClientAccount
from foundation import audit


def record(account: ClientAccount, action: str, *, by: audit.Actor, **values: Any) -> None:
    """`values` as `audit.record` takes them: before, after, reason."""
    audit.record(
        actor=by,
        action=action,
        subject=f"clients.clientaccount:{account.pk}",
        institution_id=account.institution_id,
        **values,
    )


def record_own(account: ClientAccount, action: str, **after: object) -> None:
    """What the account did itself."""
    record(account, action, by=account.actor, after=after)
