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
]
