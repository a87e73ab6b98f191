"""Lists and entries in the admin: who sees and edits what, search, forms, reveal."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone as clock

from foundation.models import AuditEntry
from foundation.tests.conftest import signed_in
from intelligence.models import List, ListEntry
from intelligence.tests.making import add, make_list

pytestmark = pytest.mark.django_db
LISTS = "/admin/intelligence/list/"
ENTRIES = "/admin/intelligence/listentry/"
ADD = f"{ENTRIES}add/"


def page_of(person, url, **query) -> str:
    answer = signed_in(person).get(url, query)
    assert answer.status_code == 200
    return answer.content.decode()


def entry_url(entry, *parts) -> str:
    return "/".join([f"{ENTRIES}{entry.pk}", *parts, ""])


def values(to, **fields) -> dict[str, object]:
    """What a filled-in form sends."""
    return {
        "to": to.pk,
        "kind": "email",
        "value": "eve@example.com",
        "institution": "",
        "effect": "default",
        "reason": "Chargebacks in May.",
        "owner": "",
        "expires_on": "",
        **fields,
    }


@pytest.fixture
def entries(bank, stranger, emails):
    """One entry of ours, one of the stranger's, one shared."""
    return {
        "ours": add(emails, "ours@ours.example", institution=bank),
        "theirs": add(emails, "theirs@theirs.example", institution=stranger),
        "shared": add(emails, "shared@shared.example"),
    }


def test_people_see_their_own_and_the_shared_entries_masked(people, entries):
    page = page_of(people["analyst"], ENTRIES)
    assert "o••••@ours.example" in page
    assert "s••••@shared.example" in page
    assert "theirs.example" not in page
    assert "ours@ours" not in page
    assert "theirs.example" in page_of(people["auditor"], ENTRIES)
    answer = signed_in(people["analyst"]).get(entry_url(entries["theirs"], "change"))
    assert answer.status_code == 302  # as if it did not exist


def test_a_list_of_another_institution_is_not_there(people, stranger):
    own = make_list("their_own", "email", institution=stranger)
    add(own, "eve@example.com", institution=stranger)
    assert "their_own" not in page_of(people["analyst"], LISTS)
    assert "Their own" not in page_of(people["analyst"], ENTRIES)
    client = signed_in(people["supervisor"])
    assert client.get(f"{LISTS}their_own/change/").status_code == 404
    assert client.get(ADD, {"list": "their_own"}).status_code == 404


def test_lists_tell_how_many_entries_are_in_force_for_the_reader(people, entries, emails):
    expired = add(emails, "old@example.com", expires_at=clock.now() + timedelta(days=1))
    ListEntry.objects.filter(pk=expired.pk).update(expires_at=clock.now())
    for role, count in (("analyst", 2), ("auditor", 3)):
        page = page_of(people[role], LISTS)
        link = f"{ENTRIES}?list=blocked_emails&amp;state=in_force"
        assert f'href="{link}">{count}</a>' in page
        assert f"{count} entries" in page_of(people[role], f"{LISTS}blocked_emails/change/")


def test_the_page_of_lists_takes_as_many_queries_for_twenty_lists_as_for_one(people, emails):
    client = signed_in(people["analyst"])
    client.get(LISTS)
    with CaptureQueriesContext(connection) as few:
        client.get(LISTS)
    for number in range(20):
        add(make_list(f"list_{number}", "email"), "ada@example.com")
    with CaptureQueriesContext(connection) as many:
        client.get(LISTS)
    assert len(many) == len(few)


def test_an_empty_list_says_how_to_fill_it(people, emails):
    url = f"{LISTS}blocked_emails/change/"
    assert "import_list blocked_emails FILE" in page_of(people["supervisor"], url)
    assert "Add an entry here" in page_of(people["supervisor"], url)
    assert "by a supervisor or risk manager" in page_of(people["analyst"], url)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"q": "OURS@ours.example "}, {"ours"}),
        ({"q": "ours@ours"}, set()),
        ({"q": "theirs@theirs.example"}, set()),
        ({"q": "%"}, set()),
        ({"list": "blocked_emails"}, {"ours", "shared"}),
        ({"list": "nothing"}, set()),
        ({"institution": "shared"}, {"shared"}),
        ({"effect": "none"}, {"ours", "shared"}),
        ({"effect": "decline"}, set()),
        ({"state": "in_force"}, {"ours", "shared"}),
        ({"state": "ended"}, set()),
        ({"state": "expired"}, set()),
    ],
)
def test_entries_are_found_by_filters_and_by_exact_value(people, entries, query, shown):
    page = page_of(people["analyst"], ENTRIES, **query)
    for name in ("ours", "theirs", "shared"):
        assert (f"••••@{name}.example" in page) == (name in shown)


