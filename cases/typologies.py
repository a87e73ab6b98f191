"""The kinds of fraud that reviewers choose from, and those that the rules point to.

Labels may name others: clients have their own.
"""

from collections.abc import Iterable, Mapping
from math import prod
from typing import Any, Final

TYPOLOGIES: Final[tuple[tuple[str, str], ...]] = (
    ("account_takeover", "account takeover"),
    ("agent_float_cycling", "agent float cycling"),
    ("bonus_abuse", "bonus abuse"),
    ("bust_out", "bust-out"),
    ("card_testing", "card testing"),
    ("collusive_merchant", "collusive merchant"),
    ("friendly_fraud", "friendly fraud"),
    ("investment_scam", "investment scam"),
    ("loan_stacking", "loan stacking"),
    ("mule_fan_in", "mule account, collecting"),
    ("mule_fan_out", "mule account, passing on"),
    ("payee_manipulation", "payee manipulation"),
    ("refund_abuse", "refund abuse"),
    ("seller_scam", "seller scam"),
    ("sim_swap", "SIM swap"),
    ("stolen_card", "stolen card"),
    ("structuring", "structuring"),
    ("synthetic_identity", "synthetic identity"),
    ("triangulation", "triangulation"),
    ("other", "other"),
)
"""Code as stored on labels, and the words for it."""

_WORDS: Final = dict(TYPOLOGIES)


def is_typology(code: str) -> bool:
    """Whether it is one of those that reviewers choose from."""
    return code in _WORDS


def in_words(code: str) -> str:
    """
    >>> in_words("sim_swap"), in_words("their_own_code")
    ('SIM swap', 'their own code')
    """
    return _WORDS.get(code, code.replace("_", " "))


POINTS_TO: Final[Mapping[str, str]] = {
    # By rule, where rules of one family tell kinds apart:
    "payee_fan_in": "mule_fan_in",
    "payee_fan_out": "mule_fan_out",
    "rising_payments": "investment_scam",
    # By family:
    "account_enumeration": "account_takeover",
    "agent_float": "agent_float_cycling",
    "authorised_scam": "payee_manipulation",
    "card_previously_declined": "card_testing",
    "chargeback_history": "friendly_fraud",
    "device_change": "account_takeover",
    "failed_logins": "account_takeover",
    "identity_theft_alerts": "synthetic_identity",
    "multiple_cards": "stolen_card",
    "password_changed_recently": "account_takeover",
    "quick_refund": "refund_abuse",
    "screen_recording": "account_takeover",
    "seller_velocity": "seller_scam",
    "takeover_chain": "account_takeover",
}
"""The kind that a rule speaks for, by its code or family. A family named as a kind, such as
card_testing, speaks for that kind, so an institution's own rules can do so as well. Most rules
(amounts, places, anonymity) speak for none."""

POINTS_ENOUGH: Final = 0.3


def suspected_of(hits: Iterable[Mapping[str, Any]]) -> str:
    """The kind that the rules which fired on a transaction point to most; empty when they point to
    none with POINTS_ENOUGH.

    Certainties join as in the rule score, 1 - product(1 - worth), the strongest of a family alone.

    >>> suspected_of([{"code": "sim_swap_payout", "family": "sim_swap", "worth": 0.64}])
    'sim_swap'
    >>> suspected_of([{"code": "high_amount", "family": "high_amount", "worth": 0.9}])
    ''
    """
    families: dict[str, dict[str, float]] = {}
    for hit in hits:
        kind = _points_to(hit["code"], hit["family"])
        if kind:
            found = families.setdefault(kind, {})
            found[hit["family"]] = max(found.get(hit["family"], 0.0), hit["worth"])
    doubts = {kind: prod(1 - worth for worth in found.values()) for kind, found in families.items()}
    surest = min(doubts, key=lambda kind: (doubts[kind], kind), default="")
    return surest if surest and 1 - doubts[surest] >= POINTS_ENOUGH else ""


def _points_to(code: str, family: str) -> str:
    return POINTS_TO.get(code) or POINTS_TO.get(family) or (family if family in _WORDS else "")
