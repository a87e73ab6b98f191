"""When the rules about accounts taken over fire, and when not."""

from rules.tests.firing.row import Row

ROWS: list[Row] = [
    (
        "sim_swap_payout",
        {"minutes_since_sim_change": 2879, "transaction_direction": "out"},
        80,
    ),
    ("sim_swap_payout", {"minutes_since_sim_change": 5, "transaction_type": "transfer"}, 80),
    (
        "sim_swap_payout",
        {"minutes_since_sim_change": 2880, "transaction_direction": "out"},
        None,
    ),
    ("sim_swap_payout", {"minutes_since_sim_change": 5, "transaction_direction": "in"}, None),
    ("sim_swap_payout", {"minutes_since_sim_change": 5}, None),
    ("sim_swap_payout", {"transaction_direction": "out"}, None),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 23, "device_is_new": True}, 80),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 1, "password_age_hours": 23}, 80),
    (
        "new_payee_new_access",
        {"hours_since_beneficiary_added": 1, "hours_since_email_change": 23},
        80,
    ),
    (
        "new_payee_new_access",
        {"hours_since_beneficiary_added": 1, "hours_since_phone_change": 23},
        80,
    ),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 24, "device_is_new": True}, None),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 1, "device_is_new": False}, None),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 1, "password_age_hours": 24}, None),
    ("new_payee_new_access", {"hours_since_beneficiary_added": 1}, None),
    ("new_payee_new_access", {"device_is_new": True}, None),
]