def test_ended_entries_are_found_by_their_value_too(people, entries):
    client = signed_in(people["supervisor"])
    client.post(entry_url(entries["ours"], "end"), {"reason": "A mistake."})
    for query in ({"q": "ours@ours.example"}, {"state": "ended"}):
        assert "o••••@ours.example" in page_of(people["analyst"], ENTRIES, **query)
    page = page_of(people["analyst"], entry_url(entries["ours"], "change"))
    assert "by supervisor: A mistake." in page
    assert "End it" not in page


def test_a_supervisor_adds_an_entry_for_the_own_institution(people, bank, emails):
    client = signed_in(people["supervisor"])
    form = page_of(people["supervisor"], ADD, list="blocked_emails")
    assert "all institutions (shared)" not in form
    sent = values(emails, institution=bank.pk, effect="decline", expires_on="2100-01-31")
    answer = client.post(f"{ADD}?list=blocked_emails", sent, follow=True)
    assert "e••••@example.com is on the list" in answer.content.decode()
    entry = ListEntry.objects.get()
    assert (entry.institution, entry.effect, entry.owner) == (bank, "decline", "supervisor")
    assert entry.expires_at.date().isoformat() == "2100-01-31"


@pytest.mark.parametrize(("chosen", "stored"), [("default", "allow"), ("none", "")])
def test_an_entry_may_take_the_lists_effect_or_none(people, bank, chosen, stored):
    good = make_list("good", "email", default_effect="allow")
    sent = values(good, institution=bank.pk, effect=chosen)
    signed_in(people["supervisor"]).post(ADD, sent)
    assert ListEntry.objects.get().effect == stored


def test_only_an_administrator_adds_for_all_institutions(people, emails):
    sent = values(emails, institution="")
    page = signed_in(people["supervisor"]).post(ADD, sent).content.decode()
    assert "This field is required." in page
    assert not ListEntry.objects.exists()
    assert signed_in(people["administrator"]).post(ADD, sent).status_code == 302
    assert ListEntry.objects.get().institution is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"value": "nobody"}, "The value is no e-mail address; one is name@example.com."),
        ({"value": "ours@ours.example"}, "is on the list Blocked emails already"),
        ({"kind": "phone"}, "This list holds e-mail addresses only."),
        ({"expires_on": "2020-01-01"}, "The expiry lies in the past."),
        ({"reason": ""}, "This field is required."),
        ({"institution": "999999"}, "not one of the available choices"),
    ],
)
def test_the_form_says_what_is_wrong(people, bank, emails, entries, fields, message):
    sent = values(emails, **{"institution": bank.pk, **fields})
    page = signed_in(people["supervisor"]).post(ADD, sent).content.decode()
    assert message in page
    assert ListEntry.objects.count() == 3


@pytest.mark.parametrize("page", [f"{ADD}?list=%00", f"{ENTRIES}?list=%00", f"{LISTS}?q=a%00"])
def test_an_address_with_a_nul_is_refused(people, page):
    assert signed_in(people["supervisor"]).get(page).status_code == 400


@pytest.mark.parametrize("field", sorted(values(List(pk="blocked_emails"))))
def test_a_nul_in_the_form_adds_nothing(people, bank, emails, field):
    sent = {**values(emails, institution=bank.pk), field: "\0"}
    assert signed_in(people["supervisor"]).post(ADD, sent).status_code == 200
    assert not ListEntry.objects.exists()


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_who_may_only_look_gets_no_form(people, entries, role):
    client = signed_in(people[role])
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, values(List.objects.get())).status_code == 403
    assert client.post(entry_url(entries["ours"], "end"), {"reason": "x"}).status_code == 403
    assert "End it" not in page_of(people[role], entry_url(entries["ours"], "change"))
    assert client.get(f"{LISTS}add/").status_code == 403


