"""The one look-up: everything at once, only what is in force, only for whom it holds."""

import base64
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone as clock

from foundation.rekey import versions_in_use
from intelligence.lists.sealing import open_value
from intelligence.lists.services import end_entry
from intelligence.lookup import Listing, features_found, pairs, read, select, wanted
from intelligence.models import ListEntry
from intelligence.tests.making import add, look_up, make_list

pytestmark = pytest.mark.django_db
OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()

IDENTIFIERS = {
    "user_id": ("customer", "C-1"),
    "email": ("email", "ada@example.com"),
    "phone": ("phone", "+254712345678"),
    "ip_address": ("ip", "203.0.113.9"),
    "device_id": ("device", "device-1"),
    "canvas_fingerprint": ("device", "canvas-1"),
    "card_token": ("card", "token-1"),
    "bvn": ("bvn", "12345678901"),
    "merchant_id": ("merchant", "M-1"),
    "beneficiary_id": ("beneficiary", "B-1"),
    "bank_account_id": ("bank_account", "A-1"),
    "registered_address": ("address", "12 Allen Avenue"),
    "user_agent": ("user_agent", "Mozilla/5.0 (X11)"),
}
TEXTS = {
    "email_domain": ("domain", "example.com"),
    "mobile_carrier": ("carrier", "vpn_provider"),
    "isp_name": ("carrier", "Evil Hosting"),
    "gpu_info": ("gpu", "SwiftShader"),
    "card_bin": ("bin", "457173"),
    "ip_country": ("country", "NG"),
    "ip_city": ("text", "Lagos"),
}


def test_it_finds_every_kind_of_value_in_one_statement(bank, everything, django_assert_num_queries):
    for kind, value in (*IDENTIFIERS.values(), *TEXTS.values()):
        add(everything, value, kind=kind, institution=bank)
    with django_assert_num_queries(1):
        found = look_up(
            bank.pk,
            {name: value for name, (_, value) in IDENTIFIERS.items()},
            {name: value for name, (_, value) in TEXTS.items()},
        )
    assert pairs(found) == {(name, "everything") for name in (*IDENTIFIERS, *TEXTS)}


def test_a_listing_tells_the_entrys_effect_and_reason(bank, emails):
    add(emails, "ada@example.com", effect="decline", reason="Chargebacks in May.")
    assert look_up(bank.pk, {"email": "ADA@Example.com "}) == (
        Listing("email", "blocked_emails", "decline", "Chargebacks in May."),
    )


def test_a_value_may_be_on_several_lists(bank, emails):
    watch = make_list("watch", "email")
    for each in (emails, watch):
        add(each, "ada@example.com")
    found = pairs(look_up(bank.pk, {"email": "ada@example.com"}))
    assert found == {("email", "blocked_emails"), ("email", "watch")}


def test_an_entry_is_found_by_every_feature_of_its_kind(bank):
    devices = make_list("fraud_devices", "device")
    add(devices, "f-1")
    names = ["device_id", "current_device_fingerprint", "canvas_fingerprint", "webgl_fingerprint"]
    found = look_up(bank.pk, dict.fromkeys(names, "f-1"))
    assert pairs(found) == {(name, "fraud_devices") for name in names}


def test_a_value_of_another_kind_with_the_same_characters_is_not_found(bank, everything):
    add(everything, "12345678901", kind="bvn")
    add(everything, "unknown", kind="carrier")
    assert not look_up(bank.pk, {"device_id": "12345678901"}, {"ip_city": "unknown"})


