"""What habits say of a transaction, and when they say nothing."""

import random
from dataclasses import replace

import pytest

from features.catalogue import CATALOGUE
from features.types import Type
from scoring.profiles.features import ENOUGH, FEW, SOME_PURCHASES, Asked, features_of_habits
from scoring.profiles.habits import MOST_BENEFICIARIES, MOST_MERCHANTS, Habits, Seen, learn
from scoring.profiles.reading import features_of
from scoring.tests.people import Person, asked

NOON = 1_777_809_600.0  # 2026-05-03 12:00 UTC, a Sunday
DAY = 86_400.0
NOW = Asked(occurred_at=NOON, amount=100.0, rate=1.0, offset_minutes=0.0)


def every_day(count, **fields):
    """One transaction a day at noon, the last of them yesterday."""
    usual = {"ordinary": True, "amount": 100.0, "usd": 100.0, "hour": 12, "weekday": 0, **fields}
    return [Seen(NOON - (count - day) * DAY, **usual) for day in range(count)]


def told(events, now=NOW, **changes):
    return features_of_habits(learn(Habits(), events), replace(now, **changes))


def test_of_somebody_unknown_nothing_is_said_but_that():
    for profile in (None, b""):
        given = replace(NOW, device_given=True, merchant=[b"m" * 16], values={"country": "NG"})
        assert features_of(profile, given) == {"transactions_in_profile": 0.0}


def test_of_somebody_never_approved_it_says_when_they_tried():
    tries = [Seen(NOON - 60, False, amount=5.0, device=1), Seen(NOON - 5, False)]
    assert told(tries, device_given=True) == {
        "first_transaction_date": NOON - 60,
        "last_transaction_at": NOON - 5,
        "transactions_in_profile": 0.0,
    }


def test_a_new_customer_is_not_punished_for_having_no_history():
    first = [Seen(NOON - 60, True, amount=10.0, usd=10.0, hour=12, weekday=6, category="food",
                  country="NG", network=1, merchant=b"m" * 16)]  # fmt: skip
    now = replace(
        NOW, amount=5e6, device_given=True, device=9, values={"current_merchant_category": "games"}
    )
    assert set(told(first, now)) == {
        "first_transaction_date",
        "last_transaction_at",
        "transactions_in_profile",
        "last_asn_number",
    }


def test_a_transaction_late_behind_the_others_is_not_said_to_follow_them():
    found = told(every_day(10), occurred_at=NOON - 20 * DAY)
    assert not {"first_transaction_date", "last_transaction_at"} & set(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("avg_transaction_amount", 200.0),
        ("max_transaction_amount", 600.0),
        ("transaction_amount_stddev", 200.0),
        ("large_transaction_ratio", 0.0),
        ("round_amount_ratio", 2 / 6),
        ("refund_ratio", 1 / 6),
        ("charity_donation_ratio", 1 / 5),
    ],
)
def test_amounts_are_in_the_transactions_currency_and_shares_of_what_is_known(name, value):
    amounts = [(50.0, None), (50.0, "8398"), (50.0, "5411"), (50.0, "5411"), (100.0, "5411"),
               (300.0, "5411")]  # fmt: skip
    events = [
        Seen(NOON - 60, True, amount=amount, usd=1.0, mcc=mcc, refund=amount == 100.0,
             whole=amount >= 100.0)
        for amount, mcc in amounts
    ]  # fmt: skip
    assert told(events, rate=2.0)[name] == pytest.approx(value)


@pytest.mark.parametrize(
    "name",
    [
        "avg_transaction_amount",
        "transaction_amount_stddev",
        "max_transaction_amount",
        "large_transaction_ratio",
        "round_amount_ratio",
    ],
)
def test_averages_and_shares_wait_for_a_few_transactions(name):
    assert name not in told(every_day(FEW - 1))
    assert name in told(every_day(FEW))


def test_without_a_rate_no_amount_is_said():
    found = told(every_day(30), rate=None)
    assert "avg_transaction_amount" not in found
    assert "round_amount_ratio" in found


