"""What people do in each line of business: how often, how, with whom and for how much."""

from typing import Final, NamedTuple

from intake.synthetic.randomness import Weighted


class Activity(NamedTuple):
    """One kind of transaction.

    `party` is who stands at the other side: shop, webshop, biller, payee, agent, seller, employer,
    self (the customer's own money elsewhere) or house (the client itself). `median` is in USD at
    Western incomes, 0 where the merchant's category decides. `card` tells whether a card pays.
    """

    name: str
    type: str
    party: str
    channels: Weighted[str]
    median: float = 0.0
    sigma: float = 0.8
    form: str = "price"
    card: bool = False
    rhythm: str = "online"


class Vertical(NamedTuple):
    """`share` of all transactions, `weekly` transactions of a middling customer, the countries in
    which its clients do business, and the weights of its activities."""

    name: str
    share: float
    weekly: float
    countries: Weighted[str]
    activities: dict[str, Activity]
    mix: Weighted[str]
    week: str


REMOTE: Final = frozenset({"app", "web"})
"""Channels that show device, line and session."""


def _channels(**weights: float) -> Weighted[str]:
    return Weighted(weights)


_APP = _channels(app=1)
_APP_WEB = _channels(app=78, web=22)
_WEB_APP = _channels(web=58, app=42)
_POS, _ATM, _AGENT, _BATCH = (
    _channels(pos=1),
    _channels(atm=1),
    _channels(agent=1),
    _channels(batch=1),
)
_USSD = _channels(app=48, ussd=52)
_BRANCH = _channels(branch=60, atm=40)

_PURCHASE = Activity("pos", "purchase", "shop", _POS, card=True, rhythm="shop")
_ONLINE = Activity("online", "purchase", "webshop", _WEB_APP, card=True)
_TRANSFER = Activity("transfer", "transfer", "payee", _APP_WEB, 90, 1.0, "round", rhythm="online")
_BILL = Activity("bill", "payment", "biller", _APP_WEB)
_SALARY = Activity("salary", "deposit", "employer", _BATCH, 0, 0.05, "bill", rhythm="office")
_REFUND = Activity("refund", "refund", "webshop", _WEB_APP, card=True)


def _vertical(
    name: str,
    share: float,
    weekly: float,
    countries: dict[str, float],
    mix: list[tuple[Activity, float]],
    week: str = "even",
) -> Vertical:
    """Activities of weight 0 happen only when something else asks for them."""
    return Vertical(
        name,
        share,
        weekly,
        Weighted(countries),
        {activity.name: activity for activity, _ in mix},
        Weighted((activity.name, weight) for activity, weight in mix if weight),
        week,
    )


