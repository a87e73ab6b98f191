"""How each sealed model moves to the current key; `manage.py rekey` walks them."""

from functools import partial

from features.identifiers import PURPOSES, normal_form
from foundation.crypto import hash_versions, keyed_hash, seal, unseal
from foundation.rekey import register_sealed_model
from transactions.models import Card, Customer, Device, Identified, Transaction
from transactions.sealing import (
    identity_context,
    open_reference,
    open_request,
    transaction_context,
)

_HASHED = {"email_hash": "email", "phone_hash": "phone", "ip_hash": "ip_address"}


def rekey_identity(row: Identified, *, kind: str) -> tuple[str, ...]:
    """The reference hashed and sealed under the current key."""
    reference = open_reference(row)
    row.reference_hash = keyed_hash(reference, purpose=kind)
    context = identity_context(kind, row.institution_id, row.reference_hash)
    row.reference_sealed = seal(reference.encode(), context=context)
    row.hash_version = hash_versions()[0]
    return "reference_hash", "reference_sealed", "hash_version"


def rekey_transaction(row: Transaction) -> tuple[str, ...]:
    """The request sealed, and the hashes for look-up made, under the current key.

    The decision's vector is not touched: it keeps the hashes, and the hash version, it had.
    """
    identifiers = open_request(row)["identifiers"]
    for column, name in _HASHED.items():
        form = normal_form(name, identifiers[name]) if name in identifiers else None
        digest = None if form is None else keyed_hash(form, purpose=PURPOSES[name])
        setattr(row, column, digest)
    context = transaction_context(row.pk)
    row.sealed = seal(unseal(row.sealed, context=context), context=context)
    row.hash_version = hash_versions()[0]
    return *_HASHED, "sealed", "hash_version"


for _model in (Customer, Device, Card):
    register_sealed_model(_model, partial(rekey_identity, kind=str(_model._meta.model_name)))
register_sealed_model(Transaction, rekey_transaction)
