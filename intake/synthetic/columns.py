"""The columns that a world's file has, in order. A row leaves out what it does not have."""

from typing import Final

from intake.synthetic import labels

_NAMES: Final = """
    transaction_id user_id occurred_at amount currency transaction_type industry
    transaction_channel account_created_at home_country country is_business_account email
    email_confirmed phone phone_verified bvn id_verified aml_risk_score ip_address ip_country
    isp_name ip_reputation_score ip_is_vpn ip_is_proxy ip_is_tor ip_is_datacenter
    ip_is_carrier latitude longitude device_id user_agent os_type device_type
    screen_resolution device_language gpu_info canvas_fingerprint is_emulator
    mouse_movement_entropy keystroke_entropy form_fill_time_seconds form_copypaste_count
    failed_login_attempts remote_access_detected call_in_progress password_changed_at
    email_changed_at phone_changed_at sim_changed_at card_token card_bin card_last_four
    card_type card_country card_issuer_bank card_expiry card_present entry_mode card_added_at
    merchant_id merchant_category_code merchant_country terminal_id seller_id seller_age_days
    agent_id beneficiary_id beneficiary_added_at beneficiary_account_age_days
    registered_address transaction_address chargebacks_last_year return_rate
    original_purchase_hours_ago credit_score credit_used_ratio bank_account_id
    sender_balance_before sender_balance_after
"""
FIELDS: Final = tuple(_NAMES.split())
COLUMNS: Final = (*FIELDS, *labels.COLUMNS)
