"""Changes to endpoints, secrets and deliveries. Permission and audit live here."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone as clock

from clients.models import Institution
from clients.webhooks import emitting
from clients.webhooks.models import WebhookDelivery, WebhookEndpoint, usual_events
from clients.webhooks.sealing import seal_url, secret_of, url_of
from clients.webhooks.secrets import (
    LONGEST_OVERLAP,
    OVERLAP,
    Owner,
    add_secret,
    current_default_secret,
    current_secret,
    owner_of,
    replace_secret,
)
from clients.webhooks.signing import new_secret, secret_fault
from clients.webhooks.targets import literal_fault, origin_of, url_fault
from foundation import audit
from foundation.errors import Conflict
from foundation.ids import uuid7
from foundation.permissions import require

MANAGE: Final = "clients.manage_webhookendpoint"
MOST_ENDPOINTS: Final = 20
"""Registered ones of an institution: each multiplies what is sent."""


def add_endpoint(
    *,
    institution: Institution,
    name: str,
    url: str,
    by: audit.Actor,
    events: Iterable[str] | None = None,
    secret: str = "",
) -> WebhookEndpoint:
    """A new endpoint; without a secret of the client's own, one is made.

    Raises ValidationError naming the fields that are wrong, Conflict when there are too many.
    """
    require(by, MANAGE)
    pk = uuid7()
    endpoint = WebhookEndpoint(id=pk, institution=institution, name=name)
    _set_url(endpoint, url)
    _set_events(endpoint, usual_events() if events is None else events)
    if secret and (fault := secret_fault(secret)):
        raise ValidationError({"secret": f"The secret {fault}."})
    endpoint.full_clean()
    with transaction.atomic():
        Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
        if _registered(institution).count() >= MOST_ENDPOINTS:
            raise Conflict(
                f"{MOST_ENDPOINTS} endpoints are the most; remove one first.", type="too-many"
            )
        endpoint.save()
        add_secret(owner_of(endpoint), secret or new_secret())
        _record(by, "webhook.create", endpoint, after=_told(endpoint))
    return endpoint


def change_endpoint(
    *, endpoint: WebhookEndpoint, by: audit.Actor, **fields: Any
) -> WebhookEndpoint:
    """Changes name, url, events or state (active, paused). What waits goes to the new URL."""
    require(by, MANAGE)
    if unknown := fields.keys() - {"name", "url", "events", "state"}:
        raise ValueError(f"Not changeable: {sorted(unknown)}")
    with transaction.atomic():
        locked = _locked(endpoint)
        old, moved = _told(locked), False
        if "url" in fields:
            moved = fields["url"] != url_of(locked)
            _set_url(locked, fields["url"])
            if moved:  # another server deserves a fresh start
                locked.failures, locked.open_until = 0, None
        if "events" in fields:
            _set_events(locked, fields["events"])
        locked.name = fields.get("name", locked.name)
        locked.state = fields.get("state", locked.state)
        if locked.state == WebhookEndpoint.State.REMOVED:
            raise ValidationError({"state": "The state must be active or paused."})
        locked.full_clean()
        locked.save()
        before, after = audit.changes(old, _told(locked))
        if moved:
            after["url"] = "changed"
        if after:
            _record(by, "webhook.change", locked, before=before, after=after)
    transaction.on_commit(emitting.wake)
    return locked


def remove_endpoint(*, endpoint: WebhookEndpoint, by: audit.Actor, reason: str = "") -> int:
    """Ends it for good and gives up what waits for it; how many deliveries. The log stays."""
    require(by, MANAGE)
    with transaction.atomic():
        locked = _locked(endpoint)
        locked.state = WebhookEndpoint.State.REMOVED
        locked.save(update_fields=["state"])
        waiting = WebhookDelivery.objects.filter(
            endpoint=locked, state=WebhookDelivery.State.PENDING
        )
        count = waiting.update(
            state=WebhookDelivery.State.DEAD,
            settled_at=clock.now(),
            claim=None,
            last_fault="the endpoint was removed",
        )
        _record(by, "webhook.remove", locked, after={"given_up": count}, reason=reason)
    return count


def send_test(*, endpoint: WebhookEndpoint, by: audit.Actor) -> WebhookDelivery:
    """A made-up event for this endpoint, whatever its filter; refused while it is paused."""
    require(by, MANAGE)
    if endpoint.state != WebhookEndpoint.State.ACTIVE:
        raise Conflict("The endpoint is not active.", type="endpoint-not-active")
    if endpoint.kind != WebhookEndpoint.Kind.STANDING:
        raise Conflict("Requests name its URLs: there is none to send to.", type="no-url")
    with transaction.atomic():
        delivery = emitting.emit_test(endpoint, {"message": "This is a test."})
        _record(by, "webhook.test", endpoint, after={"event_id": delivery.event_id})
    return delivery


def close_circuit(*, endpoint: WebhookEndpoint, by: audit.Actor) -> WebhookEndpoint:
    """Sends to it again at once, as if it had not failed; it opens anew if it fails on."""
    require(by, MANAGE)
    with transaction.atomic():
        locked = _locked(endpoint)
        before = {"failures": locked.failures, "open_until": locked.open_until}
        locked.failures, locked.open_until = 0, None
        locked.save(update_fields=["failures", "open_until"])
        _record(by, "webhook.close_circuit", locked, before=before)
    transaction.on_commit(emitting.wake)
    return locked


# -- secrets --------------------------------------------------------------------------------------


def reveal_secret(
    *, institution: Institution, endpoint: WebhookEndpoint | None = None, by: audit.Actor
) -> str:
    """The current secret in clear: the endpoint's, or the institution's default. Audited."""
    require(by, MANAGE)
    owner = _owner(institution, endpoint)
    with transaction.atomic():
        row = current_default_secret(owner[0]) if owner[1] is None else current_secret(owner)
        _record_secret(by, "webhook.reveal_secret", institution, owner)
    return secret_of(row)


def rotate_secret(
    *,
    institution: Institution,
    endpoint: WebhookEndpoint | None = None,
    by: audit.Actor,
    secret: str = "",
    overlap: timedelta = OVERLAP,
    reason: str = "",
) -> str:
    """A new secret beside the one before, which stays valid for `overlap` (none: ends now).

    One that was still valid from an earlier rotation ends: no more than two are ever valid.
    """
    require(by, MANAGE)
    if secret and (fault := secret_fault(secret)):
        raise ValidationError({"secret": f"The secret {fault}."})
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        most = LONGEST_OVERLAP // timedelta(hours=1)
        raise ValidationError({"overlap_hours": f"The overlap must be 0 to {most} hours."})
    owner = _owner(institution, endpoint)
    chosen = secret or new_secret()
    with transaction.atomic():
        replace_secret(owner, chosen, overlap)
        _record_secret(
            by,
            "webhook.rotate_secret",
            institution,
            owner,
            after={"overlap_seconds": int(overlap.total_seconds())},
            reason=reason,
        )
    return chosen


def _owner(institution: Institution, endpoint: WebhookEndpoint | None) -> Owner:
    return owner_of(endpoint) if endpoint else (institution.pk, None)


# -- shared ---------------------------------------------------------------------------------------


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.select_for_update(of=("self",), no_key=True)
    locked = rows.select_related("institution").get(pk=endpoint.pk)
    if locked.state == WebhookEndpoint.State.REMOVED:
        raise Conflict("The endpoint was removed.", type="endpoint-removed")
    return locked


def _registered(institution: Institution) -> Any:
    return WebhookEndpoint.objects.filter(
        institution=institution, kind=WebhookEndpoint.Kind.STANDING
    ).exclude(state=WebhookEndpoint.State.REMOVED)


def _set_url(endpoint: WebhookEndpoint, url: str) -> None:
    if endpoint.kind != WebhookEndpoint.Kind.STANDING:
        raise ValidationError({"url": "Requests name its URLs."})
    fault = url_fault(url) or literal_fault(url, loopback_allowed=settings.DEMO)
    if fault:
        raise ValidationError({"url": f"The URL {fault}."})
    endpoint.origin = origin_of(url)
    endpoint.url_sealed = seal_url(WebhookEndpoint, endpoint.pk, url)


def _set_events(endpoint: WebhookEndpoint, events: Iterable[str]) -> None:
    endpoint.events = sorted(set(events))
    if not endpoint.events:
        raise ValidationError({"events": "Name at least one event."})


def _told(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """What the audit trail keeps of an endpoint: the server, not the path, which may hold keys."""
    return {
        "name": endpoint.name,
        "server": endpoint.origin,
        "events": list(endpoint.events),
        "state": str(endpoint.state),
    }


def _record(by: audit.Actor, action: str, endpoint: WebhookEndpoint, **values: Any) -> None:
    audit.record(
        actor=by,
        action=action,
        subject=f"clients.webhookendpoint:{endpoint.pk}",
        institution_id=endpoint.institution_id,
        **values,
    )


def _record_secret(
    by: audit.Actor, action: str, institution: Institution, owner: Owner, **values: Any
) -> None:
    name = f"clients.webhookendpoint:{owner[1]}" if owner[1] else None
    audit.record(
        actor=by,
        action=action,
        subject=name or f"clients.institution:{institution.slug}",
        institution_id=institution.pk,
        **values,
    )
