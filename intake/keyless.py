"""Callers without a key, for a format whose clients never had one: the operator names whose they
are. Whoever reaches such an address may then call it in that institution's name.
"""

import time
from dataclasses import replace
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from clients.authentication import (
    CACHE_SECONDS,
    Client,
    digest_of,
    recall,
    remember_client,
    remember_refusal,
    tier_of,
)
from clients.errors import InstitutionInactive, KeyMissing
from clients.models import Institution, Scope
from clients.services import default_tier
from foundation.addresses import client_address, network_of
from foundation.crypto import keyed_hash

SCOPES: Final = frozenset({Scope.SCORE.value, Scope.READ.value})
NO_KEY: Final = 0


def keyless_client(request: HttpRequest) -> Client:
    """The client of SENTINEL_KEYLESS_INSTITUTION, in the standard tier, counted by the network that
    calls (a hash of it: no address reaches Redis).

    Raises KeyMissing when keyless calls are off or the institution does not exist, and
    InstitutionInactive. Takes a query every three seconds.
    """
    slug = settings.SENTINEL_KEYLESS_INSTITUTION
    if not slug:
        raise KeyMissing
    network = keyed_hash(network_of(client_address(request)), purpose="ip").hex()
    return replace(_client_of(slug), throttled_as=f"keyless:{network}")


def _client_of(slug: str) -> Client:
    digest = digest_of(f"keyless:{slug}")
    now = time.monotonic()
    if known := recall(digest, now):
        return known
    institution = Institution.objects.filter(slug=slug).first()
    if institution is None or not institution.is_active:
        refusal = KeyMissing if institution is None else InstitutionInactive
        remember_refusal(digest, now, refusal)
        raise refusal
    client = Client(
        institution_id=institution.pk,
        institution_slug=institution.slug,
        base_currency=institution.base_currency,
        key_id=NO_KEY,
        scopes=SCOPES,
        tier=tier_of(default_tier()),
        throttled_as="",
    )
    remember_client(digest, now + CACHE_SECONDS, client)
    return client
