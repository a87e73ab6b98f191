"""What the customer usually does, and what they are doing now."""

from features.computations import numbers, times
from features.declaring import PROFILE, Section

_ = Section("behavioral")

_failed_logins = _.count(
    "failed_login_attempts",
    "How many attempts to log in failed shortly before the transaction.",
    also_in=("ato",),
)

FEATURES = (
    # The account
    _.word("account_type", "What kind of account it is, such as standard, business or gambling."),
    _.boolean("is_business_account", "Whether the account belongs to a business."),
    _.moment("account_created_at", "When the account was opened."),
    _.days(
        "account_age_days",
        "How old the account is at the time of the transaction.",
        compute=times.days_between,
        computed_from=("account_created_at", "occurred_at"),
    ),
    _.count("account_suspension_count", "How often the account has been suspended."),
    _.money("user_lifetime_value", "What the customer has been worth to the client so far."),
    _.count(
        "customer_service_contacts", "How often the customer contacted customer service lately."
    ),
    # Logging in
    _.count("login_count_24h", "How often the customer logged in during the last 24 hours."),
    _.count("login_count_7d", "How often the customer logged in during the last 7 days."),
    _failed_logins,
    _.count("password_changes_count", "How often the customer has changed the password."),
    _.number(
        "login_hour",
        "The customer's local hour of the log-in; that of the transaction when no other is given.",
        0,
        23,
        unit="hour 0..23",
        compute=numbers.same,
        computed_from=("hour",),
    ),
    # Amounts
    _.money("avg_transaction_amount", "The customer's average amount.", gathered_from=PROFILE),
    _.money(
        "transaction_amount_stddev",
        "The standard deviation of the customer's amounts.",
        gathered_from=PROFILE,
    ),
    _.money(
        "max_transaction_amount", "The customer's highest amount so far.", gathered_from=PROFILE
    ),
    _.ratio(
        "large_transaction_ratio",
        "Which share of the customer's transactions was of 5,000 US dollars or more.",
        gathered_from=PROFILE,
    ),
    _.ratio(
        "round_amount_ratio",
        "Which share of the customer's transactions had whole amounts.",
        gathered_from=PROFILE,
    ),
    _.ratio(
        "charity_donation_ratio",
        "Which share of the customer's purchases was donations (merchant category code 8398).",
        gathered_from=PROFILE,
    ),
    _.ratio(
        "refund_ratio",
        "Which share of the customer's transactions was refunds.",
        gathered_from=PROFILE,
    ),
    _.ratio(
        "chargeback_ratio",
        "Which share of the customer's transactions was charged back.",
        gathered_from=PROFILE,
    ),
    _.ratio(
        "return_rate",
        "Which share of the customer's purchases was returned; as far as we saw, refunds for each "
        "purchase.",
        gathered_from=PROFILE,
    ),
    _.count(
        "chargebacks_last_year",
        "How many chargebacks of the customer became known within a year; at most 5 are kept.",
        gathered_from=PROFILE,
    ),
    # Habits
    _.count(
        "transactions_in_profile",
        "How many of the customer's earlier transactions the profile was learned from.",
        gathered_from=PROFILE,
    ),
    _.boolean(
        "unusual_time_of_day",
        "Whether the customer hardly ever acts at this hour (1 in 100, smoothed).",
        gathered_from=PROFILE,
    ),
    _.boolean(
        "unusual_day_of_week",
        "Whether the customer hardly ever acts on this day of the week (1 in 40, smoothed).",
        gathered_from=PROFILE,
    ),
    _.count(
        "device_changes_count",
        "How many devices the customer began to use within 30 days, not counting the very first.",
        gathered_from=PROFILE,
    ),
    _.count(
        "location_changes_count",
        "In how many places (to a degree) the customer was for the first time within 30 days, not "
        "counting the very first.",
        gathered_from=PROFILE,
    ),
    _.texts(
        "usual_merchant_categories",
        "The merchant categories in which the customer bought before, if they seldom change.",
        reading="lower",
        gathered_from=PROFILE,
    ),
    _.boolean("user_currently_overseas", "Whether the customer is known to be travelling abroad."),
    # The session
    _.minutes(
        "current_session_duration_minutes", "How long the session has lasted.", also_in=("ato",)
    ),
    _.minutes("minutes_since_last_activity", "How long nothing happened before this action."),
    _.ratio(
        "mouse_movement_entropy",
        "How irregular the mouse moved; a person's is high, a script's low.",
    ),
    _.ratio(
        "keystroke_entropy", "How irregular the typing was; a person's is high, a script's low."
    ),
    _.count("form_copypaste_count", "How often something was pasted into the form."),
    _.seconds("form_fill_time_seconds", "How long filling in the form took."),
    _.count("back_button_clicks", "How often the back button was used."),
    _.boolean(
        "browser_history_cleared_recently", "Whether the browser's history was cleared lately."
    ),
    _.boolean(
        "screen_recording_detected", "Whether the screen was being recorded.", also_in=("ato",)
    ),
    _.boolean("autofill_disabled", "Whether the browser's autofill was switched off."),
    _.boolean("developer_console_opened", "Whether the browser's developer console was open."),
    _.boolean("page_in_iframe", "Whether the page was shown inside another page."),
)
