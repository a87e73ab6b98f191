"""Changes to institutions, keys, tiers and staff. Permission and audit live here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock

from clients import keys
from clients.authentication import forget_cached_keys
from clients.models import (
    STANDARD_TIER,
    USUAL_SCOPES,
    ApiKey,
    Institution,
    StaffScope,
    Tier,
)
from foundation import audit
from foundation.errors import Conflict
from foundation.models import User
from foundation.permissions import require

STANDARD_RATE = 6_000
_EDITABLE = ("name", "base_currency", "is_active")


def create_institution(
    *, name: str, slug: str, base_currency: str = "USD", is_demo: bool = False, by: audit.Actor
) -> Institution:
    """Raises ValidationError naming the fields that are wrong."""
    require(by, "clients.add_institution")
    institution = Institution(name=name, slug=slug, base_currency=base_currency, is_demo=is_demo)
    institution.full_clean()
    with transaction.atomic():
        institution.save()
        _record(by, "institution.create", institution, after=_institution(institution))
    return institution


def change_institution(
    *, institution: Institution, by: audit.Actor, reason: str = "", **fields: Any
) -> Institution:
    """Changes name, base_currency or is_active. Deactivating refuses its keys within 3 s."""
    require(by, "clients.change_institution")
    if unknown := fields.keys() - set(_EDITABLE):
        raise ValueError(f"Not changeable: {sorted(unknown)}")
    with transaction.atomic():
        locked = Institution.objects.select_for_update().get(pk=institution.pk)
        old = _institution(locked)
        for name, value in fields.items():
            setattr(locked, name, value)
        locked.full_clean()
        locked.save(update_fields=list(fields))
        before, after = audit.changes(old, _institution(locked))
        if after:
            _record(by, "institution.change", locked, before=before, after=after, reason=reason)
    transaction.on_commit(forget_cached_keys)
    return locked


def default_tier() -> Tier:
    """The tier of keys that name none, made when it is first asked for."""
    return Tier.objects.get_or_create(
        name=STANDARD_TIER, defaults={"requests_per_minute": STANDARD_RATE}
    )[0]


def save_tier(*, tier: Tier, by: audit.Actor) -> Tier:
    """Stores a new or changed tier; keys of it follow within 3 s."""
    require(by, "clients.change_tier" if tier.pk else "clients.add_tier")
    tier.full_clean()
    with transaction.atomic():
        stored = Tier.objects.select_for_update().filter(pk=tier.pk).first()
        tier.save()
        audit.record(
            actor=by,
            action="tier.change" if stored else "tier.create",
            subject=f"clients.tier:{tier.pk}",
            before=_tier(stored) if stored else None,
            after=_tier(tier),
        )
    transaction.on_commit(forget_cached_keys)
    return tier


def issue_api_key(
    *,
    institution: Institution,
    name: str,
    by: audit.Actor,
    scopes: Iterable[str] = USUAL_SCOPES,
    tier: Tier | None = None,
    expires_at: datetime | None = None,
    text: keys.KeyText | None = None,
) -> tuple[ApiKey, str]:
    """The key and its text. The text exists only in this answer: nobody can show it again.

    `text` where it was chosen elsewhere (`clients.environment_keys`).
    """
    require(by, "clients.manage_apikey")
    if expires_at is not None and expires_at <= clock.now():
        raise ValidationError({"expires_at": "The expiry lies in the past."})
    text = text or keys.generate()
    key = ApiKey(
        institution=institution,
        name=name,
        prefix=text.prefix,
        secret_hash=keys.hash_secret(text.secret),
        scopes=sorted(set(scopes)),
        tier=tier or default_tier(),
        expires_at=expires_at,
        created_by=by if isinstance(by, User) else None,
    )
    key.full_clean()
    with transaction.atomic():
        key.save()
        _record_key(by, "apikey.issue", key, after=key.as_recorded())
    return key, text.plaintext


def revoke_api_key(*, key: ApiKey, by: audit.Actor, reason: str) -> ApiKey:
    """Refuses the key from now on: at once here, within 3 s in other processes. For good."""
    require(by, "clients.manage_apikey")
    if not reason.strip():
        raise ValidationError({"reason": "Say why the key is revoked."})
    with transaction.atomic():
        locked = ApiKey.objects.select_for_update().get(pk=key.pk)
        if locked.revoked_at is not None:
            raise Conflict("The key is revoked already.", type="revoked-already")
        locked.revoked_at = clock.now()
        locked.save(update_fields=["revoked_at"])
        _record_key(
            by, "apikey.revoke", locked, after={"revoked_at": locked.revoked_at}, reason=reason
        )
    transaction.on_commit(forget_cached_keys)
    return locked


def grant_scope(*, user: User, institution: Institution, by: audit.Actor) -> StaffScope:
    """Lets the person see the institution's data. Repeating it changes nothing."""
    require(by, "clients.add_staffscope")
    with transaction.atomic():
        scope, created = StaffScope.objects.get_or_create(user=user, institution=institution)
        if created:
            _record(by, "staff.grant", institution, after={"user": user.pk})
    return scope


def withdraw_scope(*, scope: StaffScope, by: audit.Actor) -> None:
    require(by, "clients.delete_staffscope")
    with transaction.atomic():
        _record(by, "staff.withdraw", scope.institution, before={"user": scope.user_id})
        scope.delete()


def _institution(institution: Institution) -> dict[str, Any]:
    return {name: getattr(institution, name) for name in (*_EDITABLE, "slug")}


def _tier(tier: Tier) -> dict[str, Any]:
    return {"name": tier.name, "requests_per_minute": tier.requests_per_minute}


def _record(by: audit.Actor, action: str, institution: Institution, **values: Any) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"clients.institution:{institution.slug}",
        institution_id=institution.pk,
        **values,
    )


def _record_key(by: audit.Actor, action: str, key: ApiKey, **values: Any) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"clients.apikey:{key.prefix}",
        institution_id=key.institution_id,
        **values,
    )
