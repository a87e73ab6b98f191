"""The one look-up: which identifiers and texts of a transaction are on a list, in one index scan.

Wanted hashes are those of the identifiers, under every key in use, and of derived texts; what is
found is told by feature. The answer comes as one column of the caller's own SELECT.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from intelligence.kinds import text_keys

# The texts about which every decision asks, when it knows them. Rules may name further ones.
TEXTS = ("email_domain", "mobile_carrier", "isp_name", "gpu_info", "card_bin")
DISPOSABLE = "disposable_domains"

# The inner SELECT hides how long the array is: told that, PostgreSQL thinks short ones are worth a
# plan of their own, and plans the whole statement anew each time.
_SELECT = (
    "(SELECT json_agg(json_build_array(encode(value_hash, 'hex'), list_name, effect, reason)) "
    "FROM intelligence_listentry "
    "WHERE value_hash = ANY((SELECT %s::bytea[])::bytea[]) AND ended_at IS NULL "
    "AND (institution_id IS NULL OR institution_id = %s) "
    "AND (expires_at IS NULL OR expires_at > now()))"
)


class Wanted(NamedTuple):
    """The hashes in hexadecimal, each with the features that have it."""

    features: Mapping[str, tuple[str, ...]]


class Listing(NamedTuple):
    """One feature whose value is on a list; `effect` is empty where only rules decide."""

    feature: str
    list_name: str
    effect: str
    reason: str


def wanted(*, hashes: Mapping[str, Sequence[bytes]], texts: Mapping[str, str]) -> Wanted:
    """What to look up.

    `hashes` by identifier feature: its keyed hashes under every key version in use. `texts` by
    text feature: those of `TEXTS`, and others that rules ask for.
    """
    features: dict[str, tuple[str, ...]] = {}
    for name, digests in hashes.items():
        for digest in digests:
            _note(features, digest.hex(), name)
    for name, text in texts.items():
        for key in text_keys(name, text):
            _note(features, key, name)
    return Wanted(features)


def _note(features: dict[str, tuple[str, ...]], key: str, name: str) -> None:
    others = features.get(key)
    features[key] = (name,) if others is None else (*others, name)


def select(wanted: Wanted, institution_id: int, params: list[Any]) -> str:
    """A scalar sub-select of the entries in force, its values appended to `params`.

    Its text is always the same, however many hashes there are, so that it is prepared once.
    """
    if not wanted.features:
        return "NULL"
    keys = '","\\\\x'.join(wanted.features)
    params += ['{"\\\\x' + keys + '"}', institution_id]
    return _SELECT


def read(column: Any, wanted: Wanted) -> tuple[Listing, ...]:
    """The column's value as listings, one for each feature and entry, without an order."""
    if not column:
        return ()
    rows = json.loads(column) if isinstance(column, str) else column
    return tuple(
        Listing(feature, list_name, effect, reason)
        for key, list_name, effect, reason in rows
        for feature in wanted.features.get(key, ())
    )


def pairs(listings: Iterable[Listing]) -> frozenset[tuple[str, str]]:
    """What `listed(feature, "list_name")` asks."""
    return frozenset((listing.feature, listing.list_name) for listing in listings)


def features_found(listings: Iterable[Listing], texts: Mapping[str, str]) -> dict[str, bool]:
    """What models may know of the listings, for `Facts.gathered`; `texts` as they were asked."""
    if "email_domain" not in texts:
        return {}
    return {"email_is_disposable": ("email_domain", DISPOSABLE) in pairs(listings)}