class TestRhythm:
    WORKDAYS = [
        Seen(NOON - day * DAY, True, hour=12, weekday=(6 - day) % 7)
        for day in range(1, 120)
        if (6 - day) % 7 < 5
    ]

    def test_night_and_sunday_are_unusual_for_who_acts_at_noon_on_workdays(self):
        found = told(self.WORKDAYS, occurred_at=NOON + 15 * 3600 - DAY)  # Sunday 03:00
        assert found["unusual_time_of_day"] is True
        assert found["unusual_day_of_week"] is True

    def test_a_little_earlier_is_not(self):
        found = told(self.WORKDAYS, occurred_at=NOON + DAY - 3600)  # Monday 11:00
        assert found["unusual_time_of_day"] is False
        assert found["unusual_day_of_week"] is False

    def test_the_customers_own_clock_counts(self):
        late = {"occurred_at": NOON + DAY + 9 * 3600}  # Monday 21:00 UTC
        assert told(self.WORKDAYS, **late)["unusual_time_of_day"] is True
        assert told(self.WORKDAYS, **late, offset_minutes=-540.0)["unusual_time_of_day"] is False

    @pytest.mark.parametrize("name", ["unusual_time_of_day", "unusual_day_of_week"])
    def test_it_takes_enough_history_and_a_local_time(self, name):
        assert name not in told(self.WORKDAYS[: ENOUGH - 1])
        assert name in told(self.WORKDAYS[:ENOUGH])
        assert name not in told(self.WORKDAYS, offset_minutes=None)


class TestDevices:
    USED = [Seen(NOON - 90 * DAY, True, device=1), Seen(NOON - 10 * DAY, True, device=2)]

    @pytest.mark.parametrize(
        ("events", "now", "expected"),
        [
            (USED, {"device_given": True, "device": 2}, False),
            (USED, {"device_given": True, "device": 3}, True),
            (USED, {"device_given": True, "device": None}, True),  # new to the institution
            (USED, {}, None),  # no device given
            ([Seen(NOON - DAY, True)], {"device_given": True}, None),  # none before, either
            ([Seen(NOON - DAY, False, device=3)], {"device_given": True, "device": 3}, None),
        ],
    )
    def test_a_device_is_new_to_who_used_others(self, events, now, expected):
        assert told(events, **now).get("device_is_new") is expected

    def test_a_declined_fraud_does_not_make_its_device_known(self):
        events = [*self.USED, Seen(NOON - 60, False, device=9)]
        assert told(events, device_given=True, device=9)["device_is_new"] is True

    def test_changes_are_the_devices_begun_lately_but_for_the_first(self):
        assert told(self.USED)["device_changes_count"] == 1.0
        assert told(self.USED, occurred_at=NOON + 40 * DAY)["device_changes_count"] == 0.0
        assert told(self.USED[1:])["device_changes_count"] == 0.0


class TestCategories:
    BOUGHT = every_day(SOME_PURCHASES - 1, category="5411") + every_day(1, category="5812")

    def test_those_bought_in_before_are_usual(self):
        assert told(self.BOUGHT)["usual_merchant_categories"] == ("5411", "5812")

    def test_who_meets_new_ones_all_the_time_has_no_usual_ones(self):
        events = [seen for number in range(15) for seen in every_day(1, category=f"c{number}")]
        assert "usual_merchant_categories" not in told(events)

    def test_it_takes_some_purchases(self):
        assert "usual_merchant_categories" not in told(self.BOUGHT[1:])

    def test_a_category_too_long_to_be_kept_is_not_called_unusual(self):
        values = {"current_merchant_category": "everything under the sun and more"}
        assert "usual_merchant_categories" not in told(self.BOUGHT, values=values)


class TestPayees:
    @pytest.mark.parametrize(
        ("name", "field", "most"),
        [
            ("merchant_is_new", "merchant", MOST_MERCHANTS),
            ("beneficiary_is_new", "beneficiary", MOST_BENEFICIARIES),
        ],
    )
    def test_one_paid_before_is_known_and_another_new_until_some_are_forgotten(
        self, name, field, most
    ):
        def digest(number):
            return bytes([number]) * 16

        events = [Seen(NOON - 99 + n, True, **{field: digest(n)}) for n in range(1, most + 1)]
        assert told(events, **{field: [digest(1)]})[name] is False
        assert told(events, **{field: [digest(77)]})[name] is True
        assert told(events, **{field: [digest(77), digest(1)]})[name] is False  # an older key's
        more = [*events, Seen(NOON, True, **{field: digest(99)})]
        assert name not in told(more, **{field: [digest(1)]})
        assert told(more, **{field: [digest(2)]})[name] is False


