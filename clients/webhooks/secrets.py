"""Secrets: the current one, and for a while after a rotation the one before it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone as clock

from clients.models import Institution
from clients.webhooks.models import WebhookEndpoint, WebhookSecret
from clients.webhooks.sealing import seal_secret, secret_of
from clients.webhooks.signing import new_secret
from foundation.ids import uuid7

OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=7)

Owner = tuple[int, UUID | None]
"""Institution and endpoint; without endpoint: the institution's default."""


def owner_of(endpoint: WebhookEndpoint) -> Owner:
    named = endpoint.kind == WebhookEndpoint.Kind.PER_REQUEST
    return endpoint.institution_id, None if named else endpoint.pk


def add_secret(owner: Owner, secret: str) -> WebhookSecret:
    pk = uuid7()
    return WebhookSecret.objects.create(
        id=pk, institution_id=owner[0], endpoint_id=owner[1], sealed=seal_secret(pk, secret)
    )


def current_secret(owner: Owner) -> WebhookSecret:
    return _rows([owner]).get(expires_at=None)


def current_default_secret(institution_id: int) -> WebhookSecret:
    """The institution's default secret, made when it is first needed."""
    owner = (institution_id, None)
    found = _rows([owner]).filter(expires_at=None).first()
    if found is not None:
        return found
    with transaction.atomic():
        _lock(institution_id)
        return _rows([owner]).filter(expires_at=None).first() or add_secret(owner, new_secret())


def valid_secrets(owners: Iterable[Owner], now: datetime) -> dict[Owner, list[str]]:
    """Secrets in force by owner, oldest first; one query."""
    found: dict[Owner, list[str]] = {}
    wanted = list(owners)
    in_force = Q(expires_at=None) | Q(expires_at__gt=now)
    for row in _rows(wanted).filter(in_force).order_by("pk") if wanted else ():
        found.setdefault((row.institution_id, row.endpoint_id), []).append(secret_of(row))
    return found


@transaction.atomic
def replace_secret(owner: Owner, secret: str, overlap: timedelta) -> WebhookSecret:
    """The new one; the one before stays valid for `overlap`, and older ones end now.

    The institution is locked, so that two rotations at once become one after the other.
    """
    _lock(owner[0])
    now = clock.now()
    _rows([owner]).filter(expires_at__gt=now).update(expires_at=now)
    _rows([owner]).filter(expires_at=None).update(expires_at=now + overlap)
    return add_secret(owner, secret)


def _lock(institution_id: int) -> None:
    Institution.objects.select_for_update(no_key=True).get(pk=institution_id)


def _rows(owners: Iterable[Owner]) -> QuerySet[WebhookSecret]:
    wanted = Q()
    for institution_id, endpoint_id in owners:
        wanted |= Q(institution_id=institution_id, endpoint_id=endpoint_id)
    return WebhookSecret.objects.filter(wanted)
