"""A scope with the names of a real rule, for tests that read like rules."""

from features.types import Type
from rules.language import Checked, MoneyParameter, Parameter, Scope, Variable, check, parse

SCOPE = Scope(
    features={
        "amount": Variable(Type.MONEY, minimum=0.0),
        "average_amount": Variable(Type.MONEY, minimum=0.0),
        "account_age_days": Variable(Type.NUMBER, minimum=0.0),
        "login_hour": Variable(Type.NUMBER, minimum=0.0, maximum=23.0),
        "failed_logins": Variable(Type.NUMBER, minimum=0.0),
        "ip_is_vpn": Variable(Type.BOOLEAN),
        "ip_is_proxy": Variable(Type.BOOLEAN),
        "ip_country": Variable(Type.STRING),
        "home_country": Variable(Type.STRING),
        "channel": Variable(Type.STRING, choices=("app", "branch", "web")),
        "currency": Variable(Type.STRING),
        "user_agent": Variable(Type.STRING),
        "usual_categories": Variable(Type.STRINGS),
        "made_at": Variable(Type.TIMESTAMP),
        "account_created_at": Variable(Type.TIMESTAMP),
        "email": Variable(Type.IDENTIFIER),
        "ip_address": Variable(Type.IDENTIFIER),
    },
    parameters={
        "limit": Parameter(MoneyParameter(5_000.0, "USD"), minimum=0.0, unit="amount"),
        "small": Parameter(MoneyParameter(50.0, "USD")),
        "max_logins": Parameter(3, minimum=1, maximum=10),
        "bots": Parameter(("bot", "spider")),
        "domestic": Parameter("NG"),
    },
    vertical={"aml_threshold": Type.NUMBER, "currencies": Type.STRINGS},
    lists=("blocked_emails", "bad_ips"),
    unreadable={"fraud_score": "it is made after the decision"},
)


def checked(text: str, expect: Type = Type.BOOLEAN) -> Checked:
    return check(parse(text), SCOPE, expect)
