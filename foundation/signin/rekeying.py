"""Moves the secrets of authenticators to the current key."""

from collections.abc import Iterable

from foundation.rekey import register_sealed_model
from foundation.signin.models import Authenticator, seal_secret


def rekey_authenticator(row: Authenticator) -> Iterable[str]:
    row.secret_sealed = seal_secret(row.user_id, row.secret)
    return ("secret_sealed",)


register_sealed_model(Authenticator, rekey_authenticator)
