"""Answers about accounts."""

from clients.accounts.checking import normal_email
from clients.accounts.models import ClientAccount
from foundation.crypto import keyed_hashes


def email_hashes(email: str) -> list[bytes]:
    """The address under every key in use."""
    return keyed_hashes(normal_email(email), "account")


def stored_passwords(email: str) -> dict[int, str]:
    """Encoded passwords by account, of all accounts with this address. One query."""
    rows = ClientAccount.objects.filter(email_hash__in=email_hashes(email))
    return dict(rows.values_list("pk", "password"))


def account_of(pk: int) -> ClientAccount:
    """The account, with its institution and tier. One query; raises ClientAccount.DoesNotExist."""
    return ClientAccount.objects.select_related("institution", "tier").get(pk=pk)
