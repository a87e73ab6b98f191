"""The pure functions behind computed features, by example."""

import doctest
import importlib
import pkgutil

import pytest

import features.computations
from features.computations import (
    addresses,
    authentication,
    contacts,
    devices,
    merchants,
    numbers,
    places,
    times,
    zones,
)
from features.tests.worlds import NOON

FOLDER = features.computations.__path__
MODULES = [
    "features.countries",
    "features.docs",
    "features.identifiers",
    "features.supplied",
    *(
        f"features.computations.{m.name}"
        for m in pkgutil.iter_modules(features.computations.__path__)
    ),
]

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
ANDROID = "Mozilla/5.0 (Linux; Android 13; SM-A536B) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize(
    ("function", "arguments", "result"),
    [
        (times.seconds_between, (10.0, 15.0), 5.0),
        (times.seconds_between, (15.0, 10.0), None),
        (times.minutes_between, (0.0, 90.0), 1.5),
        (times.hours_between, (0.0, 5400.0), 1.5),
        (times.days_between, (0.0, 129_600.0), 1.5),
        (times.days_between, (1.0, 0.0), None),
        (times.hours_since_place, (7_200.0, 3_600.0, 9.0), 1.0),
        (times.hours_since_place, (7_200.0, None, 9.0), 9.0),
        (times.hours_since_place, (7_200.0, 7_201.0, 9.0), None),
        (times.hours_since_place, (7_200.0, None, None), None),
        (times.hours_of_refund, (5_400.0, True), 1.5),
        (times.hours_of_refund, (5_400.0, False), None),
        (zones.fits, (60.0, "NG", NOON), True),
        (zones.fits, (120.0, "NG", NOON), False),
        (zones.fits, (-240.0, "US", NOON), True),
        (zones.fits, (120.0, "DE", NOON), True),
        (zones.fits, (120.0, "DE", NOON - 120 * 86_400), False),
        (zones.fits, (330.0, "IN", -NOON), True),
        (zones.fits, (0.0, "NG", NOON), None),
        (zones.fits, (60.0, "ATLANTIS", NOON), None),
        (authentication.risk, (None, None, None, None), None),
        (authentication.risk, ("carrier pigeon", None, None, None), None),
        (authentication.risk, ("none", False, False, False), 100.0),
        (authentication.risk, ("email", True, None, True), 10.0),
        (merchants.is_exchange, ("forex",), True),
        (merchants.is_exchange, ("purchase",), False),
        (merchants.is_subscription_kind, ("subscription",), True),
        (merchants.is_subscription_kind, ("purchase",), None),
        (merchants.subscription_payments, (True, 4.0), 4.0),
        (merchants.subscription_payments, (False, 4.0), None),
        (numbers.largest, (None, 3.0, 5.0), 5.0),
        (numbers.largest, (None, None), None),
        (numbers.any_true, (None, False), False),
        (numbers.any_true, (True, None), True),
        (numbers.any_true, (None, None), None),
        (numbers.negation, (True,), False),
        (numbers.others, (3.0,), 2.0),
        (numbers.others, (0.0,), None),
        (numbers.risk_of_rate, (0.02,), 20.0),
        (numbers.risk_of_rate, (0.5,), 100.0),
        (times.is_recent_password, (23.9,), True),
        (times.is_recent_password, (24.0,), False),
        (times.local_hour, (NOON, 0.0), 12.0),
        (times.local_hour, (NOON, 60.0), 13.0),
        (times.local_hour, (NOON, -780.0), 23.0),
        (times.local_hour, (NOON, 720.0), 0.0),
        (times.local_hour, (-3600.0, 0.0), 23.0),
        (times.local_weekday, (NOON, 0.0), 6.0),
        (times.local_weekday, (NOON, 720.0), 0.0),
        (times.local_weekday, (0.0, 0.0), 3.0),
        (times.local_weekday, (0.0, -60.0), 2.0),
        (times.local_day_of_month, (NOON, 0.0), 3.0),
        (times.local_day_of_month, (NOON, 720.0), 4.0),
        (times.is_weekend, (4.0,), False),
        (times.is_weekend, (5.0,), True),
        (times.is_night, (5.0,), True),
        (times.is_night, (6.0,), False),
        (times.is_salary_time, (3.0,), True),
        (times.is_salary_time, (4.0,), False),
        (times.card_is_expired, ("05/26", NOON), False),
        (times.card_is_expired, ("04/26", NOON), True),
        (times.card_is_expired, ("13/26", NOON), None),
        (times.card_is_expired, ("2026-04-30", NOON), True),
        (times.card_is_expired, ("12/2026", NOON), False),
        (times.card_is_expired, ("x", NOON), None),
        (places.distance_km, (0.0, 0.0, 0.0, 0.0), 0.0),
        (places.speed_kmh, (100.0, 2.0), 50.0),
        (places.speed_kmh, (100.0, 0.0), 6000.0),
        (places.is_impossible_speed, (900.0,), False),
        (places.is_impossible_speed, (901.0,), True),
        (numbers.deviation, (13.0, 10.0, 2.0), 1.5),
        (numbers.is_whole, (5000.0,), True),
        (numbers.is_whole, (5000.5,), False),
        (numbers.fraction, (12.99,), 0.99),
        (numbers.fraction, (0.99999,), 0.0),
        (numbers.trailing_zeros, (500_000.0,), 5.0),
        (numbers.trailing_zeros, (12.5,), 0.0),
        (numbers.trailing_zeros, (0.0,), None),
        (numbers.leading_digit, (0.0042,), 4.0),
        (numbers.leading_digit, (981.0,), 9.0),
        (numbers.leading_digit, (0.0,), None),
        (numbers.empties, (10.0, 0.0), True),
        (numbers.empties, (10.0, 5.0), False),
        (numbers.empties, (0.0, 0.0), None),
        (numbers.risk_level, (39.9,), "low"),
        (numbers.risk_level, (40.0,), "medium"),
        (numbers.risk_level, (60.0,), "high"),
        (numbers.risk_level, (80.0,), "critical"),
        (numbers.count_true, (True, None, False), 1.0),
        (numbers.count_true, (None, None), None),
        (numbers.share_raised, (True, None, False), 50.0),
        (numbers.share_raised, (None,), None),
        (numbers.day_against_week, (7.0, 7.0), 7.0),
        (numbers.week_against_month, (7.0, 30.0), 1.0),
        (numbers.week_against_usual, (1400.0, 100.0, 30.0), 2.0),
        (contacts.email_domain, ("Ada@Example.COM",), "example.com"),
        (contacts.email_domain, ("a@b@c.org.",), "c.org"),
        (contacts.email_domain, ("ada",), None),
        (contacts.email_domain, ("ada@",), None),
        (contacts.email_digit_ratio, ("a1b2@x.org",), 0.5),
        (contacts.email_digit_ratio, ("@x.org",), None),
        (contacts.phone_longest_run, ("+254712345678",), 1.0),
        (contacts.phone_longest_run, ("+25471122345",), 2.0),
        (contacts.phone_longest_run, ("+1111111111",), 10.0),
        (contacts.phone_repeated_digit, ("+254712345678",), None),
        (contacts.phone_repeated_digit, ("+25400055555",), "5"),
        (contacts.phone_patterns, ("+254712345678",), ("123",)),
        (contacts.phone_patterns, ("+254700055512",), ("000", "555")),
        (merchants.is_high_risk_mcc, ("7512",), True),
        (merchants.is_high_risk_mcc, ("5411",), False),
        (merchants.is_gambling_mcc, ("7995",), True),
        (merchants.is_gambling_mcc, ("7841",), False),
        (merchants.is_cash_advance, ("6011", False), True),
        (merchants.is_cash_advance, ("6011", True), False),
        (merchants.direction, ("deposit",), "in"),
        (merchants.direction, ("withdrawal",), "out"),
        (merchants.direction, ("barter",), None),
        (merchants.is_debit_kind, ("debit",), True),
        (merchants.is_debit_kind, ("prepaid",), None),
        (merchants.is_prepaid_kind, ("debit",), None),
        (merchants.is_prepaid_kind, ("credit",), False),
        (merchants.is_virtual_kind, ("credit",), None),
        (devices.browsers_differ, ("chrome mobile", "chrome"), False),
        (devices.browsers_differ, ("firefox", "chrome"), True),
        (devices.browsers_differ, ("netscape", "chrome"), None),
        (devices.systems_differ, ("windows 11", "windows"), False),
        (devices.systems_differ, ("linux armv8l", "android"), False),
        (devices.systems_differ, ("macos", "ios"), False),
        (devices.systems_differ, ("ios", "windows"), True),
        (devices.systems_differ, ("plan9", "windows"), None),
        (devices.graphics_are_emulated, ("Android Emulator OpenGL ES (goldfish)",), True),
        (devices.graphics_are_emulated, ("Google SwiftShader",), True),
        (devices.graphics_are_emulated, ("llvmpipe (LLVM 15.0.6, 256 bits)",), True),
        (devices.graphics_are_emulated, ("VirtualBox Graphics Adapter",), True),
        (devices.graphics_are_emulated, ("Adreno (TM) 640",), False),
        (devices.graphics_contradict, ("Apple GPU", "windows"), True),
        (devices.graphics_contradict, ("Apple GPU", "ios"), False),
        (devices.graphics_contradict, ("ANGLE (NVIDIA, Direct3D11)", "macos"), True),
        (devices.graphics_contradict, ("Adreno (TM) 640", "android"), False),
        (devices.graphics_contradict, ("Voodoo 2", "windows"), None),
        (devices.graphics_contradict, ("Apple GPU", "plan9"), None),
    ],
)  # fmt: skip
def test_it_computes(function, arguments, result):
    assert function(*arguments) == (pytest.approx(result) if type(result) is float else result)


