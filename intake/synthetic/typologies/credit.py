"""Money lent to people who never meant to pay it back."""

from random import Random

from intake.synthetic import habits, lending
from intake.synthetic.acts import Act, act, at_merchant
from intake.synthetic.people import Customer, bank_account
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import DAY, HOUR
from intake.synthetic.trade import FENCED, price
from intake.synthetic.typologies.stage import Crew, Plot, Stage, forced, typical


def loan_stacking(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """Several loans within days, before any lender can see the others: accounts under bought
    identities, opened from the crew's devices, all paid out to one or two bank accounts."""
    land = stage.land(rng, line)
    at = stage.begin(rng, land.zone, "office", 8)
    first = _bought(stage, rng, line, at, land.code)
    account = bank_account(rng)
    session = stage.session(rng, crew, first)
    plot, borrower = Plot([], []), first
    for number in range(rng.randrange(3, 8)):
        at += lognormal(rng, 9, 0.9) * HOUR
        if number and chance(rng, 0.7):
            borrower = _bought(stage, rng, line, at, land.code)
        usd = typical(borrower, "loan") * rng.uniform(1.2, 2.6)
        made = forced(borrower, "loan", at, rng, usd=usd, session=session)
        made.bank_account = account
        plot.fraud.append(made)
    return plot


def _bought(stage: Stage, rng: Random, line: str, at: float, country: str) -> Customer:
    """An account under somebody else's name, some days old when the loan is asked for."""
    age = 0.1 + lognormal(rng, 2, 1.0)
    return stage.newcomer(line, rng, at=at, age_days=age, country=country)


def synthetic_identity(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A person who does not exist: a real number with an invented name. Small loans are paid back
    for weeks to grow the limit; then the largest ones are drawn at once and the person is gone."""
    person = stage.newcomer(line, rng, age_days=lognormal(rng, 45, 0.6))
    person.credit_score = max(person.credit_score, rng.randrange(600, 720))
    at = stage.begin(rng, person.city.zone, "office", 1)
    plot = Plot([], [])
    small = typical(person, _draw(person)) * rng.uniform(0.3, 0.6)
    begin = max(stage.settings.start, person.opened) + rng.uniform(2, 40) * HOUR
    if line == "lending" and at - begin > 8 * DAY:
        plot.cover.extend(a for a in lending.loan(person, begin, small) if a.at < at)
    session = stage.session(rng, crew, person)
    for _ in range(rng.randrange(2, 6)):
        at += lognormal(rng, 4, 1.0) * HOUR
        usd = typical(person, _draw(person)) * rng.uniform(1.8, 4)
        made = forced(person, _draw(person), at, rng, usd=usd, session=session)
        if made.activity.party == "payee":
            made.payee = stage.mule(rng, crew, at)
        plot.fraud.append(made)
    return plot


def _draw(person: Customer) -> str:
    return "loan" if person.vertical.name == "lending" else "transfer"


def bust_out(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A customer of good standing for months, by plan: then within days everything that the cards
    give is spent on what can be sold again, and drawn in cash."""
    person = stage.newcomer(line, rng, age_days=lognormal(rng, 260, 0.5))
    at = stage.begin(rng, person.city.zone, "shop", 4)
    plot = Plot([], _ordinary(stage, person, at))
    for _ in range(rng.randrange(6, 15)):
        at = stage.awake(rng, at + lognormal(rng, 3.5, 0.9) * HOUR, person.city.zone)
        if line == "banking" and chance(rng, 0.25):
            usd = typical(person, "cash") * rng.uniform(2.5, 5)
            plot.fraud.append(act(person, "cash", at, rng, usd=usd))
            continue
        shop = stage.shop(rng, person, FENCED)
        usd = price(rng, shop.category, shop.level, person.standard) * rng.uniform(2.5, 6)
        plot.fraud.append(at_merchant(act(person, "online", at, rng, usd=usd), shop, rng, usd=usd))
    return plot


def _ordinary(stage: Stage, person: Customer, until: float) -> list[Act]:
    """The person's life before, like anybody's."""
    return [a for a in habits.plan(person, stage.settings, stage.economy) if a.at < until]
