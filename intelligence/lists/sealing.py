"""The value of an entry: sealed and hashed, opened, masked, moved to another key."""

import logging

from foundation.crypto import (
    TamperedValue,
    UnknownKeyVersion,
    keyed_hash,
    seal,
    unseal,
)
from foundation.masking import DOTS
from intelligence.kinds import KINDS, Kind, plain_hash
from intelligence.models import ListEntry

log = logging.getLogger(__name__)


def put_value(entry: ListEntry, kind: Kind, form: str) -> None:
    """Sets the value's columns; the entry has its list and institution. `form` is checked."""
    entry.kind = kind.code
    if not kind.personal:
        entry.value_hash = plain_hash(kind.code, form)
        entry.value_plain = form
        return
    entry.value_hash = keyed_hash(form, purpose=kind.code)
    entry.value_sealed = seal(form.encode(), context=_context(entry))


def open_value(entry: ListEntry) -> str:
    """The value in normal form. Personal data; raises TamperedValue or UnknownKeyVersion."""
    if entry.value_sealed is None:
        return entry.value_plain
    return unseal(entry.value_sealed, context=_context(entry)).decode()


def masked_value(entry: ListEntry) -> str:
    """The value as it may be shown; nothing of one that does not open."""
    try:
        return KINDS[entry.kind].mask(open_value(entry))
    except (UnknownKeyVersion, TamperedValue) as error:
        log.error("list entry %s does not open: %s", entry.pk, type(error).__name__)
        return DOTS


def rekey_entry(entry: ListEntry) -> tuple[str, ...]:
    """The value sealed and hashed under the current key; nothing to do for one in clear."""
    if entry.value_sealed is None:
        return ()
    put_value(entry, KINDS[entry.kind], open_value(entry))
    return "value_hash", "value_sealed"


def _context(entry: ListEntry) -> bytes:
    """Ties the sealed value to list, institution and hash; the row has no number yet."""
    scope = entry.institution_id or "shared"
    digest = bytes(entry.value_hash).hex()
    return f"intelligence.listentry:{entry.list_id}:{scope}:{digest}".encode()
