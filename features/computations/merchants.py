"""What a merchant's code, a card's kind or a transaction's type implies, by editable tables."""

HIGH_RISK_MCC_PREFIXES = ("79", "75", "78")
GAMBLING_MCC_PREFIX = "79"
PAWN_SHOP_MCC = frozenset({"5933"})
MONEY_TRANSFER_MCC = frozenset({"4829"})
CASH_MCC = frozenset({"6010", "6011"})
EXCHANGE_TYPES = frozenset({"forex", "fx", "exchange", "currency_exchange"})
CRYPTO_EXCHANGE_TYPES = frozenset({"crypto", "crypto_exchange", "cryptocurrency_exchange"})

# Where the money goes, seen from the customer.
DIRECTIONS = {
    "deposit": "in",
    "cash_in": "in",
    "refund": "in",
    "loan_disbursement": "in",
    "transfer": "out",
    "withdrawal": "out",
    "purchase": "out",
    "payment": "out",
    "cash_out": "out",
    "debit": "out",
}

# Which kinds of card say whether it is a debit card; a debit card may be prepaid or not, a credit
# card is not.
_DEBIT_BY_KIND = {"debit": True, "credit": False, "charge": False}
_PREPAID_BY_KIND = {"prepaid": True, "credit": False, "charge": False}


def is_high_risk_mcc(code: str) -> bool:
    return code.startswith(HIGH_RISK_MCC_PREFIXES)


def is_gambling_mcc(code: str) -> bool:
    return code.startswith(GAMBLING_MCC_PREFIX)


def is_pawn_shop_mcc(code: str) -> bool:
    return code in PAWN_SHOP_MCC


def is_money_transfer_mcc(code: str) -> bool:
    return code in MONEY_TRANSFER_MCC


def is_cash_advance(code: str, debit: bool) -> bool:
    """Whether cash was drawn on credit: at a counter or a machine, and not with a debit card."""
    return code in CASH_MCC and not debit


def is_crypto_exchange(merchant_type: str) -> bool:
    return merchant_type in CRYPTO_EXCHANGE_TYPES


def direction(transaction_type: str) -> str | None:
    return DIRECTIONS.get(transaction_type)


def is_refund(transaction_type: str) -> bool:
    return transaction_type == "refund"


def is_exchange(transaction_type: str) -> bool:
    return transaction_type in EXCHANGE_TYPES


def is_subscription_kind(transaction_type: str) -> bool | None:
    """True or not told: a subscription may be paid by a plain purchase, too."""
    return True if transaction_type == "subscription" else None


def subscription_payments(is_subscription: bool, payments: float) -> float | None:
    return payments if is_subscription else None


def is_debit_kind(card_type: str) -> bool | None:
    return _DEBIT_BY_KIND.get(card_type)


def is_prepaid_kind(card_type: str) -> bool | None:
    return _PREPAID_BY_KIND.get(card_type)


def is_virtual_kind(card_type: str) -> bool | None:
    return True if card_type == "virtual" else None


def is_among(category: str, usual: tuple[str, ...]) -> bool:
    return category in usual
