"""Cards whose numbers were stolen."""

from random import Random

from intake.synthetic.acts import Act, Session, Strain, at_merchant
from intake.synthetic.people import Card, Customer, card
from intake.synthetic.places import COUNTRIES
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import HOUR, MINUTE
from intake.synthetic.trade import FENCED, Merchant, price
from intake.synthetic.typologies.stage import Crew, Plot, Stage, forced


def card_testing(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A script tries a list of stolen cards with small sums at one soft shop; hours later those
    that worked pay for what can be sold on."""
    land = stage.land(rng, line)
    at = stage.begin(rng, land.zone, "flat", 2)
    age = lognormal(rng, 1.2, 1.0)
    tester = stage.newcomer(line, rng, at=at, age_days=age, country=land.code)
    script = stage.session(rng, crew, tester, human=rng.uniform(0.0, 0.5))
    soft = stage.shop(rng, tester, ("apps", "charity", "games", "books"))
    plot, good = Plot([], []), []
    for _ in range(rng.randrange(8, 22)):
        at += lognormal(rng, 0.9, 0.8) * MINUTE
        stolen = _stolen(rng, stage, tester, at)
        made = _pay(stage, tester, at, rng, stolen, script, soft, rng.uniform(0.7, 4.0))
        plot.fraud.append(made)
        if chance(rng, 0.22):
            good.append(stolen)
    at += rng.uniform(0.5, 20) * HOUR
    for stolen in good[:4]:
        at += lognormal(rng, 12, 0.8) * MINUTE
        shop = stage.shop(rng, tester, FENCED)
        usd = price(rng, shop.category, shop.level, max(0.3, tester.standard)) * rng.uniform(1.5, 3)
        person = script._replace(human=0.8)
        plot.fraud.append(_pay(stage, tester, at, rng, stolen, person, shop, usd))
    return plot


def triangulation(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """The crew sells goods that it does not have; whenever somebody orders, it buys them elsewhere
    with a stolen card and has them sent to its buyer. One account, many cards, many addresses."""
    land = stage.land(rng, line)
    at = stage.begin(rng, land.zone, "office", 20)
    age = lognormal(rng, 25, 0.8)
    front = stage.newcomer(line, rng, at=at, age_days=age, country=land.code)
    session = stage.session(rng, crew, front)
    shop = stage.shop(rng, front, FENCED)
    seller = stage.economy.sellers[front.country.code].pick(rng)
    plot = Plot([], [])
    for _ in range(rng.randrange(6, 16)):
        at += lognormal(rng, 18, 0.8) * HOUR
        buyer = stage.victim(rng, line)
        usd = price(rng, shop.category, shop.level, front.standard) * rng.uniform(0.8, 1.5)
        made = _pay(stage, front, at, rng, _stolen(rng, stage, front, at), session, shop, usd)
        made.seller = seller if made.merchant is None else None
        made.ship_to = buyer.address
        plot.fraud.append(made)
    return plot


def collusive_merchant(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A small shop rings up sales that never were, with bought card numbers, at hours when it is
    closed, in sums somewhat above its own; it is paid out before the cards' owners complain."""
    land = stage.land(rng, line)
    shop = stage.economy.shops[land.code].items[-rng.randrange(1, 25)]
    at = stage.begin(rng, land.zone, "evening", 12)
    plot = Plot([], [])
    strawmen = [
        stage.newcomer(line, rng, age_days=lognormal(rng, 40, 0.9), at=at, country=land.code)
        for _ in range(rng.randrange(2, 6))
    ]
    for _ in range(rng.randrange(10, 24)):
        at += (lognormal(rng, 7, 0.9) * MINUTE) if chance(rng, 0.8) else rng.uniform(14, 40) * HOUR
        payer = rng.choice(strawmen)
        usd = price(rng, shop.category, shop.level, payer.standard) * rng.uniform(1.5, 5)
        made = forced(payer, "pos", at, rng, usd=1, session=None)
        made.card = _stolen(rng, stage, payer, at)
        plot.fraud.append(at_merchant(made, shop, rng, usd=usd))
    return plot


def _stolen(rng: Random, stage: Stage, holder: Customer, at: float) -> Card:
    """A stranger's card; from another country than the account's half of the time."""
    land = holder.country if chance(rng, 0.55) else COUNTRIES[rng.choice(("GB", "US", "DE", "FR"))]
    return card(rng, land, at - rng.uniform(1, 20) * MINUTE, stage.settings.end)


def _pay(
    stage: Stage,
    payer: Customer,
    at: float,
    rng: Random,
    stolen: Card,
    session: Session,
    shop: Merchant,
    usd: float,
) -> Act:
    names = payer.vertical.activities
    name = next(name for name in ("online", "item", "buy", "stake_in") if name in names)
    made = forced(payer, name, at, rng, usd=usd, session=session, strain=Strain())
    made.card = stolen
    if names[name].party == "webshop":
        at_merchant(made, shop, rng, usd=usd)
    elif names[name].party == "seller":
        made.seller = stage.economy.sellers[payer.country.code].pick(rng)
    return made
