"""Customers who cheat the shop or the house."""

from random import Random

from intake.synthetic import habits
from intake.synthetic.acts import Act, Session, act, at_merchant
from intake.synthetic.people import Customer, bank_account
from intake.synthetic.randomness import chance, lognormal
from intake.synthetic.settings import DAY, HOUR, MINUTE
from intake.synthetic.trade import FENCED, price
from intake.synthetic.typologies.stage import Crew, Plot, Stage, forced, typical


def bonus_abuse(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A farm of accounts for the welcome bonus: the least deposit, a few sure bets or gifts to
    another account of one's own, and out with it; a handful of devices, one bank account."""
    land = stage.land(rng, line)
    at = stage.begin(rng, land.zone, "evening", 5)
    session: Session | None = None
    account = bank_account(rng)
    collector = stage.mule(rng, crew, at)
    plot = Plot([], [])
    for _ in range(rng.randrange(3, 8)):
        at += lognormal(rng, 50, 1.0) * MINUTE
        age = lognormal(rng, 25, 0.8) * MINUTE / DAY
        player = stage.newcomer(line, rng, at=at, age_days=age, country=land.code)
        if session is None or chance(rng, 0.3):
            session = stage.session(rng, crew, player, human=rng.uniform(0.4, 0.9))
        enter, leave = ("stake_in", "winnings") if line == "betting" else ("wallet", "gift")
        deposit = typical(player, enter) * rng.uniform(0.5, 0.8)
        plot.fraud.append(forced(player, enter, at, rng, usd=deposit, session=session))
        if line == "betting":
            for _ in range(rng.randrange(1, 3)):
                at += lognormal(rng, 6, 0.7) * MINUTE
                plot.fraud.append(
                    forced(player, "stake", at, rng, usd=deposit / 2, session=session)
                )
        at += lognormal(rng, 30, 0.9) * MINUTE
        out = forced(player, leave, at, rng, usd=deposit * rng.uniform(1.2, 2.2), session=session)
        out.bank_account = account
        if out.activity.party == "payee":
            out.payee = collector
        plot.fraud.append(out)
    return plot


def refund_abuse(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """Buys dear things and claims at once that they never came, or sends back a brick. The refunds
    are quick and whole; after some of them the account is left for another one."""
    person = stage.newcomer(line, rng, age_days=lognormal(rng, 50, 0.8))
    at = stage.begin(rng, person.city.zone, "online", 14)
    plot = Plot([], [])
    name = "buy" if line == "marketplace" else "online"
    for _ in range(rng.randrange(3, 8)):
        at = stage.awake(rng, at + lognormal(rng, 30, 0.8) * HOUR, person.city.zone)
        purchase = _dear(stage, person, name, at, rng)
        plot.cover.append(purchase)
        wait = lognormal(rng, 4, 0.8) * HOUR
        plot.fraud.append(habits.refunded(purchase, at + wait, rng))
    return plot


def _dear(stage: Stage, person: Customer, name: str, at: float, rng: Random) -> Act:
    purchase = act(person, name, at, rng, usd=1)
    if name == "buy":
        seller = stage.economy.sellers[person.country.code].pick(rng)
        purchase.seller = seller
        usd = price(rng, seller.category, seller.level, person.standard) * rng.uniform(2, 5)
        purchase.amount = act(person, name, at, rng, usd=usd).amount
        return purchase
    shop = stage.shop(rng, person, FENCED)
    usd = price(rng, shop.category, shop.level, person.standard) * rng.uniform(1.2, 3)
    return at_merchant(purchase, shop, rng, usd=usd)


def friendly_fraud(stage: Stage, crew: Crew, rng: Random, line: str) -> Plot:
    """A customer disputes purchases that were their own, or a child's. Nothing looks wrong on the
    day, but who got through with it does it again."""
    person = stage.victim(rng, line)
    at = stage.begin(rng, person.city.zone, "online", 30)
    person.chargebacks += int(chance(rng, 0.4))
    plot = Plot([], [])
    name = next(n for n in ("online", "buy", "item") if n in person.vertical.activities)
    for _ in range(rng.randrange(1, 5)):
        at = stage.awake(rng, at + lognormal(rng, 3, 1.0) * DAY, person.city.zone)
        made = habits.usual(person, name, at, stage.economy, rng)
        made.amount = act(
            person, name, at, rng, usd=made.amount / person.country.per_usd * rng.uniform(1.2, 3)
        ).amount
        plot.fraud.append(made)
    return plot
