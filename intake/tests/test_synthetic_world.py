"""The synthetic world: people with habits, frauds with a story, labels that come late."""

from collections import Counter, defaultdict
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import pytest
from django.conf import settings
from phonenumbers import is_valid_number, parse

from features.supplied import parse_moment
from intake.imports.decoding import decode
from intake.synthetic import labels
from intake.synthetic.columns import COLUMNS, FIELDS
from intake.synthetic.settings import DAY, HOUR, Settings
from intake.synthetic.typologies import TYPOLOGIES
from intake.synthetic.verticals import VERTICALS
from intake.synthetic.world import World
from intake.tests.synthetic_cast import END, frauds, genuine, stories, world


def seconds(text: str) -> float:
    return parse_moment(text).epoch


def local_hour(row) -> int:
    return int(row.fields["occurred_at"][11:13])


# --- The whole ------------------------------------------------------------------------------------
def test_the_door_takes_every_row_and_knows_every_field():
    for row in world():
        request = decode(row.fields, {})
        assert not request.extras
        assert request.utc_offset_minutes is not None


def test_numbers_are_exact_and_rows_come_in_the_order_of_time():
    rows = world()
    times = [seconds(row.fields["occurred_at"]) for row in rows]
    assert (len(rows), len(frauds())) == (24_000, 4_800)
    assert times == sorted(times)
    assert END - 90 * DAY <= times[0] < END - 89 * DAY
    assert END - DAY < times[-1] < END
    ids = [row.fields["transaction_id"] for row in rows]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("count", "rate", "expected"), [(300, 0.0, 0), (40, 0.01, 1), (500, 0.5, 250)]
)
def test_small_and_extreme_worlds_are_exact_too(count, rate, expected):
    rows = list(World(Settings(count, rate, 5, END)).rows())
    assert len(rows) == count
    assert sum(row.labels["true_fraud"] for row in rows) == expected


def test_one_seed_makes_one_world_and_another_seed_another():
    def rows(seed):
        return [(r.fields, r.labels) for r in World(Settings(400, 0.05, seed, END)).rows()]

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


def test_a_seeds_customers_stay_the_same_people_in_a_longer_or_later_world():
    def people(count, end):
        rows = World(Settings(count, 0.05, 1, end, days=14)).rows()
        return {
            r.fields["user_id"]: (r.fields["home_country"], r.fields.get("email")) for r in rows
        }

    one, other = people(300, END), people(500, END + 3 * DAY)
    both = one.keys() & other.keys()
    assert len(both) > len(one) * 0.6
    assert all(one[user] == other[user] for user in both)


def test_every_vertical_is_there_in_its_share_with_currencies_that_fit():
    rows = genuine()
    counts = Counter(row.fields["industry"] for row in rows)
    shares = sum(line.share for line in VERTICALS.values())
    for name, line in VERTICALS.items():
        assert 0.4 < counts[name] / len(rows) / (line.share / shares) < 2.2, name
        here = [row.fields for row in rows if row.fields["industry"] == name]
        assert {fields["home_country"] for fields in here} <= set(line.countries.items)
    currencies = {(r.fields["industry"] == "mobile_money", r.fields["currency"]) for r in rows}
    assert {code for mobile, code in currencies if not mobile} == {"NGN", "USD", "EUR", "GBP"}
    assert len({code for mobile, code in currencies if mobile}) > 4


def test_the_columns_of_a_file_are_those_that_rows_have():
    used = {name for row in world() for name in (*row.fields, *row.labels)}
    assert used == set(COLUMNS)


# --- Sense ----------------------------------------------------------------------------------------
def test_nothing_happens_before_the_account_is_opened_or_after_the_moment():
    for row in world():
        fields = row.fields
        at, opened = seconds(fields["occurred_at"]), seconds(fields["account_created_at"])
        assert opened <= at
        for name in ("password_changed_at", "email_changed_at", "phone_changed_at"):
            if name in fields:
                assert opened <= seconds(fields[name]) <= at, name
        for name in ("sim_changed_at", "beneficiary_added_at", "card_added_at"):
            if name in fields:
                assert seconds(fields[name]) <= at, name


def test_nothing_dates_from_the_moment_when_the_world_began():
    start = END - 90 * DAY
    for row in world():
        moments = [row.fields[name] for name in row.fields if name.endswith("_at")]
        assert start not in map(seconds, moments)


def test_a_payee_is_on_file_since_one_time():
    since = defaultdict(set)
    for row in world():
        if "beneficiary_id" in row.fields:
            key = row.fields["user_id"], row.fields["beneficiary_id"]
            since[key].add(row.fields["beneficiary_added_at"])
    once = sum(len(times) == 1 for times in since.values())
    assert once / len(since) > 0.98  # the rest were paid within five seconds of being added


