"""Who the customer is, and how well that is known."""

from features.computations import contacts, numbers, places
from features.declaring import LABELS, PROFILE, Section
from features.windows.declaring import Windowed

_ = Section("identity")

_id_verified = _.boolean(
    "id_verified", "Whether an identity document of the customer has been checked and found good."
)

FEATURES = (
    # Identifiers: keyed hashes only.
    _.identifier("user_id", "The customer, under the client's own number.", "customer"),
    _.identifier("email", "The customer's e-mail address.", "email", max_length=320),
    _.identifier("phone", "The customer's telephone number.", "phone", max_length=40),
    _.identifier("bvn", "The customer's Bank Verification Number (Nigeria).", "bvn", max_length=20),
    _.identifier(
        "registered_address", "The address on the customer's file.", "address", max_length=500
    ),
    _.identifier(
        "transaction_address", "The address given with the transaction.", "address", max_length=500
    ),
    # E-mail
    _.boolean(
        "email_confirmed", "Whether the customer has followed the link in the confirmation mail."
    ),
    _.boolean(
        "email_verified",
        "Whether the e-mail address is known to be the customer's.",
        compute=numbers.same,
        computed_from=("email_confirmed",),
    ),
    _.days("email_age_days", "How long the e-mail address has been known to exist."),
    _.word(
        "email_domain",
        "The part of the e-mail address behind the at sign.",
        max_length=255,
        compute=contacts.email_domain,
        computed_from=("raw_email",),
    ),
    _.ratio(
        "email_digit_ratio",
        "Which share of the e-mail address before the at sign is digits.",
        compute=contacts.email_digit_ratio,
        computed_from=("raw_email",),
    ),
    _.points(
        "email_domain_reputation", "How well regarded the e-mail domain is; higher is better."
    ),
    _.country(
        "email_country",
        "The country that the e-mail address belongs to, by the end of its domain.",
        gathered_from="the e-mail address",
    ),
    _.boolean(
        "email_is_free",
        "Whether the e-mail address is at a provider where anybody gets one for nothing.",
        source="computed",
        gathered_from="the e-mail address",
    ),
    _.boolean(
        "email_is_role_account",
        "Whether the e-mail address is a task's, such as info or sales, not a person's.",
        source="computed",
        gathered_from="the e-mail address",
    ),
    _.boolean(
        "email_is_disposable",
        "Whether the e-mail domain is on the list of disposable ones.",
        source="computed",
        gathered_from="the lists",
    ),
    _.count("email_breaches", "In how many known data breaches the e-mail address appears."),
    _.count(
        "accounts_with_email",
        "How many customers used the e-mail address in 30 days, this one among them.",
        windowed=Windowed(entity="email", window="30d", aggregate="distinct", of="customer"),
    ),
    _.boolean(
        "email_duplicate",
        "Whether more than one account uses the e-mail address.",
        compute=numbers.is_above_one,
        computed_from=("accounts_with_email",),
    ),
    _.boolean(
        "is_blacklisted_email", "Whether the client has the e-mail address on its own block list."
    ),
    # Telephone
    _.boolean(
        "phone_verified", "Whether the customer has proved that the telephone number is theirs."
    ),
    _.boolean(
        "phone_valid",
        "Whether the number exists in its country's numbering plan.",
        gathered_from="the telephone number",
    ),
    _.days("phone_age_days", "How long the telephone number has been known to exist."),
    _.word(
        "phone_carrier_type",
        "What kind of line it is, such as mobile, fixed, fixed_or_mobile or voip.",
        gathered_from="the telephone number",
    ),
    _.country(
        "phone_country",
        "The country that the telephone number belongs to; of none when it is not valid.",
        gathered_from="the telephone number",
    ),
    _.count("phone_breaches", "In how many known data breaches the telephone number appears."),
    _.count(
        "accounts_with_phone",
        "How many customers used the telephone number in 30 days, this one among them.",
        windowed=Windowed(entity="phone", window="30d", aggregate="distinct", of="customer"),
    ),
    _.boolean(
        "phone_duplicate",
        "Whether more than one account uses the telephone number.",
        compute=numbers.is_above_one,
        computed_from=("accounts_with_phone",),
    ),
    _.count(
        "phone_loans_30d",
        "How many loans were taken under the telephone number in 30 days, this one among them.",
        windowed=Windowed(entity="phone", window="30d", where="loan"),
    ),
    _.number(
        "phone_longest_digit_run",
        "How often the most repeated digit of the number stands in a row.",
        0,
        40,
        unit="digits",
        source="computed",
        compute=contacts.phone_longest_run,
        computed_from=("raw_phone",),
    ),
    _.text(
        "phone_repeated_digit",
        "The digit that is repeated in the number, three times in a row or more.",
        max_length=1,
        source="computed",
        compute=contacts.phone_repeated_digit,
        computed_from=("raw_phone",),
    ),
    _.texts(
        "phone_patterns",
        "Which sequences that people invent (000, 111, 123, 555) the number holds.",
        source="computed",
        compute=contacts.phone_patterns,
        computed_from=("raw_phone",),
    ),
    # Documents and checks
    _id_verified,
    _.another_name("id_document_verified", _id_verified),
    _.boolean("document_expiry_valid", "Whether the identity document is still in date."),
    _.boolean(
        "document_fraud_check", "Whether the identity document passed the check for forgery."
    ),
    _.boolean("document_duplicate", "Whether the identity document was used for another account."),
    _.ratio("name_match_score", "How well the name given fits the name on file."),
    _.ratio("ssn_match_score", "How well the social security number fits the person."),
    _.count("ssn_breaches", "In how many known data breaches the social security number appears."),
    _.boolean("dob_matches", "Whether the date of birth given is the one on file."),
    _.boolean(
        "bvn_verified", "Whether the Bank Verification Number was confirmed to be the customer's."
    ),
    _.boolean(
        "biometric_verified", "Whether the customer passed a biometric check.", also_in=("ato",)
    ),
    _.boolean(
        "requires_biometric", "Whether a biometric check is required for this.", also_in=("ato",)
    ),
    _.word(
        "identity_lookup_status", "How the look-up of the person at an identity provider ended."
    ),
    _.word("kyc_status", "How far the customer's know-your-customer check has come."),
    _.word("pep_check_result", "What the check for politically exposed persons found."),
    _.boolean("sanctions_list_match", "Whether the customer is on a sanctions list."),
    _.word(
        "aml_risk_level",
        "The customer's money-laundering risk in a word.",
        compute=numbers.risk_level,
        computed_from=("aml_risk_score",),
    ),
    _.points("aml_risk_score", "The customer's money-laundering risk; higher is worse."),
    _.points(
        "profile_completeness", "How much of the customer's profile is filled in, in percent."
    ),
    _.number(
        "credit_score", "The customer's credit score on the client's scale.", 0, 1000, unit="points"
    ),
    # Addresses and countries
    _.country("country", "The country that the customer says to be in."),
    _.country("home_country", "The country that the customer lives in."),
    _.boolean(
        "country_mismatch",
        "Whether the customer is in another country than the home country.",
        compute=places.differ,
        computed_from=("country", "home_country"),
    ),
    _.boolean("address_verified", "Whether the customer's address has been checked."),
    _.days("address_age_days", "How long the customer has lived at the address on file."),
    _.count(
        "accounts_at_address",
        "How many customers gave the address on file in 30 days, this one among them.",
        windowed=Windowed(entity="address", window="30d", aggregate="distinct", of="customer"),
    ),
    _.boolean(
        "address_duplicate",
        "Whether another account uses the same address.",
        compute=numbers.is_above_one,
        computed_from=("accounts_at_address",),
    ),
    _.boolean(
        "address_mismatch",
        "Whether the address given is another than the one on file, punctuation apart.",
        compute=places.differ,
        computed_from=("registered_address", "transaction_address"),
    ),
    # History
    _.count(
        "previous_fraud_count",
        "How many confirmed frauds the customer was part of before.",
        gathered_from=LABELS,
    ),
    _.count(
        "account_takeover_count",
        "How often the account was taken over before; as far as labels tell (but for those of "
        "imported history), and missing where none does.",
        gathered_from=PROFILE,
    ),
    _.count("failed_login_count", "How many log-ins to the account have ever failed."),
    _.count("identity_theft_alerts", "How many identity-theft alerts are open for the customer."),
    _.boolean(
        "device_fingerprint_match",
        "Whether the device's fingerprint is the one on file.",
        also_in=("ato",),
        compute=places.equal,
        computed_from=("stored_device_fingerprint", "current_device_fingerprint"),
    ),
)
