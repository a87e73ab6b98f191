"""The kinds of fraud that reviewers choose from. Labels may name others: clients have their own."""

from typing import Final

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


def in_words(code: str) -> str:
    """
    >>> in_words("sim_swap"), in_words("their_own_code")
    ('SIM swap', 'their own code')
    """
    return _WORDS.get(code, code.replace("_", " "))
