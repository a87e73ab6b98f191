"""Which client sent a request: API keys, checked with an in-process cache.

A key is read from the database at most every three seconds by each process (one query), so a
revocation takes effect within three seconds everywhere. Between, a check costs about 2 us.
"""

import hmac
import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone as clock

from clients import keys
from clients.errors import InstitutionInactive, KeyExpired, KeyMissing, KeyRevoked, KeyUnknown
from clients.models import STANDARD_TIER, ApiKey, Tier
from foundation.errors import Unauthorized

log = logging.getLogger(__name__)

CACHE_SECONDS = 3.0
_CACHE_ENTRIES = 10_000
_USE_NOTED_EVERY = timedelta(minutes=1)

T = TypeVar("T")
Refusal = type[Unauthorized]


@dataclass(frozen=True, slots=True)
class ClientTier:
    """So many requests in any `window_seconds` (`clients.throttling`)."""

    name: str
    requests: int
    window_seconds: int = 60


@dataclass(frozen=True, slots=True)
class Client:
    """The institution behind a request, and what its key allows. Requests are counted together that
    are `throttled_as` the same."""

    institution_id: int
    institution_slug: str
    base_currency: str
    key_id: int
    scopes: frozenset[str]
    tier: ClientTier
    throttled_as: str

    @property
    def actor(self) -> str:
        """Who acts, on the audit trail."""
        return f"client:{self.institution_slug}"


# Known and refused keys apart, by the key's SHA-256 (the plaintext is not kept in memory): a flood
# of made-up keys fills only its own table. Values: (valid until, on the monotonic clock; outcome).
_known: dict[bytes, tuple[float, Client]] = {}
_refused: dict[bytes, tuple[float, Refusal]] = {}


def authenticate(key_text: str | None) -> Client:
    """The client of this key. Raises one of `clients.errors`, an Unauthorized with its reason."""
    if not key_text:
        raise KeyMissing
    digest = digest_of(key_text)
    now = time.monotonic()
    if known := recall(digest, now):
        return known
    parsed = keys.parse(key_text) or keys.of_environment(key_text, digest)
    if parsed is None:
        raise KeyUnknown
    return _look_up(parsed, digest, now)


def digest_of(secret_text: str) -> bytes:
    """What a key or token is called in the cache."""
    return sha256(secret_text.encode("utf-8", "surrogatepass")).digest()


def recall(digest: bytes, now: float) -> Client | None:
    """What was found out lately. Raises what it was refused with."""
    if (hit := _known.get(digest)) and now < hit[0]:
        return hit[1]
    if (miss := _refused.get(digest)) and now < miss[0]:
        raise miss[1]
    return None


def remember_client(digest: bytes, until: float, client: Client) -> None:
    _remember(_known, digest, (until, client))


def remember_refusal(digest: bytes, now: float, refusal: Refusal) -> None:
    _known.pop(digest, None)
    _remember(_refused, digest, (now + CACHE_SECONDS, refusal))


def forget_cached_keys() -> None:
    """Makes a change take effect at once in this process; others follow within the cache time."""
    _known.clear()
    _refused.clear()


def _look_up(parsed: keys.KeyText, digest: bytes, now: float) -> Client:
    key = ApiKey.objects.select_related("institution", "tier").filter(prefix=parsed.prefix).first()
    refusal = _refusal(key, parsed.secret)
    if refusal is not None or key is None:
        refusal = refusal or KeyUnknown
        remember_refusal(digest, now, refusal)
        raise refusal
    client = _client(key)
    remember_client(digest, now + _trusted_for(key), client)
    _note_use(key)
    return client


def _refusal(key: ApiKey | None, secret: str) -> Refusal | None:
    """Why the key is refused, or None. The secret first: its holder alone learns the state."""
    # Compared even without a row, so that the answer's time doesn't tell a known prefix.
    stored = bytes(key.secret_hash) if key else bytes(32)
    if not hmac.compare_digest(stored, keys.hash_secret(secret)) or key is None:
        return KeyUnknown
    state = key.state(clock.now())
    if state == "revoked":
        return KeyRevoked
    if state == "expired":
        return KeyExpired
    return None if key.institution.is_active else InstitutionInactive


def _client(key: ApiKey) -> Client:
    return Client(
        institution_id=key.institution_id,
        institution_slug=key.institution.slug,
        base_currency=key.institution.base_currency,
        key_id=key.pk,
        scopes=frozenset(key.scopes),
        tier=tier_of(key.tier),
        throttled_as=f"key:{key.pk}",
    )


def tier_of(tier: Tier) -> ClientTier:
    """RATE_LIMIT_REQUESTS and RATE_LIMIT_WINDOW of the environment stand above the standard one."""
    if tier.name == STANDARD_TIER and settings.RATE_LIMIT_REQUESTS:
        return ClientTier(tier.name, settings.RATE_LIMIT_REQUESTS, settings.RATE_LIMIT_WINDOW)
    return ClientTier(tier.name, tier.requests_per_minute)


def _trusted_for(key: ApiKey) -> float:
    """Seconds: the cache time, or less for a key about to expire."""
    if key.expires_at is None:
        return CACHE_SECONDS
    return min(CACHE_SECONDS, (key.expires_at - clock.now()).total_seconds())


def _remember(table: dict[bytes, T], digest: bytes, entry: T) -> None:
    """Bounded: a full table is emptied, which costs one query per key in use."""
    if len(table) >= _CACHE_ENTRIES:
        table.clear()
    table[digest] = entry


def _note_use(key: ApiKey) -> None:
    """Writes `last_used_at` at most once a minute. Losing it must not lose the request."""
    stale = clock.now() - _USE_NOTED_EVERY
    if key.last_used_at is not None and key.last_used_at > stale:
        return
    try:
        unused = Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale)
        ApiKey.objects.filter(unused, pk=key.pk).update(last_used_at=clock.now())
    except DatabaseError:
        log.warning("The last use of a key could not be noted", extra={"key_id": key.pk})
