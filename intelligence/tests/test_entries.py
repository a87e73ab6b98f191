"""Adding to lists and taking off: who may, what is valid, what is kept."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone as clock

from foundation.errors import Conflict, Forbidden
from foundation.models import AuditEntry
from foundation.tests.threads import at_once
from intelligence.lists import forget_names, list_names
from intelligence.lists.checking import InvalidEntry
from intelligence.lists.sealing import masked_value, open_value
from intelligence.lists.services import change_list, create_list, end_entry
from intelligence.models import List, ListEntry
from intelligence.tests.making import add, look_up, make_list

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "value", "stored", "shown"),
    [
        ("email", " Ada@Example.COM ", "ada@example.com", "a••••@example.com"),
        ("phone", "00254 (712) 345-678", "+254712345678", "+254••••78"),
        ("phone", "0712 345 678", "0712345678", "••••78"),
        ("ip", "2001:DB8:0::1", "2001:db8::1", "2001:db8::/32"),
        ("ip", "::ffff:203.0.113.9", "203.0.113.9", "203.0.•.•"),
        ("device", " Device-1815 ", "Device-1815", "Dev••••15"),
        ("bvn", "12345678901", "12345678901", "••••"),
        ("address", "12, Allen Ave.", "12 allen ave", "••••"),
        ("card", "tok_4111111111111112", "tok_4111111111111112", "tok••••12"),
        ("domain", "*.Mailinator.com.", "mailinator.com", "mailinator.com"),
        ("domain", "@mailinator.com", "mailinator.com", "mailinator.com"),
        ("carrier", " VPN_Provider ", "vpn_provider", "vpn_provider"),
        ("gpu", "Google (SwiftShader)", "google swiftshader", "google swiftshader"),
        ("bin", "457173", "457173", "457173"),
        ("country", "Nigeria", "NG", "NG"),
        ("text", " Lagos  Island", "lagos island", "lagos island"),
    ],
)
def test_a_value_is_brought_into_its_normal_form_and_shown_masked(
    everything, kind, value, stored, shown
):
    entry = ListEntry.objects.get(pk=add(everything, value, kind=kind).pk)
    assert open_value(entry) == stored
    assert masked_value(entry) == shown
    assert bool(entry.value_plain) == (entry.value_sealed is None)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("email", "ada", "is no e-mail address"),
        ("email", "ada@localhost", "is no domain"),
        ("email", "ada lovelace@example.com", "is no e-mail address"),
        ("phone", "54321", "is no telephone number"),
        ("phone", "+254 712 CALL-ME", "is no telephone number"),
        ("ip", "10.0.0.0/8", "is a range"),
        ("ip", "1.2.3", "is no IP address"),
        ("bvn", "1234567890", "is no BVN"),
        ("card", "4111 1111 1111 1111", "full card number"),
        ("device", "5500005555555559", "full card number"),
        ("device", "   ", "is empty"),
        ("device", "x" * 501, "longer than 500"),
        ("address", "...", "is empty"),
        ("domain", "biz", "is no domain"),
        ("domain", "https://example.com/", "is no domain"),
        ("domain", "exa mple.com", "is no domain"),
        ("domain", "a..example.com", "is no domain"),
        ("bin", "45717", "is no BIN"),
        ("country", "Atlantis", "is no country"),
        ("text", "x" * 201, "longer than 200"),
        ("text", "nul\0", "cannot be stored"),
        ("gpu", "()", "is empty"),
    ],
)
def test_what_is_wrong_with_a_value_is_told_without_repeating_it(everything, kind, value, message):
    with pytest.raises(InvalidEntry, match=message) as caught:
        add(everything, value, kind=kind)
    assert caught.value.field == "value"
    assert not value.strip() or value not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "kind", "Say what the value is"),
        ({"kind": "phone"}, "kind", "e-mail addresses, customer numbers only"),
        ({"kind": "customer"}, "institution", "somebody else at another institution"),
        ({"kind": "email", "reason": " "}, "reason", "Say why"),
        ({"kind": "email", "reason": "x" * 501}, "reason", "longer than 500"),
        ({"kind": "email", "effect": "burn"}, "effect", "allow, review, decline"),
        ({"kind": "email", "expires_at": clock.now()}, "expires_at", "in the past"),
    ],
)
def test_an_entry_that_cannot_be_taken_names_the_field(db, fields, field, message):
    to = make_list("mixed", "email", "customer")
    with pytest.raises(InvalidEntry, match=message) as caught:
        add(to, "ada@example.com", **fields)
    assert caught.value.field == field


def test_a_list_of_one_institution_takes_entries_of_it_alone(bank, stranger):
    own = make_list("own", "email", institution=bank)
    add(own, "ada@example.com", institution=bank)
    for institution in (None, stranger):
        with pytest.raises(InvalidEntry, match="one institution's"):
            add(own, "eve@example.com", institution=institution)


def test_an_entry_takes_the_lists_effect_unless_it_says_otherwise(bank):
    good = make_list("good_ips", "ip", default_effect="allow")
    assert add(good, "8.8.8.8").effect == "allow"
    assert add(good, "9.9.9.9", effect="").effect == ""


def test_a_value_is_on_a_list_once_for_each_institution(bank, stranger, emails):
    for institution in (None, bank, stranger):
        add(emails, "ada@example.com", institution=institution)
        with pytest.raises(Conflict, match="already"):
            add(emails, " ADA@example.com", institution=institution)
    assert ListEntry.objects.count() == 3
    assert len(look_up(bank.pk, {"email": "ada@example.com"})) == 2


@pytest.mark.django_db(transaction=True)
def test_of_several_who_add_one_value_at_once_one_does():
    emails = make_list("blocked_emails", "email")
    results = at_once(*[lambda: add(emails, "ada@example.com")] * 6)
    assert sum(isinstance(result, ListEntry) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 5
    assert ListEntry.objects.count() == AuditEntry.objects.filter(action="list.add_entry").count()


def test_an_ended_entry_stays_and_its_value_can_be_listed_again(bank, emails):
    first = add(emails, "ada@example.com")
    end_entry(by="amina", entry=first, reason="A mistake.")
    with pytest.raises(Conflict, match="ended already"):
        end_entry(by="amina", entry=first, reason="Again.")
    second = add(emails, "ada@example.com")
    first.refresh_from_db()
    assert (first.ended_by, first.end_reason) == ("amina", "A mistake.")
    assert first.ended_at is not None
    assert second.pk != first.pk


def test_an_expired_entry_makes_room_for_a_new_one(emails):
    first = add(emails, "ada@example.com", expires_at=clock.now() + timedelta(days=1))
    past = clock.now() - timedelta(hours=1)
    ListEntry.objects.filter(pk=first.pk).update(expires_at=past)
    add(emails, "ada@example.com")
    first.refresh_from_db()
    assert (first.ended_at, first.end_reason) == (past, "expired")


def test_every_change_is_on_the_audit_trail_without_the_value(bank, emails):
    entry = add(emails, "ada@example.com", institution=bank, reason="Chargebacks.")
    end_entry(by="amina", entry=entry, reason="A mistake.")
    added, ended = AuditEntry.objects.filter(action__endswith="_entry").order_by("pk")
    assert (added.action, ended.action) == ("list.add_entry", "list.end_entry")
    assert (added.after["value"], added.reason) == ("a••••@example.com", "Chargebacks.")
    assert (ended.actor_name, ended.before, ended.institution_id) == (
        "amina",
        {"state": "in force"},
        bank.pk,
    )
    assert "ada@" not in str([added.after, ended.after])


@pytest.mark.parametrize(
    ("role", "own", "shared"),
    [
        ("analyst", False, False),
        ("supervisor", True, False),
        ("risk_manager", True, False),
        ("auditor", False, False),
        ("administrator", True, True),
    ],
)
def test_who_may_add_and_end_entries(people, bank, emails, role, own, shared):
    person = people[role]
    for number, (institution, may) in enumerate(((bank, own), (None, shared))):
        there = add(emails, f"there{number}@example.com", institution=institution)
        new = f"new{number}@example.com"
        if may:
            add(emails, new, institution=institution, by=person)
            end_entry(by=person, entry=there, reason="Over.")
            continue
        with pytest.raises(Forbidden):
            add(emails, new, institution=institution, by=person)
        with pytest.raises(Forbidden):
            end_entry(by=person, entry=there, reason="Over.")


def test_nobody_edits_entries_of_an_institution_not_their_own(people, stranger, emails):
    there = add(emails, "there@example.com", institution=stranger)
    with pytest.raises(Forbidden, match="do not work for"):
        add(emails, "new@example.com", institution=stranger, by=people["risk_manager"])
    with pytest.raises(Forbidden, match="do not work for"):
        end_entry(by=people["risk_manager"], entry=there, reason="Over.")


@pytest.mark.parametrize("role", ["analyst", "supervisor", "risk_manager", "auditor"])
def test_only_administrators_make_and_change_lists(people, emails, role):
    new = List(name="mine", title="Mine", kinds=["email"])
    with pytest.raises(Forbidden):
        create_list(by=people[role], new=new)
    with pytest.raises(Forbidden):
        change_list(by=people[role], changed=emails, title="Ours")
    create_list(by=people["administrator"], new=new)
    changed = change_list(by=people["administrator"], changed=emails, title="Ours")
    assert changed.title == "Ours"
    entry = AuditEntry.objects.get(action="list.change")
    assert (entry.before, entry.after) == ({"title": "Blocked emails"}, {"title": "Ours"})


@pytest.mark.parametrize("name", ["Blocked", "1st", "a-b", "", "x" * 51, "nein!"])
def test_a_name_that_no_rule_could_hold_is_refused(db, name):
    with pytest.raises(ValidationError):
        make_list(name, "email")


def test_a_kind_with_entries_in_force_cannot_be_dropped(emails):
    entry = add(emails, "ada@example.com")
    with pytest.raises(ValidationError, match="e-mail addresses"):
        change_list(by="test", changed=emails, kinds=["phone"])
    end_entry(by="test", entry=entry, reason="Over.")
    assert change_list(by="test", changed=emails, kinds=["phone"]).kinds == ["phone"]


def test_of_a_shipped_list_only_the_effect_can_be_changed(emails):
    List.objects.update(is_builtin=True)
    with pytest.raises(Conflict):
        change_list(by="test", changed=emails, title="Mine")
    changed = change_list(by="test", changed=emails, default_effect="decline")
    assert changed.default_effect == "decline"


def test_the_database_refuses_an_entry_with_two_values_or_none(emails):
    entry = add(emails, "ada@example.com")
    for fields in ({"value_plain": "ada"}, {"value_sealed": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ListEntry.objects.filter(pk=entry.pk).update(**fields)


def test_the_database_refuses_to_delete_an_entry(emails):
    entry = add(emails, "ada@example.com")
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        entry.delete()


@pytest.mark.django_db(transaction=True)
def test_a_new_lists_name_is_known_to_rules_at_once(django_assert_num_queries):
    forget_names()
    assert "mine" not in list_names()
    make_list("mine", "email")
    with django_assert_num_queries(1):
        assert "mine" in list_names()
        assert "mine" in list_names()