def test_balances_follow_from_the_amount():
    for row in world():
        fields = row.fields
        if "sender_balance_before" in fields:
            into = fields["transaction_type"] == "cash_in"
            change = fields["sender_balance_after"] - fields["sender_balance_before"]
            assert change == pytest.approx(fields["amount"] * (1 if into else -1), abs=0.02)


def test_genuine_customers_do_not_fly_faster_than_airliners():
    last, too_fast, moves = {}, 0, 0
    for row in genuine():
        fields = row.fields
        if "latitude" not in fields:
            continue
        at, user = seconds(fields["occurred_at"]), fields["user_id"]
        here = fields["latitude"], fields["longitude"]
        if user in last and at > last[user][0]:
            moves += 1
            hours = (at - last[user][0]) / HOUR
            too_fast += kilometres(last[user][1], here) > 900 * hours
        last[user] = (at, here)
    assert moves > 1000
    assert too_fast / moves < 0.003


def kilometres(one, other) -> float:
    (a, b), (c, d) = (map(radians, place) for place in (one, other))
    half = sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


# --- Habits ---------------------------------------------------------------------------------------
def test_people_sleep_at_night():
    hours = Counter(local_hour(row) for row in genuine())
    assert sum(hours[hour] for hour in range(2, 6)) < 0.06 * hours.total()
    assert sum(hours[hour] for hour in range(9, 22)) > 0.7 * hours.total()


def test_people_have_favourites():
    paid = defaultdict(Counter)
    for row in genuine():
        if "beneficiary_id" in row.fields:
            paid[row.fields["user_id"]][row.fields["beneficiary_id"]] += 1
    regular = [counts for counts in paid.values() if counts.total() >= 20]
    assert regular
    assert sum(c.most_common(1)[0][1] / c.total() for c in regular) / len(regular) > 0.2


def test_salaries_come_once_a_month_in_one_sum():
    paid = defaultdict(list)
    for row in genuine():
        if row.fields["transaction_channel"] == "batch":
            paid[row.fields["user_id"]].append(row.fields)
    assert paid
    for payments in paid.values():
        assert len(payments) <= 4
        assert len({payment["amount"] for payment in payments}) == 1


ODDITIES = {
    "failed log-ins": lambda f: f.get("failed_login_attempts", 0) >= 3,
    "a VPN": lambda f: f.get("ip_is_vpn"),
    "abroad": lambda f: f.get("country", f["home_country"]) != f["home_country"],
    "awake at night": lambda f: int(f["occurred_at"][11:13]) < 5,
    "a call meanwhile": lambda f: f.get("call_in_progress"),
    "a new SIM": lambda f: "sim_changed_at" in f and age(f, "sim_changed_at") < 2 * DAY,
    "a new password": lambda f: "password_changed_at" in f and age(f, "password_changed_at") < DAY,
    "a new payee": lambda f: "beneficiary_id" in f and age(f, "beneficiary_added_at") < HOUR,
    "a new account": lambda f: age(f, "account_created_at") < 7 * DAY,
    "a quick refund": lambda f: f.get("original_purchase_hours_ago", 99) < 6,
    "sent elsewhere": lambda f: f.get("registered_address") != f.get("transaction_address"),
    "a charge-back": lambda f: f.get("chargebacks_last_year", 0) > 0,
    "a foreign card": lambda f: f.get("card_country", f["home_country"]) != f["home_country"],
    "little patience": lambda f: f.get("form_fill_time_seconds", 99) < 10,
}


def age(fields, name) -> float:
    return seconds(fields["occurred_at"]) - seconds(fields[name])


@pytest.mark.parametrize("name", ODDITIES)
def test_genuine_customers_have_their_oddities(name):
    odd = ODDITIES[name]
    honest, bad = genuine(), frauds()
    share = sum(bool(odd(row.fields)) for row in honest) / len(honest)
    assert 0 < share < 0.1
    assert share < sum(bool(odd(row.fields)) for row in bad) / len(bad) * 1.5


# --- Stories --------------------------------------------------------------------------------------
def test_every_typology_is_acted_out_in_its_share():
    assert len(TYPOLOGIES) >= 15
    counts = Counter(row.labels["true_typology"] for row in frauds())
    weights = sum(typology.weight for typology in TYPOLOGIES)
    for typology in TYPOLOGIES:
        share = counts[typology.name] / len(frauds()) / (typology.weight / weights)
        assert 0.6 < share < 1.6, typology.name


def distinct(story, name) -> int:
    return len({row.fields.get(name) for row in story} - {None})


def lasts(story) -> float:
    return story[-1].at - story[0].at


def share_within(story, name, limit) -> float:
    ages = [age(row.fields, name) for row in story if name in row.fields]
    return sum(found < limit for found in ages) / max(len(ages), 1)


