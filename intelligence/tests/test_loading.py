"""Lists that come with the product, and entries out of files."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone as clock

from foundation.models import AuditEntry
from intelligence.kinds import KINDS
from intelligence.lists import builtin
from intelligence.lists.builtin import BUILTIN, load_builtin
from intelligence.lists.importing import read_expiry
from intelligence.lists.services import change_list, end_entry
from intelligence.lookup import pairs
from intelligence.models import List, ListEntry
from intelligence.tests.making import add, look_up, make_list

pytestmark = pytest.mark.django_db
PROMISED = {
    "disposable_domains", "low_reputation_domains", "blocked_ips", "bad_ips", "good_ips",
    "blocked_emails", "consortium", "fraud_devices", "suspicious_carriers", "emulator_gpus",
    "block_list", "allow_list", "watch_list",
}  # fmt: skip


@pytest.fixture
def few(monkeypatch):
    """The disposable domains are ten thousand; two will do."""
    monkeypatch.setattr("disposable_email_domains.blocklist", {"mailinator.com", "yopmail.com"})


def test_the_promised_lists_are_shipped():
    assert {spec.name for spec in BUILTIN} == PROMISED


def test_loading_twice_changes_nothing(few):
    first = load_builtin(actor="test", demo=True)
    assert all(each.created for each in first)
    audited = AuditEntry.objects.count()
    assert not any(
        each.created or each.added or each.ended for each in load_builtin(actor="test", demo=True)
    )
    assert AuditEntry.objects.count() == audited
    assert set(List.objects.values_list("name", flat=True)) == PROMISED


def test_the_whole_disposable_list_loads(bank):
    call_command("load_lists", verbosity=0)
    assert ListEntry.objects.filter(list="disposable_domains").count() > 4_000
    found = look_up(bank.pk, texts={"email_domain": "eu.mailinator.com"})
    assert pairs(found) == {("email_domain", "disposable_domains")}


@pytest.mark.parametrize(
    ("identifiers", "expected"),
    [
        ({"ip_address": "192.168.1.100"}, ("ip_address", "bad_ips", "")),
        ({"ip_address": "192.0.2.1"}, ("ip_address", "bad_ips", "")),
        ({"ip_address": "8.8.8.8"}, ("ip_address", "good_ips", "allow")),
        ({"ip_address": "1.1.1.1"}, ("ip_address", "good_ips", "allow")),
        ({"email": "fraudster@example.com"}, ("email", "consortium", "")),
        ({"phone": "+1111111111"}, ("phone", "consortium", "")),
    ],
)
def test_examples_are_there_in_the_demo_only(few, bank, identifiers, expected):
    load_builtin(actor="test", demo=False)
    assert not look_up(bank.pk, identifiers)
    load_builtin(actor="test", demo=True)
    (found,) = look_up(bank.pk, identifiers)
    assert found[:3] == expected


@pytest.mark.parametrize(
    ("name", "effect"),
    [("block_list", "decline"), ("allow_list", "allow"), ("watch_list", "review")],
)
@pytest.mark.parametrize(
    ("kind", "value", "identifiers", "texts"),
    [
        ("phone", "+254712345678", {"phone": "+254712345678"}, {}),
        ("merchant", "shop-1", {"seller_id": "shop-1"}, {}),
        ("bin", "457173", {}, {"card_bin": "45717312"}),
        ("domain", "example.org", {}, {"email_domain": "mail.example.org"}),
    ],
)
def test_general_lists_take_anything_that_is_looked_up(
    few, bank, name, effect, kind, value, identifiers, texts
):
    load_builtin(actor="test", demo=False)
    add(List.objects.get(pk=name), value, kind=kind, institution=bank)
    (found,) = look_up(bank.pk, identifiers, texts)
    assert found[1:3] == (name, effect)


@pytest.mark.parametrize("carrier", ["unknown", "vpn_provider", "VPN_Provider"])
def test_the_promised_carriers_are_suspicious(few, bank, carrier):
    load_builtin(actor="test", demo=False)
    assert pairs(look_up(bank.pk, texts={"mobile_carrier": carrier})) == {
        ("mobile_carrier", "suspicious_carriers")
    }


def test_what_is_shipped_no_longer_ends_and_comes_back(few, monkeypatch):
    load_builtin(actor="load_lists", demo=False)
    for names, live in (({"mailinator.com"}, 1), ({"mailinator.com", "yopmail.com"}, 2)):
        monkeypatch.setattr("disposable_email_domains.blocklist", names)
        load_builtin(actor="load_lists", demo=False)
        entries = ListEntry.objects.filter(list="disposable_domains")
        assert entries.in_force(clock.now()).count() == live
    assert entries.get(value_plain="yopmail.com", ended_at__isnull=False).end_reason


def test_a_load_leaves_alone_what_people_did(few):
    load_builtin(actor="load_lists", demo=False)
    disposable = List.objects.get(pk="disposable_domains")
    change_list(by="test", changed=disposable, default_effect="review")
    entry = ListEntry.objects.get(value_plain="yopmail.com")
    end_entry(by="amina", entry=entry, reason="Our own staff use it.")
    mine = add(disposable, "mine.example")
    assert not any(
        each.added or each.ended for each in load_builtin(actor="load_lists", demo=False)
    )
    mine.refresh_from_db()
    assert mine.ended_at is None
    assert List.objects.get(pk="disposable_domains").default_effect == "review"


def test_a_shipped_value_that_is_listed_by_hand_already_is_not_added(few):
    own = make_list("disposable_domains", "domain")
    add(own, "yopmail.com")
    load_builtin(actor="load_lists", demo=False)
    assert ListEntry.objects.filter(value_plain="yopmail.com").count() == 1
    assert List.objects.get(pk=own.pk).is_builtin


def test_every_shipped_value_is_valid_for_its_list():
    for spec in BUILTIN:
        for each in (*spec.entries, *spec.demo, *builtin._from_libraries(spec)):
            assert each.kind in spec.kinds
            KINDS[each.kind].check(each.value)


# -- import ---------------------------------------------------------------------------------------


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "values.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


def test_a_file_is_imported_once_however_often_it_is(tmp_path, bank, emails, capsys):
    path = write(
        tmp_path,
        "value,effect,reason,owner,expires_at\n"
        "Ada@example.com,Decline,Chargebacks,Fraud desk,2100-01-31\n"
        "\n"
        'eve@example.com,,"Seen twice, in May",,\n'
        "ADA@example.com ,,,,\n",
    )
    for added in (2, 0):
        call_command("import_list", "blocked_emails", path, "--institution", "ours")
        assert f"{added} entries added, {3 - added} there already" in capsys.readouterr().out
    ada, eve = ListEntry.objects.order_by("pk")
    assert (ada.effect, ada.reason, ada.owner) == ("decline", "Chargebacks", "Fraud desk")
    assert ada.expires_at.date().isoformat() == "2100-01-31"
    assert (eve.effect, eve.reason, eve.owner) == ("", "Seen twice, in May", "import_list")
    assert eve.source == "file values.csv"
    assert look_up(bank.pk, {"email": "eve@example.com"})
    trail = AuditEntry.objects.filter(action="list.import").order_by("pk")
    assert [entry.after["added"] for entry in trail] == [2, 0]
    assert trail[0].institution_id == bank.pk


def test_all_bad_rows_are_told_by_line_and_nothing_is_stored(tmp_path, everything):
    path = write(
        tmp_path,
        "kind,value,expires_at\n"
        "email,ada@example.com,\n"
        "email,nobody,\n"
        '"phone",+254712345678,someday\n'
        "ip,10.0.0.0/8,\n"
        "planet,Mars,\n",
    )
    with pytest.raises(CommandError) as caught:
        call_command("import_list", "everything", path)
    told = str(caught.value).splitlines()
    assert told[0] == "Nothing was imported: 4 of 5 rows are wrong."
    assert [line.split(":")[0].strip() for line in told[1:]] == [
        "line 3", "line 4", "line 5", "line 6",
    ]  # fmt: skip
    assert "nobody" not in str(caught.value)
    assert not ListEntry.objects.exists()


@pytest.mark.parametrize(
    "row", ["ada\0@example.com,x,y", "ada@example.com,x\0,y", "ada@example.com,x,\0y"]
)
def test_a_row_with_a_nul_is_a_bad_row(tmp_path, emails, row):
    path = write(tmp_path, f"value,reason,owner\neve@example.com,x,y\n{row}\n")
    with pytest.raises(CommandError, match=r"line 3: The .* cannot be stored"):
        call_command("import_list", "blocked_emails", path)
    assert not ListEntry.objects.exists()


def test_of_very_many_bad_rows_the_first_are_told(tmp_path, emails):
    path = write(tmp_path, "value\n" + "nobody\n" * 50)
    with pytest.raises(CommandError, match="and 30 more"):
        call_command("import_list", "blocked_emails", path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "first line must name columns"),
        ("email\nada@example.com\n", "first line must name columns"),
        ("value,colour\nada@example.com,red\n", "first line must name columns"),
        ("value,reason,Value\nada@example.com,x,y\n", "first line names value more than once"),
        ("value,reason,owner,reason,owner\na,b,c,d,e\n", "names owner, reason more than once"),
        ("value\nada@example.com,decline\n", "line 2 has more fields"),
        ('value\n"ada@example.com\n', "the row after line 1"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path, emails, content, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_list", "blocked_emails", write(tmp_path, content))


def test_a_file_that_is_no_text_is_refused(tmp_path, emails):
    path = write(tmp_path, "value\nb\xfccher@example.com\n", encoding="latin-1")
    with pytest.raises(CommandError, match="not UTF-8"):
        call_command("import_list", "blocked_emails", path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "x.csv"], "no list 'nowhere'; there are: blocked_emails"),
        (["blocked_emails", "/nowhere/x.csv"], "No such file"),
        (["blocked_emails", "x.csv", "--institution", "moon"], "no institution moon; there are: "),
        (["blocked_emails", "x.csv", "--expires-at", "soon"], "expiry is no date"),
    ],
)
def test_wrong_arguments_are_told(emails, arguments, message):
    with pytest.raises(CommandError, match=message):
        call_command("import_list", *arguments)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path, emails):
    call_command("import_list", "blocked_emails", write(tmp_path, "﻿Value\nada@example.com\n"))
    assert ListEntry.objects.count() == 1


def test_a_list_of_one_institution_is_imported_for_it(tmp_path, bank):
    make_list("own", "email", institution=bank)
    call_command("import_list", "own", write(tmp_path, "value\nada@example.com\n"))
    assert ListEntry.objects.get().institution == bank


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-01-31", datetime(2027, 1, 31, 23, 59, 59, 999999, UTC)),
        ("2027-01-31T12:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00:00+01:00", datetime(2027, 1, 31, 11, tzinfo=UTC)),
    ],
)
def test_how_an_expiry_is_read(text, moment):
    assert read_expiry(text) == moment
