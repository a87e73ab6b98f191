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
    ("coached_payment", {"hours_since_beneficiary_added": 23, "amount_vs_average": 3.1}, 80),
    ("coached_payment", {"hours_since_beneficiary_added": 1, "call_in_progress": True}, 80),
    ("coached_payment", {"hours_since_beneficiary_added": 1, "remote_access_detected": True}, 80),
    ("coached_payment", {"hours_since_beneficiary_added": 24, "amount_vs_average": 3.1}, None),
    ("coached_payment", {"hours_since_beneficiary_added": 23, "amount_vs_average": 3}, None),
    ("coached_payment", {"hours_since_beneficiary_added": 1, "call_in_progress": False}, None),
    ("coached_payment", {"hours_since_beneficiary_added": 1}, None),
    ("coached_payment", {"amount_vs_average": 9, "call_in_progress": True}, None),
    (
        "rising_payments",
        {
            "amount_vs_max_ever": 1.1,
            "beneficiary_paid_30d": True,
            "hours_since_beneficiary_added": 1007,
        },
        80,
    ),
    (
        "rising_payments",
        {
            "amount_vs_max_ever": 1,
            "beneficiary_paid_30d": True,
            "hours_since_beneficiary_added": 1007,
        },
        None,
    ),
    (
        "rising_payments",
        {
            "amount_vs_max_ever": 1.1,
            "beneficiary_paid_30d": False,
            "hours_since_beneficiary_added": 1007,
        },
        None,
    ),
    (
        "rising_payments",
        {
            "amount_vs_max_ever": 1.1,
            "beneficiary_paid_30d": True,
            "hours_since_beneficiary_added": 1008,
        },
        None,
    ),
    ("rising_payments", {"amount_vs_max_ever": 1.1, "beneficiary_paid_30d": True}, None),
    ("rising_payments", {"amount_vs_max_ever": 1.1, "hours_since_beneficiary_added": 9}, None),
    (
        "rising_payments",
        {"beneficiary_paid_30d": True, "hours_since_beneficiary_added": 9},
        None,
    ),
]
