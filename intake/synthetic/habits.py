"""What honest people do: a customer's days, with their oddities."""

from collections.abc import Iterator
from math import ceil
from random import Random
from typing import Final

from intake.synthetic import clock, lending
from intake.synthetic.acts import Act, act, at_merchant, new_payee, shortly_before
from intake.synthetic.clock import day_of_month, weekday
from intake.synthetic.people import Customer, Payee, card, issuing
from intake.synthetic.randomness import Weighted, chance, lognormal, poisson
from intake.synthetic.settings import DAY, HOUR, MINUTE, Settings
from intake.synthetic.trade import Economy, Merchant, price
from intake.synthetic.verticals import Activity

_SPREE: Final = 0.07  # of transactions, soon followed by another
_RETRY: Final = 0.003  # of transactions, made twice by mistake or impatience
_NEW_CARD: Final = 0.01  # of card payments, made with one that was added for it
_BIG: Final = 0.008  # of amounts, several times the usual: rent, furniture, a wedding


def plan(customer: Customer, settings: Settings, economy: Economy) -> list[Act]:
    """The customer's acts within the world's days, unsorted."""
    if customer.vertical.name == "lending":
        return lending.plan(customer, settings)
    rng = customer.rng
    acts: list[Act] = []
    for at_day in _days(customer, settings):
        acts.extend(_one(customer, at_day, economy, rng))
    acts.extend(_salaries(customer, settings, rng))
    if customer.opened > settings.start and chance(rng, 0.75):  # an account is opened to be used
        kinds = [name for name in customer.vertical.mix.items if name != "refund"]
        at = customer.opened + lognormal(rng, 40, 1.3) * MINUTE
        acts.append(usual(customer, rng.choice(kinds), at, economy, rng))
    return [a for a in acts if _possible(a, settings)]


