"""What somebody does, before it is written down as a client would send it."""

from dataclasses import dataclass
from random import Random
from typing import Final, NamedTuple

from intake.synthetic import money
from intake.synthetic.devices import Device
from intake.synthetic.network import Address
from intake.synthetic.people import Card, Customer, Payee
from intake.synthetic.places import City
from intake.synthetic.randomness import chance
from intake.synthetic.settings import DAY, MINUTE
from intake.synthetic.trade import TRADES, Merchant, Seller
from intake.synthetic.verticals import Activity


class Story(NamedTuple):
    """One fraud from its plan to its end: a typology acted out once. Each of its transactions is
    reported `delay_days` after it took place, unless nobody ever reports the fraud."""

    number: int
    typology: str
    reported: bool
    delay_days: float


class Session(NamedTuple):
    """Whose device, through which line, where, and how it is handled."""

    device: Device
    address: Address
    city: City
    latitude: float
    longitude: float
    human: float = 1.0  # how much like a person: 1 is one, 0 a script


class Strain(NamedTuple):
    """What else the client notices. The zeros are what it notices on most days."""

    failed_logins: int = 0
    on_the_phone: bool = False
    remote_control: bool = False


CALM: Final = Strain()


@dataclass(slots=True)
class Act:
    """One transaction to come. What is None is decided when it is written down, by habit."""

    at: float
    customer: Customer
    activity: Activity
    channel: str
    amount: float  # in the customer's currency
    merchant: Merchant | None = None
    seller: Seller | None = None
    payee: Payee | None = None
    agent_id: str | None = None
    card: Card | None = None
    session: Session | None = None
    strain: Strain | None = None
    ship_to: str | None = None
    refund_of: float | None = None  # when the refunded purchase was made
    empties: float | None = None  # share of the balance that is taken
    holds: float = 0.0  # what the account holds at least, whoever filled it
    bank_account: str | None = None
    story: Story | None = None


def act(
    customer: Customer, name: str, at: float, rng: Random, *, usd: float, channel: str = ""
) -> Act:
    """An act of one of the vertical's kinds, its amount written in the form of its kind."""
    activity = customer.vertical.activities[name]
    return Act(
        at,
        customer,
        activity,
        channel or channel_of(customer, activity, rng),
        money.write(rng, customer.country, usd, activity.form),
        card=_card(customer, at, rng) if activity.card else None,
    )


def _card(customer: Customer, at: float, rng: Random) -> Card:
    """The first one, mostly."""
    cards = [card for card in customer.cards if card.added <= at] or customer.cards
    return cards[0] if chance(rng, 0.75) else rng.choice(cards)


def channel_of(customer: Customer, activity: Activity, rng: Random) -> str:
    """Mostly the same one. Without a smartphone there are no apps: one dials, or has a computer."""
    channel = activity.channels.at(customer.taste if chance(rng, 0.85) else rng.random())
    if channel == "app" and not customer.smartphone:
        items = activity.channels.items
        return "ussd" if "ussd" in items else "web" if "web" in items else channel
    return channel


def at_merchant(act: Act, merchant: Merchant, rng: Random, *, usd: float | None = None) -> Act:
    """The act with its merchant; a price as it is usual there when none is given."""
    act.merchant = merchant
    if usd is not None:
        act.amount = money.write(rng, act.customer.country, usd, TRADES[merchant.category].form)
    return act


def new_payee(customer: Customer, payee: Payee) -> Payee:
    customer.payees.append(payee)
    return payee


def shortly_before(rng: Random, at: float) -> float:
    """When a payee was added who is paid for the first time: mostly minutes, at times a day ago."""
    return at - (rng.uniform(1, 30) * MINUTE if chance(rng, 0.75) else rng.random() * DAY)
