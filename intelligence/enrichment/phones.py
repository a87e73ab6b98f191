"""What a telephone number tells by itself, from the numbering plans in `phonenumbers`.

Which carrier a number was first given to is not always who serves it now: numbers move.
"""

from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType, carrier

_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


class Phone(NamedTuple):
    """None is missing: an invalid number belongs to no country and no carrier."""

    valid: bool
    country: str | None = None
    kind: str | None = None
    carrier: str | None = None


@lru_cache(maxsize=16_384)
def read_phone(number: str, region: str | None) -> Phone | None:
    """What the number tells; None for one without a country code where `region` is not known.

    `number` in normal form, `region` the country of those who dial without a country code. About
    50 microseconds the first time.

    >>> read_phone("+254712345678", None)
    Phone(valid=True, country='KE', kind='mobile', carrier='safaricom')
    >>> read_phone("+1111111111", None), read_phone("0712345678", None)
    (Phone(valid=False, country=None, kind=None, carrier=None), None)
    """
    if not number.startswith("+") and region not in phonenumbers.SUPPORTED_REGIONS:
        return None
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return Phone(valid=False)
    country = phonenumbers.region_code_for_number(parsed)
    if country is None or not phonenumbers.is_valid_number_for_region(parsed, country):
        return Phone(valid=False)
    return Phone(
        valid=True,
        country=country if country in phonenumbers.SUPPORTED_REGIONS else None,
        kind=_KINDS.get(phonenumbers.number_type(parsed)),
        carrier=carrier.name_for_number(parsed, "en").lower() or None,
    )
