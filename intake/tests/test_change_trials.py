"""Trying a change set on past decisions over the API, and taking the result as evidence."""

from types import SimpleNamespace

import pytest

from clients.models import Scope
from intake.tests.conftest import open_bank, publish_rules
from rules.models import Ruleset
from studio import tasks
from studio.backtest import running
from studio.backtest.tests.conftest import archive  # noqa: F401
from studio.backtest.tests.world import UNTIL, make_events, put_into_archive
from studio.changes import trying
from studio.models.changes import ChangeSet

pytestmark = pytest.mark.django_db
BASE = "/api/v1/change-sets"


@pytest.fixture
def house(archive, monkeypatch):  # noqa: F811
    """A key of an institution with 60 past decisions."""
    publish_rules()
    monkeypatch.setattr(trying, "clock", SimpleNamespace(now=lambda: UNTIL))
    ruleset = Ruleset.objects.get()
    put_into_archive(make_events(1, 60, {ruleset.number: ruleset.content}, institution="house"))
    return open_bank("house", scopes=Scope.values)[1]


@pytest.fixture
def a_worker(monkeypatch, settings):
    """Whatever is tried takes a worker, who is told of it here."""
    told = []
    settings.BACKTEST_ROWS_AT_ONCE = -1
    monkeypatch.setattr(tasks, "_run_later", told.append)
    return told


def drafted(house) -> str:
    """The address of a draft that would hold every payment for review."""
    there = f"{BASE}/{house.post(BASE, {'title': 'Hold all'}).json()['id']}"
    toml = house.get("/api/v1/rules-file").json()["toml"]
    old, new = 'condition = "account_age_days < max_age"', 'condition = "amount > 0"'
    assert toml.count(old) == 1
    held = toml.replace(old, f'{new}\neffect = "review"')
    answer = house.post(f"{there}/edits", {"toml": held})
    assert answer.status_code == 200, answer.content
    return there


def test_a_small_trial_is_done_and_attached_at_once(house):
    there = drafted(house)
    answer = house.post(f"{there}/backtest", {"days": 5})
    told = answer.json()
    assert (answer.status_code, told["state"], told["evidence"]) == (200, "done", "fresh")
    assert told["result"]["decisions"]["n"] > 50
    assert told["result"]["after"]["review"]["n"] > told["result"]["before"]["review"]["n"]
    assert house.get(f"{there}/backtest").json() == told
    assert ChangeSet.objects.get().evidence["result"]["rows"] > 50


def test_a_long_one_is_left_to_a_worker_and_attached_when_asked_for(
    house, a_worker, django_capture_on_commit_callbacks
):
    there = drafted(house)
    with django_capture_on_commit_callbacks(execute=True):
        answer = house.post(f"{there}/backtest", {"vertical": "crypto", "known": "then"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert house.post(f"{there}/evidence", {}).status_code == 409
    [pk] = a_worker
    running.run(pk)
    told = house.get(f"{there}/backtest").json()
    assert (told["state"], told["evidence"]) == ("done", "none")
    assert [part["name"] for part in told["result"]["by_vertical"]] == ["crypto"]
    assert told["result"]["window"]["known"] == "then"
    assert house.post(f"{there}/evidence", {}).status_code == 200
    assert house.get(f"{there}/backtest").json()["evidence"] == "fresh"


def test_after_another_edit_the_trial_is_no_evidence(house):
    there = drafted(house)
    house.post(f"{there}/backtest", {"days": 5})
    toml = house.get("/api/v1/rules-file").json()["toml"]
    renamed = toml.replace('name = "New account"', 'name = "Young account"')
    house.post(f"{there}/edits", {"toml": renamed})
    assert house.get(f"{there}/backtest").json()["evidence"] == "stale"
    refused = house.post(f"{there}/evidence", {})
    assert (refused.status_code, "run it again" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"vertical": "farming"}, "vertical"),
        ({"known": "never"}, "known"),
    ],
)
def test_what_cannot_be_tried_is_said(house, body, says):
    answer = house.post(f"{drafted(house)}/backtest", body)
    assert (answer.status_code, says in answer.content.decode()) == (400, True), answer.content


def test_there_must_be_something_to_try(house):
    there = f"{BASE}/{house.post(BASE, {'title': 'Empty'}).json()['id']}"
    assert house.get(f"{there}/backtest").status_code == 404
    refused = house.post(f"{there}/backtest", {})
    assert (refused.status_code, "no edits" in refused.json()["detail"]) == (409, True)


def test_nobody_reads_a_trial_on_another_institutions_decisions(house):
    there = drafted(house)
    house.post(f"{there}/backtest", {"days": 5})
    other = open_bank("other", scopes=Scope.values)[1]
    assert other.get(there).status_code == 200
    assert other.get(f"{there}/backtest").status_code == 404


def test_who_may_only_read_tries_nothing(house):
    there = drafted(house)
    reader = open_bank("reader", scopes=["rules:read"])[1]
    assert reader.post(f"{there}/backtest", {}).status_code == 403
    assert reader.post(f"{there}/evidence", {}).status_code == 403
    assert ChangeSet.objects.get().trial is None
