"""How much the customer does at present, and with how many others."""

from features.computations import numbers, times
from features.declaring import LAST_TRANSACTION, PROFILE, Section
from features.windows.declaring import Windowed

_ = Section("behavioral")

_last_hour = _.count(
    "transactions_last_hour",
    "How many transactions the customer made in the hour up to this one, this one among them.",
    windowed=Windowed(entity="customer", window="1h"),
)
_last_day = _.count(
    "transactions_last_day",
    "How many transactions the customer made in the 24 hours up to this one, this one among them.",
    windowed=Windowed(entity="customer", window="24h"),
)
_high_day, _high_week, _high_month = (
    _.count(
        f"high_amounts_{span}",
        f"How many of the customer's amounts in {words} were more than three times the average "
        "that they had until then, this one included.",
        windowed=Windowed(entity="customer", window=window, where="high"),
    )
    for span, window, words in (
        ("last_day", "24h", "24 hours"),
        ("last_week", "7d", "7 days"),
        ("last_month", "30d", "30 days"),
    )
)

FEATURES = (
    # Transactions
    _.count(
        "transactions_last_10_minutes",
        "How many transactions the customer made in 10 minutes, this one among them.",
        windowed=Windowed(entity="customer", window="10m"),
    ),
    _last_hour,
    _last_day,
    _.another_name("velocity_60m", _last_hour),
    _.another_name("velocity_24h", _last_day),
    _.another_name("transaction_count_24h", _last_day),
    _.count(
        "velocity_7d",
        "How many transactions the customer made in 7 days, this one among them.",
        windowed=Windowed(entity="customer", window="7d"),
    ),
    _.count(
        "velocity_30d",
        "How many transactions the customer made in 30 days, this one among them.",
        windowed=Windowed(entity="customer", window="30d"),
    ),
    _.number(
        "velocity_hourly",
        "The customer's transactions an hour, averaged over the last 24 hours.",
        0,
        1e9,
        unit="transactions an hour",
        compute=numbers.per_hour_of_day,
        computed_from=("transactions_last_day",),
    ),
    _.number(
        "transaction_frequency",
        "The customer's transactions a day, averaged over the last 30 days.",
        0,
        1e9,
        unit="transactions a day",
        compute=numbers.per_day_of_month,
        computed_from=("velocity_30d",),
    ),
    _.count(
        "approved_transactions_30d",
        "How many of the customer's transactions were approved in the last 30 days.",
        windowed=Windowed(entity="customer", window="30d", where="approved"),
    ),
    _.count(
        "cash_outs_last_day",
        "How often the customer took out cash in 24 hours, this time included.",
        windowed=Windowed(entity="customer", window="24h", where="cash_out"),
    ),
    _.count(
        "recent_round_amount_transactions",
        "How many of the customer's transactions had whole amounts in 24 hours, this one included.",
        windowed=Windowed(entity="customer", window="24h", where="round"),
    ),
    _high_day,
    _high_week,
    _high_month,
    _.count(
        "recent_small_transactions_count",
        "How many transactions below 10 USD the card made in an hour, or the device if more.",
        compute=numbers.largest,
        optional=("card_small_transactions_1h", "device_small_transactions_1h"),
    ),
    # Amounts
    _.money(
        "amount_last_day",
        "How much the customer moved in 24 hours, this transaction included.",
        windowed=Windowed(entity="customer", window="24h", aggregate="sum"),
    ),
    _.money(
        "amount_last_week",
        "How much the customer moved in 7 days, this transaction included.",
        windowed=Windowed(entity="customer", window="7d", aggregate="sum"),
    ),
    _.money(
        "amount_last_month",
        "How much the customer moved in 30 days, this transaction included.",
        windowed=Windowed(entity="customer", window="30d", aggregate="sum"),
    ),
    _.multiple(
        "amount_vs_day",
        "The amount as a multiple of the customer's average over 24 hours.",
        1e9,
        compute=numbers.against_average,
        computed_from=("amount", "amount_last_day", "transactions_last_day"),
    ),
    _.multiple(
        "amount_vs_week",
        "The amount as a multiple of the customer's average over 7 days.",
        1e9,
        compute=numbers.against_average,
        computed_from=("amount", "amount_last_week", "velocity_7d"),
    ),
    _.multiple(
        "amount_vs_month",
        "The amount as a multiple of the customer's average over 30 days.",
        1e9,
        compute=numbers.against_average,
        computed_from=("amount", "amount_last_month", "velocity_30d"),
    ),
    _.money(
        "average_amount_week",
        "The customer's average amount over 7 days, this transaction included.",
        compute=numbers.ratio,
        computed_from=("amount_last_week", "velocity_7d"),
    ),
    _.money(
        "average_amount_month",
        "The customer's average amount over 30 days, this transaction included.",
        compute=numbers.ratio,
        computed_from=("amount_last_month", "velocity_30d"),
    ),
    _.multiple(
        "amount_week_against_usual",
        "What the customer moved in 7 days as a multiple of a usual week: the average amount, as "
        "often as in 30 days.",
        1e12,
        compute=numbers.week_against_usual,
        computed_from=("amount_last_week", "avg_transaction_amount", "velocity_30d"),
    ),
    # With whom and where
    _.count(
        "merchant_diversity",
        "With how many merchants the customer dealt in 30 days, this one among them.",
        windowed=Windowed(entity="customer", window="30d", aggregate="distinct", of="merchant"),
    ),
    _.count(
        "country_diversity",
        "In how many countries the customer was in 30 days, this one among them.",
        windowed=Windowed(entity="customer", window="30d", aggregate="distinct", of="country"),
    ),
    _.count(
        "beneficiaries_last_day",
        "How many beneficiaries the customer paid in 24 hours, this one among them.",
        windowed=Windowed(entity="customer", window="24h", aggregate="distinct", of="beneficiary"),
    ),
    # Since when
    _.moment(
        "last_transaction_at",
        "When the customer's transaction before this one took place.",
        gathered_from=LAST_TRANSACTION,
    ),
    _.seconds(
        "time_since_last_transaction",
        "How long ago the customer's last transaction was.",
        compute=times.seconds_between,
        computed_from=("last_transaction_at", "occurred_at"),
    ),
    _.minutes(
        "time_since_last_txn_minutes",
        "How many minutes ago the customer's last transaction was.",
        compute=times.in_minutes,
        computed_from=("time_since_last_transaction",),
    ),
    _.hours(
        "hours_since_last_transaction",
        "How many hours ago the customer's last transaction was.",
        compute=times.in_hours,
        computed_from=("time_since_last_transaction",),
    ),
    _.moment(
        "first_transaction_date",
        "When the customer's first transaction took place.",
        gathered_from=PROFILE,
    ),
    _.days(
        "first_purchase_to_now",
        "How long ago the customer's first transaction was.",
        compute=times.days_between,
        computed_from=("first_transaction_date", "occurred_at"),
    ),
)