def test_expired_and_ended_entries_are_not_found(bank, emails):
    ended = add(emails, "ended@example.com")
    end_entry(by="test", entry=ended, reason="A mistake.")
    expired = add(emails, "expired@example.com", expires_at=clock.now() + timedelta(hours=1))
    later = add(emails, "later@example.com", expires_at=clock.now() + timedelta(hours=1))
    assert look_up(bank.pk, {"email": "later@example.com"})
    ListEntry.objects.filter(pk=expired.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    assert later.state(clock.now()) == "in force"
    for address in ("ended@example.com", "expired@example.com"):
        assert not look_up(bank.pk, {"email": address})


def test_another_institutions_entry_is_not_found_and_a_shared_one_is(bank, stranger, emails):
    add(emails, "theirs@example.com", institution=stranger)
    add(emails, "shared@example.com")
    assert not look_up(bank.pk, {"email": "theirs@example.com"})
    assert look_up(stranger.pk, {"email": "theirs@example.com"})
    assert look_up(bank.pk, {"email": "shared@example.com"})


@pytest.mark.parametrize(
    ("domain", "found"),
    [
        ("mailinator.com", True),
        ("MAILINATOR.com", True),
        ("mailinator.com.", True),
        ("eu.mailinator.com", True),
        ("a.b.c.d.e.f.g.mailinator.com", True),
        ("notmailinator.com", False),
        ("mailinator.com.example.org", False),
        ("com", False),
        ("xn--bcher-kva.example", True),
        ("bücher.example", True),
        ("..", False),
        ("", False),
        ("x" * 300, False),
    ],
)
def test_a_domain_is_found_by_itself_and_by_its_sub_domains(bank, domain, found):
    disposable = make_list("disposable_domains", "domain")
    add(disposable, "Mailinator.com")
    add(disposable, "bücher.example")
    listed = look_up(bank.pk, texts={"email_domain": domain})
    assert pairs(listed) == ({("email_domain", "disposable_domains")} if found else frozenset())


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        ("ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)", True),
        ("Microsoft Basic Render (Driver)", True),
        ("Microsoft Basic Render", False),
        ("swiftshaders", False),
        ("Adreno (TM) 640", False),
    ],
)
def test_a_graphics_unit_is_found_by_its_name_or_a_word_of_it(bank, unit, found):
    emulators = make_list("emulator_gpus", "gpu")
    add(emulators, "SwiftShader")
    add(emulators, "microsoft basic-render driver")
    assert bool(look_up(bank.pk, texts={"gpu_info": unit})) == found


def test_a_bin_of_eight_digits_is_found_by_its_first_six(bank, everything):
    add(everything, "457173", kind="bin")
    assert look_up(bank.pk, texts={"card_bin": "45717399"})
    assert not look_up(bank.pk, texts={"card_bin": "45717"})


def test_nothing_to_look_up_costs_nothing():
    params: list[object] = []
    asked = wanted(hashes={}, texts={"email_domain": "nonsense", "ip_latitude": "1", "no": "x"})
    assert (select(asked, 1, params), params, read(None, asked)) == ("NULL", [], ())


def test_the_statement_is_the_same_however_many_hashes_there_are():
    few, many = (
        wanted(hashes={"email": [bytes([n]) * 16 for n in range(count)]}, texts={})
        for count in (1, 40)
    )
    assert select(few, 1, []) == select(many, 1, [])


def test_a_column_that_comes_as_text_is_read_too():
    asked = wanted(hashes={"email": [b"\1" * 16]}, texts={})
    column = f'[["{"01" * 16}", "watch", "", "Why."]]'
    assert read(column, asked) == (Listing("email", "watch", "", "Why."),)


def test_models_learn_whether_the_domain_is_disposable(bank):
    add(make_list("disposable_domains", "domain"), "mailinator.com")
    for domain, expected in (("mailinator.com", True), ("example.com", False)):
        texts = {"email_domain": domain}
        listings = look_up(bank.pk, texts=texts)
        assert features_found(listings, texts) == {"email_is_disposable": expected}
    assert features_found((), {"gpu_info": "goldfish"}) == {}


def test_entries_are_found_during_a_change_of_keys_and_after_it(settings, bank, everything):
    settings.FRAUDSHIELD_KEYS = f"1:{OLD}"
    entry = add(everything, "Ada@example.com", kind="email", institution=bank)
    add(everything, "example.org", kind="domain")
    settings.FRAUDSHIELD_KEYS = f"2:{NEW},1:{OLD}"
    assert look_up(bank.pk, {"email": "ada@example.com"})
    call_command("rekey", verbosity=0)
    assert look_up(bank.pk, {"email": "ada@example.com"})
    settings.FRAUDSHIELD_KEYS = f"2:{NEW}"
    assert set(versions_in_use()) == {2}
    assert look_up(bank.pk, {"email": "ada@example.com"})
    assert look_up(bank.pk, texts={"email_domain": "example.org"})
    entry.refresh_from_db()
    assert open_value(entry) == "ada@example.com"