def _lines() -> list[Vertical]:
    return [
        _vertical("banking", 15, 4.5, {"NG": 45, "GB": 20, "DE": 12, "FR": 5, "US": 18}, [
            (_PURCHASE, 38), (_ONLINE, 14), (_TRANSFER, 22), (_BILL, 9), (_SALARY, 0),
            (Activity("cash", "withdrawal", "self", _ATM, 70, 0.6, "round", True, "shop"), 10),
            (Activity("pay_in", "deposit", "self", _BRANCH, 160, 1.0, "round", False, "office"), 4),
        ]),
        _vertical("fintech", 13, 4.2, {"NG": 76, "GB": 12, "DE": 6, "FR": 6}, [
            (_TRANSFER, 44), (_BILL, 22), (_ONLINE, 13), (_PURCHASE, 6), (_SALARY, 0),
            (Activity("top_up", "deposit", "self", _APP, 60, 0.8, "round", True), 10),
            (Activity("pay_out", "withdrawal", "payee", _APP, 90, 0.9, "round"), 5),
        ]),
        _vertical("payments", 17, 4.0, {"NG": 34, "GB": 24, "US": 22, "DE": 12, "FR": 8}, [
            (_PURCHASE, 30), (_ONLINE, 52), (_BILL, 16), (_REFUND, 1.6),
        ]),
        _vertical("crypto", 4, 2.4, {"NG": 30, "GB": 24, "US": 26, "DE": 20}, [
            (Activity("fund", "deposit", "self", _APP_WEB, 150, 1.0, "round"), 24),
            (Activity("buy", "purchase", "house", _APP_WEB, 110, 1.0, "fine", rhythm="evening"),
                34),
            (Activity("sell", "payment", "house", _APP_WEB, 120, 1.0, "fine", rhythm="evening"),
                14),
            (Activity("send", "transfer", "payee", _APP_WEB, 140, 1.1, "fine", rhythm="evening"),
                16),
            (Activity("cash_in_bank", "withdrawal", "self", _APP_WEB, 180, 0.9, "round"), 12),
        ]),
        _vertical("ecommerce", 11, 1.6, {"NG": 26, "GB": 26, "US": 26, "DE": 14, "FR": 8}, [
            (_ONLINE, 95), (_REFUND, 5),
        ], "leisure"),
        _vertical("betting", 6, 4.2, {"NG": 55, "GB": 35, "DE": 10}, [
            (Activity("stake_in", "deposit", "house", _APP_WEB, 18, 0.9, "round", True,
                "evening"), 44),
            (Activity("stake", "payment", "house", _APP_WEB, 9, 1.0, "round", False, "evening"),
                44),
            (Activity("winnings", "withdrawal", "self", _APP_WEB, 45, 1.0, "round", False,
                "evening"), 12),
        ], "leisure"),
        _vertical("gaming", 5, 2.6, {"NG": 18, "GB": 26, "US": 34, "DE": 12, "FR": 10}, [
            (Activity("item", "purchase", "house", _APP_WEB, 8, 0.8, "price", True, "evening"), 78),
            (Activity("wallet", "deposit", "house", _APP_WEB, 20, 0.6, "round", True, "evening"),
                12),
            (Activity("gift", "transfer", "payee", _APP_WEB, 7, 0.8, "price", False, "evening"),
                14),
            (Activity("refund", "refund", "house", _APP_WEB, 8, 0.8, "price", True, "evening"), 2),
        ], "leisure"),
        _vertical("marketplace", 7, 1.5, {"NG": 36, "GB": 24, "US": 26, "DE": 14}, [
            (Activity("buy", "purchase", "seller", _WEB_APP, card=True), 95),
            (Activity("refund", "refund", "seller", _WEB_APP, card=True), 5),
        ], "leisure"),
        _vertical("mobile_money", 17, 5.0,
                  {"KE": 32, "GH": 20, "UG": 13, "TZ": 13, "NG": 10, "RW": 6, "ZM": 6}, [
            (Activity("transfer", "transfer", "payee", _USSD, 45, 0.9, "round", rhythm="street"),
                34),
            (Activity("cash_in", "cash_in", "agent", _AGENT, 60, 0.8, "round", rhythm="street"),
                20),
            (Activity("cash_out", "cash_out", "agent", _AGENT, 50, 0.8, "round",
                rhythm="street"), 18),
            (Activity("pay", "payment", "shop", _USSD, rhythm="street"), 16),
            (Activity("airtime", "payment", "biller", _USSD, rhythm="street"), 12),
        ], "street"),
        _vertical("remittance", 3, 0.7, {"GB": 40, "US": 32, "DE": 18, "FR": 10}, [
            (Activity("send", "transfer", "payee", _APP_WEB, 170, 0.6, "round"), 82),
            (Activity("send_cash", "transfer", "agent", _AGENT, 140, 0.6, "round",
                rhythm="shop"), 18),
        ]),
        _vertical("lending", 2, 0.5, {"NG": 62, "GB": 20, "US": 18}, [
            (Activity("loan", "loan_disbursement", "self", _APP_WEB, 420, 0.6, "round",
                rhythm="office"), 24),
            (Activity("repay", "payment", "house", _APP_WEB, 60, 0.5, "bill", rhythm="online"), 76),
        ]),
    ]  # fmt: skip


VERTICALS: Final = {vertical.name: vertical for vertical in _lines()}
