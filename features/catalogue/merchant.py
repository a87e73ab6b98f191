"""To whom the money goes: merchants, sellers, agents and beneficiaries."""

from features.computations import merchants, numbers, places
from features.declaring import LABELS, Section
from features.windows.declaring import Windowed

_ = Section("merchant")

FEATURES = (
    # Identifiers: keyed hashes only.
    _.identifier("merchant_id", "The merchant, under the client's own number.", "merchant"),
    _.identifier(
        "seller_id", "The seller on a marketplace, under the client's own number.", "merchant"
    ),
    _.identifier("agent_id", "The agent at whom cash is paid in or out.", "merchant"),
    _.identifier("terminal_id", "The terminal or till that was used.", "merchant"),
    _.identifier("beneficiary_id", "The person or account that is paid.", "beneficiary"),
    # Kind
    _.word("merchant_type", "What kind of merchant it is."),
    _.word(
        "current_merchant_category",
        "The merchant's category in the client's words; the category code when none is given.",
        compute=numbers.same,
        computed_from=("merchant_category_code",),
    ),
    _.boolean(
        "merchant_restricted", "Whether the client does not allow dealing with the merchant."
    ),
    _.boolean(
        "merchant_is_crypto_exchange",
        "Whether the merchant exchanges crypto-currency.",
        compute=merchants.is_crypto_exchange,
        computed_from=("merchant_type",),
    ),
    _.boolean(
        "merchant_is_pawn_shop",
        "Whether the merchant is a pawn shop (merchant category code 5933).",
        compute=merchants.is_pawn_shop_mcc,
        computed_from=("merchant_category_code",),
    ),
    _.boolean("merchant_is_online", "Whether the merchant sells over the internet."),
    _.boolean("merchant_verified", "Whether the merchant's identity has been checked."),
    # Standing
    _.points(
        "merchant_risk_score",
        "How risky the merchant is: where nobody says, 10 for each percent of fraud.",
        compute=numbers.risk_of_rate,
        computed_from=("merchant_fraud_rate",),
    ),
    _.days("merchant_age_days", "How long the merchant has been known."),
    _.ratio(
        "merchant_chargeback_ratio", "Which share of the merchant's transactions is charged back."
    ),
    _.ratio(
        "merchant_fraud_rate",
        "Which share of the merchant's transactions was fraud, smoothed; older ones count less.",
        gathered_from=LABELS,
    ),
    _.count(
        "merchant_refunds_30d",
        "How many refunds the merchant made in 30 days, this one among them.",
        windowed=Windowed(entity="merchant", window="30d", where="refund"),
    ),
    _.ratio(
        "merchant_refund_ratio",
        "Which share of the merchant's transactions is refunded.",
        compute=numbers.ratio,
        computed_from=("merchant_refunds_30d", "merchant_transactions_30d"),
    ),
    _.count("merchant_complaints", "How many complaints there were about the merchant lately."),
    _.count(
        "merchant_transactions_30d",
        "How many transactions the merchant had in 30 days, this one among them.",
        windowed=Windowed(entity="merchant", window="30d"),
    ),
    _.count(
        "merchant_transactions_24h",
        "How many transactions the merchant had in 24 hours, this one among them.",
        windowed=Windowed(entity="merchant", window="24h"),
    ),
    _.count(
        "merchant_transactions_7d",
        "How many transactions the merchant had in 7 days, this one among them.",
        windowed=Windowed(entity="merchant", window="7d"),
    ),
    *(
        _.count(
            f"merchant_high_amounts_{window}",
            f"How many of the merchant's transactions in {words} were more than three times their "
            "customer's average, this one included.",
            windowed=Windowed(entity="merchant", window=window, where="high"),
        )
        for window, words in (("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days"))
    ),
    _.money(
        "merchant_amount_30d",
        "How much the merchant took in 30 days, this transaction included.",
        windowed=Windowed(entity="merchant", window="30d", aggregate="sum"),
    ),
    _.count(
        "merchant_customers_24h",
        "How many customers dealt with the merchant in 24 hours, this one among them.",
        windowed=Windowed(entity="merchant", window="24h", aggregate="distinct", of="customer"),
    ),
    _.money(
        "merchant_average_amount",
        "The merchant's average amount; as far as we counted, over 30 days.",
        compute=numbers.ratio,
        computed_from=("merchant_amount_30d", "merchant_transactions_30d"),
    ),
    _.number(
        "amount_vs_merchant_average",
        "The amount as a multiple of the merchant's average.",
        0,
        1e12,
        unit="times",
        compute=numbers.ratio,
        computed_from=("amount", "merchant_average_amount"),
    ),
    # The customer with this merchant
    _.count(
        "merchant_user_history",
        "How many transactions the customer has made with the merchant; as far as we counted, "
        "in 30 days, this one among them.",
        windowed=Windowed(entity="customer_merchant", window="30d"),
    ),
    _.money(
        "merchant_user_spend",
        "How much the customer has spent at the merchant; as far as we counted, in 30 days, "
        "this transaction included.",
        windowed=Windowed(entity="customer_merchant", window="30d", aggregate="sum"),
    ),
    _.count(
        "merchant_transactions_last_hour",
        "How many transactions the customer made at the merchant in the hour up to this one.",
        windowed=Windowed(entity="customer_merchant", window="1h"),
    ),
    _.count(
        "merchant_user_cards_7d",
        "With how many different cards the customer paid the merchant in 7 days, this one among "
        "them.",
        windowed=Windowed(entity="customer_merchant", window="7d", aggregate="distinct", of="card"),
    ),
    _.boolean(
        "merchant_paid_30d",
        "Whether the customer paid the merchant before within 30 days.",
        windowed=Windowed(entity="customer", window="30d", aggregate="repeated", of="merchant"),
    ),
    # Places
    _.boolean(
        "merchant_ip_match",
        "Whether the merchant and the customer's internet address are in the same country.",
        compute=places.equal,
        computed_from=("merchant_country", "ip_country"),
    ),
    _.boolean(
        "merchant_home_match",
        "Whether the merchant is in the customer's home country.",
        compute=places.equal,
        computed_from=("merchant_country", "home_country"),
    ),
    # Sellers and agents
    _.count(
        "seller_txn_count_hour",
        "How many transactions the seller made in the hour up to this one.",
        windowed=Windowed(entity="seller", window="1h"),
    ),
    _.count(
        "seller_transactions_24h",
        "How many transactions the seller made in 24 hours, this one among them.",
        windowed=Windowed(entity="seller", window="24h"),
    ),
    _.days("seller_age_days", "How long the seller has been known."),
    _.boolean("seller_is_buyer", "Whether buyer and seller are the same person."),
    _.count(
        "agent_transactions_last_hour",
        "How many transactions the agent made in the hour up to this one.",
        windowed=Windowed(entity="agent", window="1h"),
    ),
    _.count(
        "agent_transactions_24h",
        "How many transactions the agent made in 24 hours, this one among them.",
        windowed=Windowed(entity="agent", window="24h"),
    ),
    _.count(
        "agent_customers_24h",
        "How many customers came to the agent in 24 hours, this one among them.",
        windowed=Windowed(entity="agent", window="24h", aggregate="distinct", of="customer"),
    ),
    _.count(
        "agent_visits_24h",
        "How often the customer paid in or out at this agent in 24 hours, this time included.",
        windowed=Windowed(entity="customer_agent", window="24h"),
    ),
    # Beneficiaries
    _.money("recipient_balance_before", "The payee's balance before the transaction."),
    _.money("recipient_balance_after", "The payee's balance after the transaction."),
    _.boolean(
        "recipient_was_empty",
        "Whether the payee had nothing before the transaction.",
        compute=numbers.is_zero,
        computed_from=("recipient_balance_before",),
    ),
    _.count(
        "beneficiary_senders_24h",
        "How many customers paid the beneficiary in 24 hours, this one among them.",
        windowed=Windowed(entity="beneficiary", window="24h", aggregate="distinct", of="customer"),
    ),
    _.money(
        "beneficiary_amount_24h",
        "How much was paid to the beneficiary in 24 hours, this transaction included.",
        windowed=Windowed(entity="beneficiary", window="24h", aggregate="sum"),
    ),
    _.boolean(
        "beneficiary_paid_30d",
        "Whether the customer paid the beneficiary before within 30 days.",
        windowed=Windowed(entity="customer", window="30d", aggregate="repeated", of="beneficiary"),
    ),
    _.ratio(
        "beneficiary_fraud_rate",
        "Which share of what the beneficiary got was fraud, smoothed; older ones count less.",
        gathered_from=LABELS,
    ),
    _.days("beneficiary_account_age_days", "How long the beneficiary's account has existed."),
)
