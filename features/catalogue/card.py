"""The card that the transaction was made with."""

from features.computations import merchants, numbers
from features.declaring import FIRST_SIGHT, Section

_ = Section("transaction")

FEATURES = (
    _.word("card_type", "What kind of card it is, such as credit, debit, prepaid or virtual."),
    _.days(
        "card_age_days",
        "How long the card has been known; as far as we saw, since its first transaction, and "
        "missing at that one.",
        gathered_from=FIRST_SIGHT,
    ),
    _.country("card_country", "The country in which the card was issued."),
    _.text("card_issuer_bank", "The bank that issued the card."),
    _.word(
        "card_bin_risk_level",
        "The risk of the card's BIN in a word: low, medium, high or critical.",
        compute=numbers.risk_level,
        computed_from=("card_bin_risk",),
    ),
    _.boolean(
        "card_prepaid",
        "Whether the card is a prepaid one.",
        also_in=("funding",),
        compute=merchants.is_prepaid_kind,
        computed_from=("card_type",),
    ),
    _.boolean(
        "card_virtual",
        "Whether the card exists only as a number.",
        also_in=("funding",),
        compute=merchants.is_virtual_kind,
        computed_from=("card_type",),
    ),
    _.boolean(
        "card_debit",
        "Whether the card is a debit card.",
        compute=merchants.is_debit_kind,
        computed_from=("card_type",),
    ),
)
