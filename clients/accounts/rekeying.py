"""How an account's address moves to the current key; `manage.py rekey` walks them."""

from clients.accounts.checking import normal_email
from clients.accounts.models import ClientAccount, email_context
from foundation.crypto import hash_versions, keyed_hash, seal
from foundation.rekey import register_sealed_model


def rekey_account(row: ClientAccount) -> tuple[str, ...]:
    email = row.email
    row.email_hash = keyed_hash(normal_email(email), purpose="account")
    row.email_sealed = seal(email.encode(), context=email_context(row.institution_id))
    row.hash_version = hash_versions()[0]
    return "email_hash", "email_sealed", "hash_version"


register_sealed_model(ClientAccount, rekey_account)