def test_a_card_is_good_until_its_month_is_over_in_the_last_time_zone():
    end = times.card_end("04/26")
    assert end == times.card_end("4/2026") == times.card_end("2026-04")
    assert end == NOON - 2.5 * 86_400 + 12 * 3600
    assert times.card_end("12/26") == times.card_end("2026-12")
    assert times.days_to_card_end("04/26", end - 86_400) == 1.0


def test_lagos_is_as_far_from_nairobi_as_maps_say():
    assert places.distance_km(6.4541, 3.3947, -1.2864, 36.8172) == pytest.approx(3813, abs=15)


def test_the_other_side_of_the_earth_is_half_way_round():
    assert places.distance_km(0, 0, 0, 180) == pytest.approx(20_015, abs=1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("8.8.8.8", "public"),
        ("102.89.3.4", "public"),
        ("100.63.0.1", "public"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("172.15.0.1", "public"),
        ("192.168.1.100", "private"),
        ("127.0.0.1", "loopback"),
        ("169.254.1.1", "link_local"),
        ("240.0.0.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("0.0.0.0", "unspecified"),  # noqa: S104 - nothing listens here
        ("192.0.2.1", "documentation"),
        ("198.51.100.7", "documentation"),
        ("203.0.113.5", "documentation"),
        ("2001:db8::1", "documentation"),
        ("2001:4860:4860::8888", "public"),
        ("::1", "loopback"),
        ("fe80::1%eth0", "link_local"),
        ("fd00::1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("::ffff:8.8.8.8", "public"),
        ("64:ff9b::808:808", "public"),
        ("256.1.1.1", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_it_classifies_addresses(text, kind):
    assert addresses.ip_class(text) == kind


def test_only_public_and_documentation_addresses_can_reach_us():
    harmless = {"public", "documentation", "multicast"}
    assert harmless == {"public", *addresses.CLASSES} - addresses.NOT_PUBLIC


@pytest.mark.parametrize("octet", range(256))
def test_the_short_way_for_public_addresses_agrees_with_the_library(octet):
    for rest in ("0.0.0", "0.0.1", "1.2.3", "127.255.255", "168.1.1", "254.0.1", "255.255.255"):
        address = addresses.parse_address(f"{octet}.{rest}")
        if addresses.ip_class(str(address)) == "public":
            kinds = ("private", "loopback", "link_local", "reserved", "multicast", "unspecified")
            assert [kind for kind in kinds if getattr(address, f"is_{kind}")] == []


def test_the_version_of_an_address_is_told():
    assert addresses.ip_version("8.8.8.8") == 4.0
    assert addresses.ip_version("2001:db8::1") == 6.0
    assert addresses.ip_version("home") is None


@pytest.mark.parametrize(
    ("user_agent", "parts"),
    [
        (WINDOWS + "Chrome/120.0.0.0 Safari/537.36", "chrome 120 windows desktop"),
        (WINDOWS + "Chrome/120.0.0.0 Safari/537.36 Edg/119.0", "edge 119 windows desktop"),
        (ANDROID + "Chrome/120.0.0.0 Mobile Safari/537.36", "chrome 120 android mobile"),
        (ANDROID + "Chrome/120.0.0.0 Safari/537.36", "chrome 120 android tablet"),
        (ANDROID + "SamsungBrowser/23.0 Chrome/115 Mobile", "samsung 23 android mobile"),
        (IPHONE + "Version/17.0 Mobile/15E148 Safari/604.1", "safari 17 ios mobile"),
        (IPHONE + "CriOS/119.0 Mobile/15E148 Safari/604.1", "chrome 119 ios mobile"),
        (MAC + "Version/17.1 Safari/605.1.15", "safari 17 macos desktop"),
        ("Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0", "firefox 120 linux desktop"),
        ("Opera/9.80 (Android; Opera Mini/36.2) Presto", "opera 9 android mobile"),
        ("Mozilla/5.0 (Android 12; CUBOT 30) Chrome/118.0 Mobile", "chrome 118 android mobile"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "- - - bot"),
        ("MySpider 1.0", "- - - bot"),
        ("curl/8.4.0", "script 8 - -"),
        ("", "- - - -"),
    ],
)
def test_it_reads_user_agents(user_agent, parts):
    agent = devices.read_agent(user_agent)
    assert " ".join(part or "-" for part in agent[:4]) == parts
    assert agent.is_bot == parts.endswith("bot")


def test_a_hostile_user_agent_is_read_in_no_time():
    devices.read_agent("Trident/" * 250)
    devices.read_agent("version/1" * 220 + "safari")
