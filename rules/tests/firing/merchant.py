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
    (
        "new_seller_volume",
        {"vertical": "marketplace", "seller_age_days": 29, "seller_transactions_24h": 6},
        80,
    ),
    (
        "new_seller_volume",
        {"vertical": "marketplace", "seller_age_days": 30, "seller_transactions_24h": 6},
        None,
    ),
    (
        "new_seller_volume",
        {"vertical": "marketplace", "seller_age_days": 29, "seller_transactions_24h": 5},
        None,
    ),
    ("new_seller_volume", {"seller_age_days": 29, "seller_transactions_24h": 6}, None),
    ("new_seller_volume", {"vertical": "marketplace", "seller_age_days": 29}, None),
    ("new_seller_volume", {"vertical": "marketplace", "seller_transactions_24h": 6}, None),
    ("agent_float_cycling", {"agent_visits_24h": 4}, 80),
    ("agent_float_cycling", {"agent_visits_24h": 3}, None),
    ("agent_float_cycling", {"agent_transactions_24h": 6, "agent_customers_24h": 3}, 80),
    ("agent_float_cycling", {"agent_transactions_24h": 6, "agent_customers_24h": 4}, None),
    ("agent_float_cycling", {"agent_transactions_24h": 5, "agent_customers_24h": 2}, None),
    ("agent_float_cycling", {"agent_transactions_24h": 200, "agent_customers_24h": 170}, None),
    ("agent_float_cycling", {"agent_transactions_24h": 6}, None),
    ("agent_float_cycling", {"agent_customers_24h": 1}, None),
    ("agent_float_cycling", {}, None),
]
