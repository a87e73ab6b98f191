"""The demo's traffic and the small sample: scored once, however often it is asked for."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clients.authentication import authenticate, forget_cached_keys
from clients.models import ApiKey
from foundation.models import User
from intake.demo import seed_access, seed_traffic
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db


def play(count=60, **more):
    client = authenticate(seed_access({})["api_key"])
    steps: list[int] = []
    made = seed_traffic(client, lambda number, _: steps.append(number), count=count, **more)
    return made, steps


def test_traffic_is_of_the_last_two_months_and_labelled_as_far_as_it_is_known(rule_book):
    made, steps = play(120)
    assert (made, steps[-1]) == (120, 120)
    rows = Transaction.objects.filter(source="demo")
    assert rows.count() == 120
    now = timezone.now()
    oldest = rows.earliest("occurred_at").occurred_at
    assert now - timedelta(days=61) < oldest < now - timedelta(days=50)
    assert rows.latest("occurred_at").occurred_at <= now
    labels = Label.objects.filter(transaction__source="demo")
    assert labels.exists()
    assert all(label.is_fraud and label.typology and label.known_at <= now for label in labels)


def test_it_is_played_once_and_goes_on_where_it_was_interrupted(rule_book):
    assert play(20)[0] == 20
    assert play(30)[0] == 10
    assert play(30)[0] == 0
    assert Transaction.objects.filter(source="demo").count() == 30


def test_its_key_opens_everything_and_one_that_does_not_is_replaced():
    first = seed_access({})["api_key"]
    assert {"score", "cases:work"} <= authenticate(first).scopes
    assert seed_access({"api_key": first})["api_key"] == first
    ApiKey.objects.update(scopes=["score", "read"])  # as an earlier version made it
    forget_cached_keys()
    second = seed_access({"api_key": first})["api_key"]
    assert second != first
    assert "cases:work" in authenticate(second).scopes


def test_the_sample_is_fifty_transactions_of_ten_customers(rule_book, settings):
    settings.DEMO = True
    out = StringIO()
    call_command("seed_data", stdout=out)
    call_command("seed_data", stdout=out)
    rows = Transaction.objects.filter(source="sample")
    assert rows.count() == 50
    assert rows.values("customer").distinct().count() == 10
    assert "50 transactions new" in out.getvalue()
    assert "0 transactions new" in out.getvalue()


def test_the_sample_is_only_for_demo_mode(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="demo mode"):
        call_command("seed_data")


def test_the_database_is_brought_up_to_date_and_once_more_without_a_change():
    out = StringIO()
    call_command("init_db", stdout=out)
    call_command("init_db", stdout=out)
    assert out.getvalue().count("The database is ready.") == 2


# -- the file of credentials ----------------------------------------------------------------------


def demo(path, **options):
    call_command("seed_demo", write=path, **{"count": 0, **options}, stdout=StringIO())


@pytest.fixture
def in_demo_mode(settings):
    settings.DEMO = True


def test_what_was_in_the_file_is_kept(in_demo_mode, tmp_path):
    file = tmp_path / "demo.json"
    file.write_text('{"url": "http://127.0.0.1:8000"}')
    demo(file)
    first = json.loads(file.read_text())
    assert first["url"] == "http://127.0.0.1:8000"
    demo(file)
    assert json.loads(file.read_text()) == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_its_people_are_marked_so_that_they_are_refused_elsewhere(in_demo_mode, tmp_path):
    demo(tmp_path / "demo.json")
    assert set(User.objects.values_list("is_demo", flat=True)) == {True}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[1]", b'{"users": 5}', b'{"api_key": 5}', b'{"users": {"admin": 5}}',
     b'{"users": {"admin": {"password": 5}}}', b"[" * 100_000],
)  # fmt: skip
def test_a_file_that_is_something_else_is_replaced(in_demo_mode, tmp_path, content):
    file = tmp_path / "demo.json"
    file.write_bytes(content)
    demo(file)
    assert authenticate(json.loads(file.read_text())["api_key"])


@pytest.mark.parametrize("name", ["", "nowhere/demo.json", "file/demo.json", "x" * 300])
def test_where_no_file_can_be_written_nobody_is_let_in(in_demo_mode, tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match=r"cannot be written: [A-Z].*\. Nothing was made"):
        demo(tmp_path / name)
    assert not User.objects.exists()
    assert not ApiKey.objects.exists()


def test_on_a_full_disk_nobody_is_let_in(in_demo_mode, tmp_path):
    (tmp_path / "demo.json.partial").symlink_to("/dev/full")
    with pytest.raises(CommandError, match=r"No space left on device\. Nothing was made"):
        demo(tmp_path / "demo.json")
    assert not ApiKey.objects.exists()
    assert list(tmp_path.iterdir()) == []


def test_a_number_of_transactions_is_none_below_zero(in_demo_mode, tmp_path):
    with pytest.raises(CommandError, match="--count"):
        demo(tmp_path / "demo.json", count=-1)
