"""When the rules about where the money comes from fire, and when not."""

from rules.tests.firing.row import Row

LOAN = {"transaction_type": "loan_disbursement"}

ROWS: list[Row] = [
    ("loan_stacking", {**LOAN, "device_loans_30d": 2}, 80),
    ("loan_stacking", {**LOAN, "phone_loans_30d": 2, "device_loans_30d": 1}, 80),
    ("loan_stacking", {**LOAN, "phone_loans_30d": 1, "device_loans_30d": 1}, None),
    ("loan_stacking", {"transaction_type": "payment", "device_loans_30d": 2}, None),
    ("loan_stacking", {"device_loans_30d": 2}, None),
    ("loan_stacking", LOAN, None),
    ("device_many_cards", {"device_cards_24h": 4}, 75),
    ("device_many_cards", {"device_cards_24h": 3}, None),
    ("device_many_cards", {}, None),
    ("bust_out", {"credit_used_ratio": 0.91, "amount_week_against_usual": 2.1}, 80),
    ("bust_out", {"credit_used_ratio": 0.9, "amount_week_against_usual": 2.1}, None),
    ("bust_out", {"credit_used_ratio": 0.91, "amount_week_against_usual": 2}, None),
    ("bust_out", {"credit_used_ratio": 0.91}, None),
    ("bust_out", {"amount_week_against_usual": 2.1}, None),
    (
        "bust_out",
        {
            "credit_used_ratio": 0.95,
            "amount_last_week": 7_100,
            "avg_transaction_amount": 500,
            "velocity_30d": 30,
        },
        80,
    ),
    (
        "bust_out",
        {
            "credit_used_ratio": 0.95,
            "amount_last_week": 7_000,
            "avg_transaction_amount": 500,
            "velocity_30d": 30,
        },
        None,
    ),
    ("shop_many_cards", {"merchant_user_cards_7d": 3}, 80),
    ("shop_many_cards", {"merchant_user_cards_7d": 2}, None),
    ("shop_many_cards", {}, None),
    ("many_cards_month", {"cards_30d": 6}, 80),
    ("many_cards_month", {"cards_30d": 5}, None),
    ("many_cards_month", {}, None),
]