TRACES = {
    "card_testing": lambda s: distinct(s, "card_token") >= 5 and distinct(s, "device_id") <= 2,
    "account_takeover": lambda s: distinct(s, "user_id") == 1 and lasts(s) < DAY,
    "sim_swap": lambda s: share_within(s, "sim_changed_at", 2 * DAY) == 1,
    "mule_fan_in": lambda s: distinct(s, "user_id") >= 3,
    "mule_fan_out": lambda s: distinct(s, "user_id") == 1 and lasts(s) < 5 * HOUR,
    "structuring": lambda s: lasts(s) > DAY and distinct(s, "user_id") <= 3,
    "loan_stacking": lambda s: (
        distinct(s, "bank_account_id") == 1 and distinct(s, "device_id") == 1
    ),
    "synthetic_identity": lambda s: distinct(s, "user_id") == 1 and lasts(s) < 4 * DAY,
    "bust_out": lambda s: distinct(s, "user_id") == 1 and len(s) >= 3,
    "bonus_abuse": lambda s: share_within(s, "account_created_at", DAY) > 0.8,
    "refund_abuse": lambda s: all(r.fields["transaction_type"] == "refund" for r in s),
    "triangulation": lambda s: distinct(s, "card_token") >= 3 and distinct(s, "user_id") == 1,
    "collusive_merchant": lambda s: (
        distinct(s, "merchant_id") == 1 and distinct(s, "card_token") > 5
    ),
    "agent_float_cycling": lambda s: distinct(s, "agent_id") == 1 and len(s) >= 6,
    "payee_manipulation": lambda s: distinct(s, "user_id") == 1 and lasts(s) < DAY,
    "friendly_fraud": lambda s: distinct(s, "user_id") == 1,
    "investment_scam": lambda s: s[-1].fields["amount"] > s[0].fields["amount"] * 1.2,
    "seller_scam": lambda s: distinct(s, "seller_id") == 1 and distinct(s, "user_id") > 1,
}


def test_every_typology_has_traces_to_look_for():
    assert TRACES.keys() == {typology.name for typology in TYPOLOGIES}


@pytest.mark.parametrize("name", TRACES)
def test_a_typology_leaves_the_traces_that_it_is_known_for(name):
    several = [story for story in stories()[name] if len(story) >= 3] or stories()[name]
    told = sum(bool(TRACES[name](story)) for story in several)
    assert several
    assert told / len(several) >= 0.8


def test_takeovers_come_from_devices_that_the_victim_never_used():
    own = defaultdict(set)
    for row in genuine():
        own[row.fields["user_id"]].add(row.fields.get("device_id"))
    used = [row for story in stories()["account_takeover"] for row in story]
    strange = [r.fields["device_id"] not in own[r.fields["user_id"]] for r in used]
    assert all(strange)


# --- Labels ---------------------------------------------------------------------------------------
def test_a_label_is_known_after_the_fact_and_before_the_end():
    for row in world():
        if "is_fraud" in row.labels:
            assert row.at < seconds(row.labels["label_known_at"]) < END


def test_some_frauds_are_never_reported_and_look_genuine_to_the_client():
    silent = [row for row in frauds() if row.labels.get("is_fraud") is False]
    reported = [row for row in frauds() if row.labels.get("is_fraud")]
    assert 0.1 < len(silent) / len(frauds()) < 0.45
    assert len(reported) / len(frauds()) > 0.45
    assert not any(row.labels.get("is_fraud") for row in genuine())


def test_reports_take_as_long_as_is_usual_for_the_typology():
    days = defaultdict(list)
    for row in frauds():
        if row.labels.get("is_fraud"):
            known = seconds(row.labels["label_known_at"])
            days[row.labels["true_typology"]].append((known - row.at) / DAY)
    middle = {name: sorted(found)[len(found) // 2] for name, found in days.items()}
    assert middle["sim_swap"] < 4
    assert middle["card_testing"] < 25
    assert middle["loan_stacking"] > 20


def test_nobody_knows_yet_of_the_last_days():
    late = [row for row in genuine() if row.at > END - 14 * DAY]
    assert late
    assert not any("is_fraud" in row.labels for row in late)


def test_the_fields_hold_nothing_of_the_label_side():
    assert not set(FIELDS) & set(labels.COLUMNS)
    assert not any(row.fields.keys() & set(labels.COLUMNS) for row in world())


def test_every_number_could_be_dialled():
    phones = {row.fields["phone"] for row in world() if "phone" in row.fields}
    assert [phone for phone in phones if not is_valid_number(parse(phone))] == []


def test_the_documentation_tells_of_every_typology_as_it_is():
    text = (Path(settings.BASE_DIR) / "docs" / "synthetic-data.md").read_text(encoding="utf-8")
    for typology in TYPOLOGIES:
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{typology.name}` |")]
        unit = "day" if typology.days == 1 else "days"
        assert line.endswith(f"| {typology.days} {unit} | {typology.never * 100:.0f} % |")
