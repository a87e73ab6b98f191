"""The transaction itself: amount, time and kind."""

from features.computations import authentication, merchants, numbers, places, times
from features.declaring import PROFILE, Section
from features.windows.declaring import Windowed

_ = Section("transaction")

FEATURES = (
    _.money(
        "amount",
        "How much is moved. Zero is allowed: cards are checked by transactions of nothing.",
    ),
    _.text(
        "currency",
        "The currency of the amount (ISO 4217).",
        unit="currency code",
        reading="upper",
        max_length=10,
    ),
    _.text(
        "account_currency",
        "The currency in which the customer's account is kept.",
        unit="currency code",
        reading="upper",
        max_length=10,
    ),
    _.boolean(
        "currency_mismatch",
        "Whether the transaction is in another currency than the customer's account.",
        compute=places.differ,
        computed_from=("currency", "account_currency"),
    ),
    _.word(
        "transaction_type",
        "What kind of transaction it is, such as transfer, purchase or withdrawal.",
    ),
    _.word("industry", "The vertical in which the client acts.", max_length=50),
    _.word(
        "transaction_channel", "How the transaction was made, such as web, app, pos, atm or ussd."
    ),
    _.word(
        "entry_mode", "How the card was read, such as chip, contactless, swipe, keyed or online."
    ),
    # Time
    _.moment("occurred_at", "When the transaction took place."),
    _.number(
        "hour",
        "The hour on the customer's clock.",
        0,
        23,
        unit="hour 0..23",
        source="computed",
        compute=times.local_hour,
        computed_from=("own_time", "timezone_offset"),
    ),
    _.number(
        "weekday",
        "The day on the customer's calendar, Monday 0 to Sunday 6.",
        0,
        6,
        unit="day 0..6",
        source="computed",
        compute=times.local_weekday,
        computed_from=("own_time", "timezone_offset"),
    ),
    _.boolean(
        "is_weekend",
        "Whether it is Saturday or Sunday on the customer's calendar.",
        source="computed",
        compute=times.is_weekend,
        computed_from=("weekday",),
    ),
    # Amount against habit
    _.number(
        "amount_zscore",
        "How many of the customer's standard deviations the amount lies above their average.",
        -1e6,
        1e6,
        unit="standard deviations",
        compute=numbers.deviation,
        computed_from=("amount", "avg_transaction_amount", "transaction_amount_stddev"),
    ),
    _.multiple(
        "amount_vs_average",
        "The amount as a multiple of the customer's average.",
        1e12,
        compute=numbers.ratio,
        computed_from=("amount", "avg_transaction_amount"),
    ),
    _.multiple(
        "amount_vs_max_ever",
        "The amount as a multiple of the customer's highest so far.",
        1e12,
        compute=numbers.ratio,
        computed_from=("amount", "max_transaction_amount"),
    ),
    _.boolean(
        "is_round_amount",
        "Whether the amount is whole, without a fraction.",
        compute=numbers.is_whole,
        computed_from=("amount",),
    ),
    _.boolean(
        "duplicate_amount_24h",
        "Whether the customer made the same amount before within 24 hours.",
        windowed=Windowed(entity="customer", window="24h", aggregate="repeated", of="amount"),
    ),
    _.boolean(
        "duplicate_merchant_24h",
        "Whether the customer paid the same merchant before within 24 hours.",
        windowed=Windowed(entity="customer", window="24h", aggregate="repeated", of="merchant"),
    ),
    _.boolean(
        "payment_repeated_by_customer",
        "Whether the customer made the same amount to the same payee before within 10 minutes.",
        windowed=Windowed(entity="customer", window="10m", aggregate="repeated", of="payment"),
    ),
    _.boolean(
        "payment_repeated_by_card",
        "Whether the card made the same amount to the same payee before within 10 minutes.",
        windowed=Windowed(entity="card", window="10m", aggregate="repeated", of="payment"),
    ),
    _.boolean(
        "duplicate_transaction_found",
        "Whether the same customer or card made the same amount to the same payee minutes ago.",
        compute=numbers.any_true,
        optional=("payment_repeated_by_customer", "payment_repeated_by_card"),
    ),
    _.seconds(
        "time_since_last_txn_same_merchant",
        "How long ago the customer last paid this merchant; as far as we saw, within 30 days.",
        windowed=Windowed(entity="customer", window="30d", aggregate="since", of="merchant"),
    ),
    # Kind
    _.word(
        "transaction_direction",
        "Whether the money comes in to the customer or goes out.",
        choices=("in", "out"),
        compute=merchants.direction,
        computed_from=("transaction_type",),
    ),
    _.boolean(
        "is_subscription",
        "Whether it pays for a subscription.",
        compute=merchants.is_subscription_kind,
        computed_from=("transaction_type",),
    ),
    _.number(
        "subscription_frequency",
        "How often the subscription is paid.",
        0,
        1000,
        unit="payments in 30 days",
        compute=merchants.subscription_payments,
        computed_from=("is_subscription", "merchant_user_history"),
    ),
    _.boolean("is_recurring_payment", "Whether it is one of a series of agreed payments."),
    _.boolean(
        "recurring_amount_changed", "Whether a recurring payment differs from its usual amount."
    ),
    _.boolean(
        "transaction_is_refund",
        "Whether it pays money back.",
        compute=merchants.is_refund,
        computed_from=("transaction_type",),
    ),
    _.seconds(
        "time_since_same_payment",
        "How long ago the customer last moved the same amount with the payee, within 24 hours.",
        windowed=Windowed(entity="customer", window="24h", aggregate="since", of="payment"),
    ),
    _.hours(
        "original_purchase_hours_ago",
        "How long ago the purchase was which is now refunded; as far as we saw, within 24 hours.",
        compute=times.hours_of_refund,
        computed_from=("time_since_same_payment", "transaction_is_refund"),
    ),
    _.boolean(
        "is_cash_advance",
        "Whether cash is drawn on credit.",
        compute=merchants.is_cash_advance,
        computed_from=("merchant_category_code", "card_debit"),
    ),
    _.boolean("cash_advance_fee_high", "Whether the cash advance costs an unusually high fee."),
    _.boolean(
        "is_forex",
        "Whether currency is exchanged.",
        compute=merchants.is_exchange,
        computed_from=("transaction_type",),
    ),
    _.boolean(
        "is_gambling",
        "Whether it pays for gambling (merchant category code beginning 79).",
        also_in=("merchant",),
        compute=merchants.is_gambling_mcc,
        computed_from=("merchant_category_code",),
    ),
    _.boolean(
        "transaction_is_money_transfer",
        "Whether it pays a money transfer service (merchant category code 4829).",
        compute=merchants.is_money_transfer_mcc,
        computed_from=("merchant_category_code",),
    ),
    _.boolean(
        "international_transaction",
        "Whether card and merchant are in different countries.",
        compute=places.differ,
        computed_from=("card_country", "merchant_country"),
    ),
    _.points(
        "auth_method_risk",
        "How weak the way is in which the customer was authenticated; higher is worse.",
        compute=authentication.risk,
        optional=("mfa_method", "biometric_verified", "card_3ds_authenticated", "mfa_disabled"),
    ),
    # The merchant's side of it
    _.text(
        "merchant_category_code",
        "The merchant's category (ISO 18245), four digits.",
        unit="code",
        also_in=("merchant",),
        max_length=4,
        pattern=r"^[0-9]{4}$",
        example="5411",
        reading="four_digits",
    ),
    _.country("merchant_country", "The country of the merchant.", also_in=("merchant",)),
    _.boolean(
        "merchant_high_risk",
        "Whether the merchant's category is risky (code beginning 79, 75 or 78).",
        also_in=("merchant",),
        compute=merchants.is_high_risk_mcc,
        computed_from=("merchant_category_code",),
    ),
    _.boolean(
        "merchant_is_new",
        "Whether the customer never paid this merchant before; where no profile tells, not within "
        "30 days.",
        also_in=("merchant",),
        gathered_from=PROFILE,
        compute=numbers.negation,
        computed_from=("merchant_paid_30d",),
    ),
    _.boolean(
        "merchant_category_matches_user",
        "Whether the merchant's category is among those in which the customer usually buys.",
        compute=merchants.is_among,
        computed_from=("current_merchant_category", "usual_merchant_categories"),
    ),
    _.boolean(
        "merchant_mcc_restricted",
        "Whether the client does not allow the merchant's category.",
        also_in=("merchant",),
    ),
)
