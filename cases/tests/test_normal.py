"""What is normal for a customer, drawn from habits. Pure."""

import pytest

from cases.customers.normal import HEIGHT, WIDTH, Transacted, sides
from scoring.profiles.habits import Habits, Seen, learn

DAY = 86_400.0


def customer(number: int = 30, *, hours=(12, 13, 14), amount: float = 1_000.0) -> Habits:
    """Pays about the same at midday, with two devices, in Nigeria."""
    return learn(
        Habits(),
        [
            Seen(
                occurred_at=n * DAY,
                ordinary=True,
                amount=amount * (1 + n % 3 / 10),
                hour=hours[n % len(hours)],
                weekday=n % 7,
                device=1 + n % 2,
                country="NG",
                channel="app",
                beneficiary=bytes([n % 3]) * 16,
                place=(6.5, 3.4),
                network=29465,
            )
            for n in range(number)
        ],
    )


LAGOS = {"latitude": 6.5, "longitude": 3.4, "ip_latitude": 6.5, "ip_city": "Lagos"}


def transacted(amount: float = 1_000.0, device: int | None = 1, **values) -> Transacted:
    known = {"hour": 13.0, "ip_country": "NG", "transaction_channel": "app", **LAGOS}
    known |= {"asn_number": 29465.0, **values}
    return Transacted(amount, "NGN", device, known)


def found(habits, what) -> dict:
    return {side.name: side for side in sides(habits, what)}


def test_of_a_stranger_nothing_is_normal():
    assert sides(Habits(), transacted()) == []


def test_an_ordinary_transaction_is_marked_as_ordinary():
    shown = found(customer(), transacted(beneficiary_is_new=False))
    assert {name: side.unusual for name, side in shown.items()} == {
        "Amount": False,
        "Hour": False,
        "Country": False,
        "Place": False,
        "Device": False,
        "Channel": False,
        "Payee": False,
    }


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Amount", transacted(90_000.0)),
        ("Hour", transacted(hour=3.0)),
        ("Country", transacted(ip_country="GH")),
        ("Place", transacted(latitude=9.1, longitude=7.4)),
        ("Place", transacted(asn_number=1.0)),
        ("Device", transacted(device=9)),
        ("Channel", transacted(transaction_channel="web")),
        ("Payee", transacted(beneficiary_is_new=True)),
    ],
)
def test_each_side_tells_what_is_unusual_on_it(name, what):
    assert found(customer(), what)[name].unusual is True


def test_of_few_transactions_amounts_and_hours_are_shown_but_not_judged():
    shown = found(customer(5), transacted(90_000.0, hour=3.0))
    assert (shown["Amount"].unusual, shown["Hour"].unusual) == (None, None)


@pytest.mark.parametrize("amount", [0.01, 1_000.0, 1e15])
def test_the_mark_and_the_usual_range_stay_in_the_picture(amount):
    picture = found(customer(), transacted(amount))["Amount"].amount
    assert 0 <= picture.band_x <= picture.middle <= picture.band_x + picture.band_width <= WIDTH
    assert 0 <= picture.mark <= WIDTH


def test_a_higher_amount_stands_further_to_the_right():
    usual, high = (
        found(customer(), transacted(amount))["Amount"].amount for amount in (1_100.0, 50_000.0)
    )
    assert usual.mark <= usual.band_x + usual.band_width < WIDTH
    assert high.mark > high.band_x + high.band_width


def test_the_hours_are_bars_in_the_picture_with_one_marked():
    bars = found(customer(), transacted(hour=3.0))["Hour"].hours
    assert [bar.hour for bar in bars if bar.marked] == [3]
    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.1 for bar in bars)
    assert max(bars, key=lambda bar: bar.height).hour in {12, 13, 14}
    assert "from" in found(customer(), transacted())["Hour"].usual


def test_habits_around_midnight_are_one_stretch():
    usual = found(customer(hours=(23, 0, 1)), transacted())["Hour"].usual
    assert usual.startswith("100% from ")
    start = int(usual.removeprefix("100% from ")[:2])
    assert start in range(18, 23)


@pytest.mark.parametrize(
    "what",
    [
        Transacted(0.0, "NGN", None, {}),
        Transacted(1.0, "NGN", None, {"hour": "noon", "ip_country": 7.0, "country": ""}),
    ],
)
def test_what_is_not_told_is_not_judged(what):
    assert not any(side.unusual for side in sides(customer(), what))
    assert found(customer(), what)["Country"].now == "not told"


# -- places -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "now", "unusual"),
    [
        ({}, "Lagos area: usual; network usual", False),
        ({"latitude": 6.4}, "area: usual; network usual", False),  # not the address's place
        (
            {"latitude": 9.1, "longitude": 7.4},
            "area: new, 440 km from the usual; network usual",
            True,
        ),
        ({"latitude": 7.2}, "area: beside the usual; network usual", False),
        ({"asn_number": 1.0}, "Lagos area: usual; network new", True),
        ({"latitude": None}, "network usual", False),
        ({"latitude": None, "asn_number": None}, "not told", None),
    ],
)
def test_a_place_is_told_by_its_area_and_network(values, now, unusual):
    side = found(customer(), transacted(**values))["Place"]
    assert (side.usual, side.now, side.unusual) == ("1 area, 1 network", now, unusual)


def test_the_far_side_of_the_date_line_is_near():
    habits = learn(Habits(), [Seen(occurred_at=0.0, ordinary=True, place=(-17.5, 179.5))])
    side = found(habits, transacted(latitude=-17.5, longitude=-179.9, ip_latitude=-17.5))["Place"]
    assert side.now == "Lagos area: beside the usual"


def test_without_known_areas_nothing_is_said_of_places():
    habits = learn(Habits(), [Seen(occurred_at=0.0, ordinary=True, amount=5.0)])
    assert "Place" not in found(habits, transacted())
