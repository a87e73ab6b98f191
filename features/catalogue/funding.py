"""Where the money comes from: cards, bank accounts and balances."""

from features.computations import numbers, times
from features.declaring import LABELS, Section
from features.windows.declaring import Windowed

_ = Section("funding")

FEATURES = (
    _.identifier("card_token", "The card, under the client's token; never its number.", "card"),
    _.identifier(
        "bank_account_id", "The bank account, under the client's own number.", "bank_account"
    ),
    _.text(
        "card_bin",
        "The first six to eight digits of the card's number, which name its issuer.",
        max_length=8,
        pattern=r"^[0-9]{6,8}$",
        example="457173",
    ),
    _.points(
        "card_bin_risk",
        "How risky cards of this BIN are: where nobody says, 10 for each percent of fraud.",
        compute=numbers.risk_of_rate,
        computed_from=("bin_fraud_rate",),
    ),
    _.ratio(
        "bin_fraud_rate",
        "Which share of the BIN's transactions was fraud, smoothed; the older, the less it counts.",
        gathered_from=LABELS,
    ),
    _.text(
        "card_expiry",
        "The month in which the card ends, as MM/YY or YYYY-MM.",
        max_length=10,
        pattern=r"^((0?[1-9]|1[0-2])[/-]([0-9]{4}|[0-9]{2})|[0-9]{4}[/-](0[1-9]|1[0-2])([/-][0-9]{2})?)$",
        example="09/28 or 2028-09",
    ),
    _.boolean(
        "card_is_expired",
        "Whether the card's last month is over.",
        compute=times.card_is_expired,
        computed_from=("card_expiry", "occurred_at"),
    ),
    _.number(
        "days_to_card_expiry",
        "How long the card is still good; negative when it no longer is.",
        -73_050,
        3_000_000,
        unit="days",
        source="computed",
        compute=times.days_to_card_end,
        computed_from=("card_expiry", "occurred_at"),
    ),
    _.count(
        "card_velocity",
        "How many transactions the card made in 24 hours, this one among them.",
        windowed=Windowed(entity="card", window="24h"),
    ),
    _.count(
        "same_card_accounts",
        "How many customers used the card in 30 days, this one among them.",
        windowed=Windowed(entity="card", window="30d", aggregate="distinct", of="customer"),
    ),
    _.count(
        "card_declines_24h",
        "How often the card was declined in the last 24 hours.",
        windowed=Windowed(entity="card", window="24h", where="declined"),
    ),
    _.count(
        "card_declines_30d",
        "How often the card was declined in the last 30 days.",
        windowed=Windowed(entity="card", window="30d", where="declined"),
    ),
    _.boolean(
        "card_previously_declined",
        "Whether the card was declined before, by its issuer or elsewhere. Our own refusals are no "
        "such sign: they are counted apart (card_declines_30d), or one would bring the next.",
    ),
    _.ratio(
        "card_decline_ratio",
        "Which share of the card's transactions in 24 hours was declined.",
        compute=numbers.ratio,
        computed_from=("card_declines_24h", "card_velocity"),
    ),
    _.count(
        "card_small_transactions_1h",
        "How many transactions below 10 USD the card made in an hour, this one among them.",
        windowed=Windowed(entity="card", window="1h", where="small"),
    ),
    _.count(
        "unique_cards_last_24h",
        "How many different cards the customer used in 24 hours, this one among them.",
        windowed=Windowed(entity="customer", window="24h", aggregate="distinct", of="card"),
    ),
    _.boolean("card_cvv_match", "Whether the card's security code was right."),
    _.boolean(
        "card_avs_match", "Whether the billing address is the one that the card's issuer knows."
    ),
    _.boolean(
        "card_3ds_authenticated",
        "Whether the card's issuer authenticated the customer (3-D Secure).",
    ),
    _.boolean("card_present", "Whether the card itself was there, not merely its number."),
    _.moment("card_added_at", "When the card was added to the account."),
    _.hours(
        "hours_since_card_added",
        "How long ago the card was added to the account.",
        compute=times.hours_between,
        computed_from=("card_added_at", "occurred_at"),
    ),
    _.days("bank_account_age", "How long the bank account has been known."),
    _.boolean("bank_account_verified", "Whether the bank account was shown to be the customer's."),
    _.boolean("bank_account_name_match", "Whether the bank account is in the customer's name."),
    _.count(
        "cards_30d",
        "How many different cards the customer used in 30 days, this one among them.",
        windowed=Windowed(entity="customer", window="30d", aggregate="distinct", of="card"),
    ),
    _.count(
        "funding_source_changes",
        "How often the source of the money changed lately; as far as we saw, to another card.",
        compute=numbers.others,
        computed_from=("cards_30d",),
    ),
    _.word("funding_source_type", "What the money comes from, such as card, bank, wallet or cash."),
    _.money("sender_balance_before", "The payer's balance before the transaction."),
    _.money("sender_balance_after", "The payer's balance after the transaction."),
    _.number(
        "amount_vs_balance",
        "The amount as a multiple of the payer's balance.",
        0,
        1e12,
        unit="times",
        compute=numbers.ratio,
        computed_from=("amount", "sender_balance_before"),
    ),
    _.boolean(
        "balance_emptied",
        "Whether the transaction leaves nothing of the payer's balance.",
        compute=numbers.empties,
        computed_from=("sender_balance_before", "sender_balance_after"),
    ),
    _.ratio("credit_used_ratio", "Which share of the credit limit is used."),
)