class TestChargebacks:
    def test_those_that_became_known_within_a_year_are_counted(self):
        known = (NOON - 400 * DAY, NOON - 300 * DAY, NOON - DAY, NOON + DAY)
        events = [Seen(NOON - 500 * DAY, False, charged_back_at=at) for at in known]
        found = told([*events, *every_day(16)])
        assert found["chargebacks_last_year"] == 2.0
        assert found["chargeback_ratio"] == 4 / 20

    def test_of_who_had_none_nothing_is_said(self):
        assert not {"chargebacks_last_year", "chargeback_ratio"} & set(told(every_day(30)))


class TestTakeovers:
    @pytest.mark.parametrize(
        ("days_ago", "times"), [([1], 1), ([1, 1, 2, 8], 1), ([1, 8], 2), ([1, 30, 33, 90], 3)]
    )
    def test_frauds_within_a_week_of_each_other_are_one_takeover(self, days_ago, times):
        events = [Seen(NOON - day * DAY, False, taken_over=True) for day in days_ago]
        assert told(events)["account_takeover_count"] == times

    def test_of_whom_none_is_known_nothing_is_said(self):
        assert "account_takeover_count" not in told(every_day(30))


class TestReturns:
    def bought(self, purchases, refunds):
        return [
            Seen(NOON - n - 1, True, purchase=n < purchases, refund=n >= purchases)
            for n in range(purchases + refunds)
        ]

    @pytest.mark.parametrize(
        ("purchases", "refunds", "rate"), [(8, 2, 0.25), (5, 0, 0.0), (5, 7, 1.0), (4, 2, None)]
    )
    def test_it_is_refunds_for_each_of_some_purchases(self, purchases, refunds, rate):
        assert told(self.bought(purchases, refunds)).get("return_rate") == rate


class TestPlaces:
    HERE = [Seen(NOON - 40 * DAY, True, place=(6.5, 3.4)),
            Seen(NOON - 3600, True, place=(9.1, 7.4), network=7)]  # fmt: skip

    def test_it_tells_where_and_when_the_customer_was_last(self):
        found = told(self.HERE, values={"latitude": 6.5})
        assert (found["last_latitude"], found["last_longitude"]) == (9.1, 7.4)
        assert found["last_location_at"] == NOON - 3600
        assert found["last_asn_number"] == 7.0
        assert found["location_changes_count"] == 1.0

    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({}, "the place comes from the address now, from the device then"),
            ({"latitude": 6.5, "last_latitude": 1.0}, "the client says where"),
            ({"latitude": 6.5, "hours_since_last_transaction": 1.0}, "the client says when"),
            ({"latitude": 6.5, "hours_since_last_location": 1.0}, "the client says when"),
            ({"latitude": 6.5, "last_location_at": NOON - 60}, "the client says when"),
        ],
    )
    def test_it_does_not_mix_its_own_with_others(self, values, why):
        assert "last_latitude" not in told(self.HERE, values=values), why

    def test_a_place_later_than_the_transaction_is_not_said(self):
        found = told(self.HERE, occurred_at=NOON - 7200, values={"latitude": 6.5})
        assert "last_latitude" not in found


def test_whatever_it_says_is_of_its_features_type_and_within_bounds():
    types = {Type.BOOLEAN: bool, Type.STRINGS: tuple}
    for seed in range(30):
        held = Habits()
        for seen in Person(random.Random(seed)).days(120):  # noqa: S311
            for name, value in features_of_habits(held, asked(seen)).items():
                feature = CATALOGUE[name]
                assert type(value) is types.get(feature.type, float), name
                if isinstance(value, float):
                    assert feature.bounds[0] <= value <= feature.bounds[1], name
                assert feature.gathered_from, name
            learn(held, [seen])
