"""Signs that somebody else has taken over the customer's account."""

from features.catalogue import network
from features.computations import numbers, places, times
from features.declaring import PROFILE, Section

_ = Section("ato")

_impossible_travel = next(f for f in network.FEATURES if f.name == "impossible_travel")

FEATURES = (
    # Password and second factor
    _.moment("password_changed_at", "When the password was last changed."),
    _.hours(
        "password_age_hours",
        "How long ago the password was changed.",
        compute=times.hours_between,
        computed_from=("password_changed_at", "occurred_at"),
    ),
    _.boolean(
        "password_changed_recently",
        "Whether the password was changed within the last 24 hours.",
        compute=times.is_recent_password,
        computed_from=("password_age_hours",),
    ),
    _.count("password_resets_30d", "How often the password was reset in the last 30 days."),
    _.boolean("mfa_disabled", "Whether the second factor was switched off."),
    _.word("mfa_method", "Which second factor was used, such as sms, app or key."),
    _.count("mfa_failures_24h", "How often the second factor failed in the last 24 hours."),
    _.moment("mfa_changed_at", "When the second factor was last changed."),
    _.hours(
        "hours_since_mfa_change",
        "How long ago the second factor was changed.",
        compute=times.hours_between,
        computed_from=("mfa_changed_at", "occurred_at"),
    ),
    # Contact details
    _.boolean(
        "recovery_email_changed", "Whether the e-mail address for recovery was changed lately."
    ),
    _.boolean(
        "recovery_phone_changed", "Whether the telephone number for recovery was changed lately."
    ),
    _.moment("email_changed_at", "When the account's e-mail address was last changed."),
    _.hours(
        "hours_since_email_change",
        "How long ago the account's e-mail address was changed.",
        compute=times.hours_between,
        computed_from=("email_changed_at", "occurred_at"),
    ),
    _.moment("phone_changed_at", "When the account's telephone number was last changed."),
    _.hours(
        "hours_since_phone_change",
        "How long ago the account's telephone number was changed.",
        compute=times.hours_between,
        computed_from=("phone_changed_at", "occurred_at"),
    ),
    _.moment("sim_changed_at", "When the telephone's SIM was last changed."),
    _.minutes(
        "minutes_since_sim_change",
        "How long ago the telephone's SIM was changed.",
        compute=times.minutes_between,
        computed_from=("sim_changed_at", "occurred_at"),
    ),
    _.boolean("sim_swap_detected", "Whether the carrier reports a recent change of the SIM."),
    _.boolean("address_changed_recently", "Whether the postal address was changed lately."),
    # Logging in
    _.count(
        "failed_login_attempts_last_hour",
        "How many attempts to log in failed within the last hour.",
    ),
    _.count("account_enumeration_attempts", "How many account names the same source has tried."),
    _.count(
        "suspicious_login_locations", "From how many unusual places there was a log-in lately."
    ),
    _.boolean(
        "new_device_login",
        "Whether the log-in came from a device that the customer never used before.",
        compute=numbers.same,
        computed_from=("device_is_new",),
    ),
    _.another_name("impossible_travel_flag", _impossible_travel),
    _.moment("login_at", "When the customer logged in."),
    _.minutes(
        "minutes_since_login",
        "How long after the log-in the transaction was made.",
        compute=times.minutes_between,
        computed_from=("login_at", "occurred_at"),
    ),
    _.country("login_country", "The country from which the customer logged in."),
    _.boolean(
        "login_country_mismatch",
        "Whether the customer logged in from outside of the home country.",
        compute=places.differ,
        computed_from=("login_country", "home_country"),
    ),
    # The session
    _.count("concurrent_sessions", "How many sessions of the account were open at once."),
    _.boolean("session_ip_changed", "Whether the address changed during the session."),
    _.boolean("user_agent_changed", "Whether the browser changed during the session."),
    _.boolean("remote_access_detected", "Whether the device was being controlled from afar."),
    _.boolean("call_in_progress", "Whether the customer was on the telephone meanwhile."),
    _.boolean("device_rooted", "Whether the device's own protection is broken."),
    _.boolean("credential_leak_found", "Whether the customer's password is in a known leak."),
    _.boolean("trusted_device_removed", "Whether a trusted device was removed lately."),
    # The payee
    _.boolean(
        "beneficiary_is_new",
        "Whether the customer never paid this beneficiary before; where no profile tells, not "
        "within 30 days.",
        gathered_from=PROFILE,
        compute=numbers.negation,
        computed_from=("beneficiary_paid_30d",),
    ),
    _.moment("beneficiary_added_at", "When the beneficiary was added."),
    _.hours(
        "hours_since_beneficiary_added",
        "How long ago the beneficiary was added.",
        compute=times.hours_between,
        computed_from=("beneficiary_added_at", "occurred_at"),
    ),
)