def test_a_shared_entry_is_ended_by_an_administrator_alone(people, entries):
    url = entry_url(entries["shared"], "end")
    assert "End it" not in page_of(people["supervisor"], entry_url(entries["shared"], "change"))
    page = signed_in(people["supervisor"]).post(url, {"reason": "x"}).content.decode()
    assert "lacks the permission" in page
    assert signed_in(people["administrator"]).post(url, {"reason": "x"}).status_code == 302
    entries["shared"].refresh_from_db()
    assert entries["shared"].ended_by == "administrator"


def test_a_foreign_entry_cannot_be_ended(people, entries):
    url = entry_url(entries["theirs"], "end")
    assert signed_in(people["supervisor"]).post(url, {"reason": "x"}).status_code == 404


def test_a_reveal_shows_the_value_and_is_written_down(people, bank, entries):
    url = reverse("admin:intelligence_listentry_reveal", args=[entries["ours"].pk, "value"])
    assert url in page_of(people["analyst"], entry_url(entries["ours"], "change"))
    answer = signed_in(people["analyst"]).post(url)
    assert "ours@ours.example" in answer.content.decode()
    entry = AuditEntry.objects.get(action="identifier.reveal")
    assert (entry.after, entry.institution_id) == ({"field": "value"}, bank.pk)


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("auditor", "ours", 403),
        ("administrator", "ours", 403),
        ("risk_manager", "ours", 403),
        ("supervisor", "shared", 403),
        ("supervisor", "theirs", 404),
    ],
)
def test_who_may_not_reveal_does_not(people, entries, role, name, status):
    url = reverse("admin:intelligence_listentry_reveal", args=[entries[name].pk, "value"])
    assert signed_in(people[role]).post(url).status_code == status
    if status == 403:
        assert url not in page_of(people[role], entry_url(entries[name], "change"))
    assert not AuditEntry.objects.filter(action="identifier.reveal").exists()


def test_an_administrator_makes_and_changes_a_list(people):
    client = signed_in(people["administrator"])
    sent = {
        "name": "watch",
        "title": "Watch",
        "description": "",
        "kinds": ["email", "phone"],
        "default_effect": "review",
        "institution": "",
    }
    assert client.post(f"{LISTS}add/", sent).status_code == 302
    again = client.post(f"{LISTS}add/", sent)
    assert "already exists" in again.content.decode()
    watch = List.objects.get()
    assert (watch.kinds, watch.default_effect) == (["email", "phone"], "review")
    add(watch, "ada@example.com", kind="email")
    url = f"{LISTS}watch/edit/"
    refused = client.post(url, {**sent, "kinds": ["phone"]}).content.decode()
    assert "There are entries in force that are e-mail addresses." in refused
    assert client.post(url, {**sent, "title": "Watched", "kinds": ["email"]}).status_code == 302
    watch.refresh_from_db()
    assert (watch.title, watch.kinds) == ("Watched", ["email"])


def test_of_a_shipped_list_the_form_offers_the_effect_alone(people, emails):
    List.objects.update(is_builtin=True)
    client = signed_in(people["administrator"])
    form = client.get(f"{LISTS}blocked_emails/edit/").content.decode()
    assert 'name="default_effect"' in form
    assert 'name="title"' not in form
    client.post(f"{LISTS}blocked_emails/edit/", {"default_effect": "decline"})
    emails.refresh_from_db()
    assert emails.default_effect == "decline"


def test_names_and_values_are_escaped(people, bank):
    evil = make_list("evil", "text", description="<b>x</b>")
    List.objects.update(title="<script>alert(1)</script>")
    add(evil, "<img src=x>", institution=bank, reason="<i>why</i>")
    for url in (
        LISTS,
        f"{LISTS}evil/change/",
        ENTRIES,
        entry_url(ListEntry.objects.get(), "change"),
    ):
        page = page_of(people["analyst"], url)
        assert not [
            tag for tag in ("<script>alert", "<img src=x>", "<i>why", "<b>x") if tag in page
        ]
