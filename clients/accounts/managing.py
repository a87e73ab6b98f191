"""What staff do with accounts: close and open them, revoke their tokens, change their tier."""

from django.core.exceptions import ValidationError
from django.db import transaction

from clients.accounts.models import ClientAccount
from clients.accounts.sessions import revoke_all
from clients.accounts.trail import record
from clients.authentication import forget_cached_keys
from clients.models import Tier
from foundation import audit
from foundation.errors import Conflict
from foundation.permissions import require

MANAGE = "clients.manage_account"


def close_account(*, account: ClientAccount, by: audit.Actor, reason: str) -> ClientAccount:
    """Nobody signs in to it any more and its tokens are refused, within 3 s everywhere."""
    require(by, MANAGE)
    _demand(reason)
    with transaction.atomic():
        locked = _locked(account)
        if not locked.is_active:
            raise Conflict("The account is closed already.", type="closed-already")
        locked.is_active = False
        locked.save(update_fields=["is_active"])
        ended = revoke_all(locked)
        record(
            locked,
            "account.close",
            by=by,
            before={"is_active": True},
            after={"is_active": False, "ended": ended},
            reason=reason,
        )
    return locked


def reopen_account(*, account: ClientAccount, by: audit.Actor, reason: str) -> ClientAccount:
    """Its owner may sign in again; earlier tokens stay refused."""
    require(by, MANAGE)
    _demand(reason)
    with transaction.atomic():
        locked = _locked(account)
        if locked.is_active:
            raise Conflict("The account is open already.", type="open-already")
        locked.is_active = True
        locked.save(update_fields=["is_active"])
        record(
            locked,
            "account.reopen",
            by=by,
            before={"is_active": False},
            after={"is_active": True},
            reason=reason,
        )
    return locked


def revoke_tokens(*, account: ClientAccount, by: audit.Actor, reason: str) -> ClientAccount:
    """Ends every session; the owner has to sign in again."""
    require(by, MANAGE)
    _demand(reason)
    with transaction.atomic():
        locked = _locked(account)
        ended = revoke_all(locked)
        record(locked, "account.revoke_tokens", by=by, after={"ended": ended}, reason=reason)
    return locked


def change_tier(
    *, account: ClientAccount, tier: Tier, by: audit.Actor, reason: str
) -> ClientAccount:
    """Its limit changes within 3 s; its tokens stay good."""
    require(by, MANAGE)
    _demand(reason)
    with transaction.atomic():
        locked = _locked(account)
        before = {"tier": locked.tier.name}
        locked.tier = tier
        locked.save(update_fields=["tier"])
        if before["tier"] != tier.name:
            after = {"tier": tier.name}
            record(locked, "account.tier", by=by, before=before, after=after, reason=reason)
    transaction.on_commit(forget_cached_keys)
    return locked


def _locked(account: ClientAccount) -> ClientAccount:
    rows = ClientAccount.objects.select_related("institution", "tier")
    return rows.select_for_update(of=("self",)).get(pk=account.pk)


def _demand(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
