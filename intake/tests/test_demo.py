"""The demo's traffic and the small sample: scored once, however often it is asked for."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clients.authentication import authenticate
from intake.demo import seed_access, seed_traffic
from transactions.models import Label, Transaction

pytestmark = pytest.mark.django_db


def play(count=60, **more):
    client = authenticate(seed_access({})["api_key"])
    steps: list[int] = []
    made = seed_traffic(client, lambda number, _: steps.append(number), count=count, **more)
    return made, steps


def test_traffic_is_of_the_last_two_weeks_and_labelled_as_far_as_it_is_known(rule_book):
    made, steps = play(120)
    assert (made, steps[-1]) == (120, 120)
    rows = Transaction.objects.filter(source="demo")
    assert rows.count() == 120
    now = timezone.now()
    oldest = rows.earliest("occurred_at").occurred_at
    assert now - timedelta(days=15) < oldest < now - timedelta(days=10)
    assert rows.latest("occurred_at").occurred_at <= now
    labels = Label.objects.filter(transaction__source="demo")
    assert labels.exists()
    assert all(label.is_fraud and label.typology and label.known_at <= now for label in labels)


def test_it_is_played_once_and_goes_on_where_it_was_interrupted(rule_book):
    assert play(20)[0] == 20
    assert play(30)[0] == 10
    assert play(30)[0] == 0
    assert Transaction.objects.filter(source="demo").count() == 30


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
