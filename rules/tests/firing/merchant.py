"""When the rules about who is paid fire, and when not."""

from rules.tests.firing.row import Row

ROWS: list[Row] = [
    ("payee_fan_in", {"beneficiary_senders_24h": 4, "hours_since_beneficiary_added": 71}, 80),
    ("payee_fan_in", {"beneficiary_senders_24h": 3, "hours_since_beneficiary_added": 1}, None),
    ("payee_fan_in", {"beneficiary_senders_24h": 4, "hours_since_beneficiary_added": 72}, None),
    ("payee_fan_in", {"beneficiary_senders_24h": 4}, None),
    ("payee_fan_in", {"hours_since_beneficiary_added": 1}, None),
    (
        "new_seller_rush",
        {"vertical": "marketplace", "seller_age_days": 13, "seller_txn_count_hour": 3},
        80,
    ),
    (
        "new_seller_rush",
        {"vertical": "marketplace", "seller_age_days": 14, "seller_txn_count_hour": 3},
        None,
    ),
    (
        "new_seller_rush",
        {"vertical": "marketplace", "seller_age_days": 13, "seller_txn_count_hour": 2},
        None,
    ),
    ("new_seller_rush", {"seller_age_days": 13, "seller_txn_count_hour": 3}, None),
    ("new_seller_rush", {"vertical": "marketplace", "seller_age_days": 13}, None),
    ("new_seller_rush", {"vertical": "marketplace", "seller_txn_count_hour": 3}, None),
]