def _days(customer: Customer, settings: Settings) -> Iterator[int]:
    """Days since 1970 on which something happens, by the week's and the month's rhythm."""
    first = int(max(settings.start, customer.opened) // DAY)
    days = range(first, ceil(settings.end / DAY))
    line = customer.vertical
    week = clock.WEEKS["work" if customer.business else line.week]
    weights = [week[weekday(day)] * _salary_effect(customer, day) for day in days]
    mean = line.weekly * customer.pace * sum(weights) / 7
    chosen = Weighted(zip(days, weights, strict=True))
    for _ in range(poisson(customer.rng, mean)):
        yield chosen.pick(customer.rng)


def _salary_effect(customer: Customer, day: int) -> float:
    """People spend more in the week after pay-day, less in the one before."""
    since = (day_of_month(day) - customer.salary_day) % 30
    return 1.35 if since < 6 else 0.85 if since > 22 else 1.0


def _possible(a: Act, settings: Settings) -> bool:
    """Within the world's days, after the account was opened, and not on the way to somewhere."""
    return (
        max(settings.start, a.customer.opened + 5 * MINUTE) <= a.at < settings.end
        and not any(trip.begin - 10 * HOUR < a.at < trip.begin for trip in a.customer.trips)
        and not any(trip.end - 10 * HOUR < a.at < trip.end for trip in a.customer.trips)
    )


def _one(customer: Customer, day: int, economy: Economy, rng: Random) -> Iterator[Act]:
    name = customer.vertical.mix.pick(rng)
    if name == "refund":
        yield from _refund(customer, day, economy, rng)
        return
    activity = customer.vertical.activities[name]
    at = _moment(customer, activity, day, rng)
    first = usual(customer, name, at, economy, rng)
    yield first
    if chance(rng, _RETRY):
        yield _again(first, at + rng.uniform(8, 240))
    while chance(rng, _SPREE):
        at += lognormal(rng, 14, 0.9) * MINUTE
        yield usual(customer, name, at, economy, rng)


def _moment(customer: Customer, activity: Activity, day: int, rng: Random) -> float:
    trip = customer.city_at(day * DAY + DAY / 2)
    return clock.moment(rng, day, trip.zone, activity.rhythm, customer.shift)


def usual(customer: Customer, name: str, at: float, economy: Economy, rng: Random) -> Act:
    """One act of a kind, with whom and for how much it is the customer's habit."""
    activity = customer.vertical.activities[name]
    made = act(customer, name, at, rng, usd=_sum(customer, activity, rng))
    if made.card is not None and chance(rng, _NEW_CARD):
        land = issuing(rng, customer.country)
        made.card = card(rng, land, max(customer.opened, shortly_before(rng, at)), economy.end)
        customer.cards.append(made.card)
    if activity.party in {"shop", "webshop", "biller"}:
        merchant = _merchant(customer, activity.party, economy, rng)
        made.merchant = merchant
        cost = price(rng, merchant.category, merchant.level, customer.standard)
        at_merchant(made, merchant, rng, usd=cost * customer.wealth**0.4 * _size(rng))
    elif activity.party == "seller":
        seller = economy.sellers[customer.country.code].pick(rng)
        made.seller = seller
        cost = price(rng, seller.category, seller.level, customer.standard)
        made.amount = act(customer, name, at, rng, usd=cost * _size(rng)).amount
    elif activity.party == "payee":
        made.payee = _payee(customer, at, economy, rng)
    elif activity.party == "agent":
        made.agent_id = _agent(customer, economy, rng)
        if customer.vertical.name == "remittance":
            made.payee = _payee(customer, at, economy, rng)
    return made


def _sum(customer: Customer, activity: Activity, rng: Random) -> float:
    """In USD; 1 where the merchant's price decides later."""
    if not activity.median:
        return 1.0
    means = (customer.wealth * customer.standard) ** 0.85
    return lognormal(rng, activity.median * means, activity.sigma * 0.75) * _size(rng)


def _size(rng: Random) -> float:
    return rng.uniform(3, 9) if chance(rng, _BIG) else 1.0


def _merchant(customer: Customer, party: str, economy: Economy, rng: Random) -> Merchant:
    """A favourite, mostly; abroad whatever is there."""
    code = customer.country.code
    if party == "biller":
        return economy.billers[code].pick(rng)
    if party == "webshop":
        if chance(rng, 0.72):
            return rng.choice(customer.webshops)
        return economy.websites(customer.vertical.name, code).pick(rng)
    return rng.choice(customer.shops) if chance(rng, 0.7) else economy.shops[code].pick(rng)


def _payee(customer: Customer, at: float, economy: Economy, rng: Random) -> Payee:
    """Somebody paid before, mostly the first ones; one in ten is new."""
    known = [payee for payee in customer.payees if payee.added < at - HOUR]
    if known and not chance(rng, 0.1):
        return known[int(len(known) * rng.random() ** 2)]
    account = economy.payee(rng, customer.country.code, at)
    return new_payee(customer, Payee(account, shortly_before(rng, at)))


def _agent(customer: Customer, economy: Economy, rng: Random) -> str:
    if chance(rng, 0.8):
        return rng.choice(customer.agent_ids)
    return economy.agents[customer.country.code].pick(rng)


def _again(first: Act, at: float) -> Act:
    """The same once more: a double click, a second try after a time-out."""
    return Act(
        at,
        first.customer,
        first.activity,
        first.channel,
        first.amount,
        merchant=first.merchant,
        seller=first.seller,
        payee=first.payee,
        agent_id=first.agent_id,
        card=first.card,
    )


def _refund(customer: Customer, day: int, economy: Economy, rng: Random) -> Iterator[Act]:
    """A purchase of some days ago comes back, now and then within the hour."""
    refund = customer.vertical.activities["refund"]
    bought = next(
        name
        for name, activity in customer.vertical.activities.items()
        if activity.type == "purchase" and activity.party == refund.party
    )
    at = _moment(customer, refund, day, rng)
    purchase = usual(customer, bought, at, economy, rng)
    wait = rng.uniform(0.1, 5) * HOUR if chance(rng, 0.1) else lognormal(rng, 6, 0.6) * DAY
    yield purchase
    yield refunded(purchase, at + wait, rng)


def refunded(purchase: Act, at: float, rng: Random) -> Act:
    """The whole price, or that of one thing out of several."""
    customer = purchase.customer
    part = purchase.amount / customer.country.per_usd * rng.uniform(0.2, 0.8)
    back = act(customer, "refund", at, rng, usd=part)
    back.amount = min(back.amount, purchase.amount) if chance(rng, 0.15) else purchase.amount
    back.merchant, back.seller, back.card = purchase.merchant, purchase.seller, purchase.card
    back.refund_of = purchase.at
    return back


def _salaries(customer: Customer, settings: Settings, rng: Random) -> Iterator[Act]:
    """On pay-day, for most of those whose account takes a salary."""
    if "salary" not in customer.vertical.activities or not chance(rng, 0.7):
        return
    pay = customer.income * rng.uniform(0.85, 1.15)
    same = 0.0
    for day in range(int(settings.start // DAY), ceil(settings.end / DAY)):
        if day_of_month(day) != customer.salary_day:
            continue
        at = clock.moment(rng, day, customer.city.zone, "office")
        made = act(customer, "salary", at, rng, usd=pay)
        same = made.amount = same or made.amount
        yield made
