"""Enrichment: what telephone number, e-mail address and IP address tell by themselves.

Local libraries and files only, never the network; what was read is remembered, so that most
transactions cost a few microseconds.
"""

from collections.abc import Mapping

from features.computations.contacts import email_domain
from features.framework import Value
from intelligence.enrichment.mails import read_mail
from intelligence.enrichment.phones import read_phone
from intelligence.enrichment.places import has_files, read_place
from intelligence.lookup import TEXTS

__all__ = ["enrich", "texts_to_look_up"]


def enrich(raw: Mapping[str, str], supplied: Mapping[str, Value]) -> dict[str, Value]:
    """Features by name, for `Facts.gathered`; what cannot be told is left out. Never raises.

    `raw` holds the identifiers in normal form. A telephone number without a country code is one of
    the customer's home country.
    """
    found: dict[str, Value] = {}
    if phone := raw.get("phone"):
        home = supplied.get("home_country")
        _add_phone(found, phone, home if isinstance(home, str) else None)
    if email := raw.get("email"):
        _add_mail(found, email)
    if has_files() and (address := raw.get("ip_address")):
        found.update(read_place(address))
    return found


def _add_phone(found: dict[str, Value], number: str, home: str | None) -> None:
    phone = read_phone(number, None if number[0] == "+" else home)
    if phone is None:
        return
    found["phone_valid"] = phone.valid
    if phone.country:
        found["phone_country"] = phone.country
    if phone.kind:
        found["phone_carrier_type"] = phone.kind
    if phone.carrier:
        found["mobile_carrier"] = phone.carrier


def _add_mail(found: dict[str, Value], address: str) -> None:
    mail = read_mail(address)
    if mail is None:
        return
    found["email_is_free"] = mail.is_free
    found["email_is_role_account"] = mail.is_role
    if mail.country:
        found["email_country"] = mail.country


def texts_to_look_up(
    raw: Mapping[str, str], supplied: Mapping[str, Value], gathered: Mapping[str, Value]
) -> dict[str, str]:
    """The texts that `intelligence.lookup.wanted` takes: supplied, else found by `enrich`."""
    texts = {}
    for name in TEXTS:
        value = supplied.get(name, gathered.get(name))
        if isinstance(value, str):
            texts[name] = value
    if "email_domain" not in texts and (email := raw.get("email")):
        domain = email_domain(email)
        if domain:
            texts["email_domain"] = domain
    return texts
