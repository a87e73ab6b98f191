"""Names and numbers that clients and documents were promised; they must go on working."""

# The fewest features that a category has.
FEWEST = {
    "identity": 30,
    "behavioral": 25,
    "transaction": 30,
    "network": 35,
    "ato": 40,
    "funding": 25,
    "merchant": 35,
    "ml": 25,
    "derived": 4,
}

_BY_CATEGORY = {
    "identity": """
        email_verified phone_verified email_age_days phone_age_days email_domain_reputation
        phone_carrier_type id_document_verified name_match_score ssn_match_score
        address_verified document_expiry_valid document_fraud_check dob_matches address_age_days
        previous_fraud_count account_takeover_count failed_login_count device_fingerprint_match
        email_breaches phone_breaches ssn_breaches identity_lookup_status pep_check_result
        sanctions_list_match document_duplicate email_duplicate phone_duplicate
        address_duplicate kyc_status aml_risk_level profile_completeness
    """,
    "behavioral": """
        login_count_24h login_count_7d failed_login_attempts password_changes_count
        account_age_days user_lifetime_value avg_transaction_amount transaction_frequency
        first_purchase_to_now time_since_last_transaction unusual_time_of_day
        unusual_day_of_week account_suspension_count device_changes_count location_changes_count
        velocity_24h velocity_7d velocity_30d large_transaction_ratio round_amount_ratio
        charity_donation_ratio refund_ratio chargeback_ratio return_rate
        customer_service_contacts merchant_diversity country_diversity max_transaction_amount
        transaction_count_24h first_transaction_date velocity_60m velocity_hourly
    """,
    "transaction": """
        amount_zscore amount_vs_average amount_vs_max_ever is_round_amount currency_mismatch
        card_type card_age_days card_country card_issuer_bank card_bin_risk_level card_prepaid
        card_virtual card_debit merchant_category_code merchant_country merchant_high_risk
        merchant_is_new merchant_category_matches_user merchant_mcc_restricted
        duplicate_amount_24h duplicate_merchant_24h time_since_last_txn_same_merchant
        is_subscription subscription_frequency is_cash_advance is_forex is_gambling
        international_transaction transaction_direction auth_method_risk
    """,
    "network": """
        ip_address ip_country ip_state ip_city ip_latitude ip_longitude ip_type
        ip_reputation_score ip_is_vpn ip_is_proxy ip_is_tor ip_is_datacenter ip_is_carrier
        ip_velocity same_ip_account_count asn_number asn_reputation isp_name time_zone_match
        timezone_offset distance_from_home travel_speed_kmh impossible_travel email_ip_match
        phone_ip_match user_agent browser_type browser_version os_type device_type device_id
        device_fingerprint_confidence device_is_new device_velocity
    """,
    "ato": """
        failed_login_attempts suspicious_login_locations password_changed_recently
        recovery_email_changed recovery_phone_changed mfa_disabled new_device_login
        impossible_travel_flag
    """,
    "funding": """
        card_bin_risk card_prepaid card_virtual card_velocity same_card_accounts
        bank_account_age funding_source_changes
    """,
    "merchant": """
        merchant_id merchant_type merchant_high_risk merchant_restricted merchant_is_new
        merchant_user_history merchant_user_spend merchant_ip_match
    """,
    "ml": """
        total_risk_score feature_count missing_feature_ratio anomaly_score ensemble_score
    """,
    "derived": """
        overall_fraud_probability identity_risk_score behavior_anomaly_score network_risk_score
    """,
}
NAMES = {category: names.split() for category, names in _BY_CATEGORY.items()}

ALIASES = {
    "is_vpn": "ip_is_vpn",
    "is_vpn_detected": "ip_is_vpn",
    "is_proxy": "ip_is_proxy",
    "is_proxy_detected": "ip_is_proxy",
    "is_tor": "ip_is_tor",
    "is_tor_exit_node": "ip_is_tor",
    "is_datacenter": "ip_is_datacenter",
    "ip_is_from_datacenter": "ip_is_datacenter",
    "ip_is_shared_brownstone": "ip_is_shared",
    "recent_failed_login_attempts": "failed_login_attempts",
    "phone_country_code": "phone_country",
    "last_transaction_timestamp": "last_transaction_at",
    "user_email": "email",
    "user_phone": "phone",
    "phone_number": "phone",
    "user_country": "country",
    "kyc_verified": "id_verified",
    "id_document_verified": "id_verified",
    "restricted_merchant": "merchant_restricted",
    "merchant_mcc": "merchant_category_code",
    "new_device": "device_is_new",
    "new_merchant": "merchant_is_new",
    "is_recurring": "is_recurring_payment",
    "bin_risk": "card_bin_risk",
    "ip_reputation": "ip_reputation_score",
    "prepaid": "card_prepaid",
    "virtual": "card_virtual",
    "browser": "browser_type",
    "os": "os_type",
}

# What the rules of the first systems read, under the names that they use.
_RULE_INPUTS = """
    account_age_days account_created_at account_enumeration_attempts account_type
    accounts_from_same_ip accounts_with_email aml_risk_score amount asn_changed_since_last_txn
    autofill_disabled average_transaction_amount back_button_clicks behavior_anomaly_score
    biometric_verified browser_history_cleared_recently card_expiry card_is_expired
    card_previously_declined cash_advance_fee_high chargebacks_last_year currency
    current_device_fingerprint current_merchant_category current_session_duration_minutes
    daily_transaction_count developer_console_opened device_is_new
    distance_from_last_location_km duplicate_transaction_found email email_confirmed
    email_country failed_login_attempts failed_login_attempts_last_hour form_copypaste_count
    form_fill_time_seconds geoip_lookup_failed gpu_info home_country
    hours_since_last_transaction id_verified identity_theft_alerts ip_address ip_country
    ip_is_botnet ip_is_datacenter ip_is_dynamic_range ip_is_hosting_provider ip_is_proxy
    ip_is_shared ip_is_tor ip_is_vpn ip_isp_country ip_transactions_last_hour
    is_blacklisted_email is_business_account is_emulator is_recurring_payment
    is_residential_proxy is_subscription keystroke_entropy last_transaction_at
    location_risk_score merchant_category_is_gambling merchant_is_crypto_exchange
    merchant_is_pawn_shop merchant_risk_score merchant_transactions_last_hour
    minutes_since_last_activity mobile_carrier mouse_movement_entropy network_anomaly_score
    original_purchase_hours_ago page_in_iframe password_changed_at phone phone_country
    phone_verified recent_round_amount_transactions recent_small_transactions_count
    recurring_amount_changed registered_address requires_biometric reverse_proxy_detected
    screen_recording_detected seller_txn_count_hour stored_device_fingerprint
    time_since_last_txn_minutes transaction_address transaction_is_cash_advance
    transaction_is_international transaction_is_money_transfer transaction_is_refund
    transactions_last_hour unique_cards_last_24h user_agent user_country user_currently_overseas
    usual_merchant_categories
"""
RULE_INPUTS = _RULE_INPUTS.split()
