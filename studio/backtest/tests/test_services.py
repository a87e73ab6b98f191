"""Trying a change at once, or as a row that a worker takes."""

import datetime as dt

import msgspec
import pytest

from clients.services import create_institution
from foundation.errors import Forbidden, NotFound
from foundation.models import AuditEntry
from foundation.roles import ANALYST, RISK_MANAGER
from rules.definition import State
from studio import tasks, working
from studio.backtest import running, services
from studio.backtest.contract import Edit, Result
from studio.backtest.errors import BadEdit, TooManyBacktests, TooMuchAtOnce
from studio.backtest.tests.conftest import WINDOW
from studio.backtest.tests.people import in_force, person
from studio.backtest.tests.world import VARIED, a_rule
from studio.models import Backtest

pytestmark = pytest.mark.django_db
DRAFT = services.edit_of("brand_new", a_rule("brand_new", "account_age_days < 100").definition)
_State = Backtest.State


@pytest.fixture
def ada(events, bank):
    in_force(2)
    return person("ada", RISK_MANAGER, bank)


@pytest.fixture
def sent(monkeypatch):
    """Ids that were handed to a worker."""
    found = []
    monkeypatch.setattr(tasks.run_backtest, "apply_async", lambda args, **_: found.append(args[0]))
    return found


@pytest.fixture
def large(settings):
    """Everything is too much for a request."""
    settings.BACKTEST_ROWS_AT_ONCE = 0


def start(ada, **changes):
    return services.request_backtest(by=ada, edit=DRAFT, window=WINDOW, **changes)


def test_a_draft_is_tried_as_if_it_were_live(ada, events):
    result = services.quick(by=ada, edit=DRAFT, window=WINDOW)
    assert (result.kind, result.code, result.rows) == ("rule", "brand_new", len(events))
    assert result.before.matched.n == 0 < result.after.matched.n
    assert any(change.before != change.after for change in result.changes)


def test_a_rule_is_held_against_the_one_in_force(ada):
    rule = msgspec.structs.replace(VARIED[2], state=State.LIVE)
    result = services.quick(by=ada, edit=Edit(rules=(rule,)), window=WINDOW)
    assert result.before == result.after
    gone = services.quick(by=ada, edit=Edit(removed=(rule.code,)), window=WINDOW)
    assert gone.before.matched.n == result.before.matched.n > gone.after.matched.n == 0


def test_several_edits_take_the_whole_ruleset(ada):
    edit = Edit(rules=DRAFT.rules, removed=(VARIED[0].code,))
    assert services.quick(by=ada, edit=edit, window=WINDOW).kind == "ruleset"


def test_one_sees_only_the_institutions_that_one_works_for(ada, events):
    create_institution(name="Other", slug="other", base_currency="USD", by="test")
    everything = msgspec.structs.replace(WINDOW, institutions=())
    result = services.quick(by=ada, edit=DRAFT, window=everything)
    assert result.window.institutions == ("bank",)
    strange = msgspec.structs.replace(WINDOW, institutions=("bank", "other"))
    for ask in (services.quick, services.request_backtest):
        with pytest.raises(Forbidden, match="do not work for other"):
            ask(by=ada, edit=DRAFT, window=strange)


def test_who_may_not_change_rules_tries_none(ada, bank):
    eve = person("eve", ANALYST, bank)
    for ask in (services.quick, services.request_backtest):
        with pytest.raises(Forbidden):
            ask(by=eve, edit=DRAFT, window=WINDOW)


@pytest.mark.parametrize(
    ("edit", "changes", "why"),
    [
        (Edit(), {}, "nothing to try"),
        (Edit(removed=("nobody",)), {}, "no rule nobody"),
        (DRAFT, {"until": WINDOW.since}, "ends before it begins"),
        (DRAFT, {"since": dt.datetime(2026, 1, 1)}, "without a zone"),  # noqa: DTZ001
        (DRAFT, {"maturity_days": -1}, "before their transaction"),
    ],
)
def test_what_cannot_be_tried_is_a_clear_answer(ada, edit, changes, why):
    with pytest.raises(BadEdit, match=why):
        services.quick(by=ada, edit=edit, window=msgspec.structs.replace(WINDOW, **changes))


def test_without_a_ruleset_there_is_nothing_to_compare_with(events, bank):
    ada = person("ada", RISK_MANAGER, bank)
    with pytest.raises(BadEdit, match="No ruleset is published"):
        services.quick(by=ada, edit=DRAFT, window=WINDOW)


def test_what_takes_long_is_not_done_in_a_request(ada, large):
    with pytest.raises(TooMuchAtOnce, match=r"400 decisions\. Start it as a backtest"):
        services.quick(by=ada, edit=DRAFT, window=WINDOW)


def test_one_is_tried_at_a_time(ada, monkeypatch):
    monkeypatch.setattr(services, "_PATIENCE", 0.01)
    with services._one_at_a_time, pytest.raises(TooManyBacktests, match="try again"):
        services.quick(by=ada, edit=DRAFT, window=WINDOW)
    assert services.quick(by=ada, edit=DRAFT, window=WINDOW)


def test_who_finds_somebody_waiting_does_not_wait(ada, monkeypatch):
    monkeypatch.setattr(services, "_PATIENCE", 60.0)
    with services._one_at_a_time, services._one_waits, pytest.raises(TooManyBacktests):
        services.quick(by=ada, edit=DRAFT, window=WINDOW)


def test_a_small_one_goes_to_a_worker_while_another_is_tried(
    ada, sent, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True), services.turn() as ours:
        assert ours
        made = tasks.start_backtest(by=ada, edit=DRAFT, window=WINDOW)
    assert (made.state, sent) == (_State.QUEUED, [str(made.pk)])


def test_a_small_backtest_is_done_at_once(ada, sent):
    made = tasks.start_backtest(by=ada, edit=DRAFT, window=WINDOW)
    assert (made.state, made.progress, made.rows, sent) == (_State.DONE, 1.0, 400, [])
    quick = services.quick(by=ada, edit=DRAFT, window=WINDOW)
    kept = Result.load(made.result)
    assert msgspec.structs.replace(kept, seconds=0) == msgspec.structs.replace(quick, seconds=0)
    assert AuditEntry.objects.filter(action="studio.backtest_requested").count() == 1


def test_a_large_one_goes_to_a_worker(ada, sent, large, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        made = tasks.start_backtest(by=ada, edit=DRAFT, window=WINDOW)
    assert (made.state, sent) == (_State.QUEUED, [str(made.pk)])
    tasks.run_backtest(str(made.pk))
    made.refresh_from_db()
    assert made.state == _State.DONE
    assert made.finished_at >= made.started_at


def test_it_runs_once_however_often_it_is_delivered(ada, monkeypatch):
    made, calls = start(ada), []
    real = running.carry_out
    monkeypatch.setattr(running, "carry_out", lambda *a: (calls.append(1), real(*a))[1])
    for _ in range(3):
        running.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.attempt, len(calls)) == (_State.DONE, 1, 1)


def test_a_cancelled_one_stops_and_keeps_nothing(ada, monkeypatch):
    made = start(ada)
    monkeypatch.setattr("studio.backtest.engine.RULE_ROWS", 50)
    monkeypatch.setattr(working, "TELL_EVERY", 0.0)
    seen = []

    def tell(ours, share):
        seen.append(share)
        services.cancel_backtest(by=ada, pk=made.pk)

    monkeypatch.setattr(working.Held, "tell", tell)
    running.run(made.pk)
    made.refresh_from_db()
    assert (made.state, made.result, len(seen)) == (_State.CANCELLED, None, 1)
    assert AuditEntry.objects.filter(action="studio.backtest_cancelled").count() == 1
    running.run(made.pk)
    made.refresh_from_db()
    assert made.state == _State.CANCELLED


def test_cancelling_what_is_over_changes_nothing(ada):
    made = start(ada)
    running.run(made.pk)
    assert services.cancel_backtest(by=ada, pk=made.pk).state == _State.DONE


def test_nobody_cancels_or_restarts_anothers(ada, bank):
    made, bea = start(ada), person("bea", RISK_MANAGER, bank)
    for act in (services.cancel_backtest, services.restart_backtest):
        with pytest.raises(NotFound):
            act(by=bea, pk=made.pk)


def test_a_person_has_so_many_unfinished_at_most(ada, bank, settings):
    settings.BACKTESTS_AT_ONCE = 2
    first, _ = start(ada), start(ada)
    with pytest.raises(TooManyBacktests, match="2 of your backtests"):
        start(ada)
    assert start(person("bea", RISK_MANAGER, bank))
    services.cancel_backtest(by=ada, pk=first.pk)
    assert start(ada)


def test_evidence_holds_what_was_tried_and_what_came_of_it(ada):
    made = start(ada)
    with pytest.raises(BadEdit, match="Only a finished"):
        services.evidence_of(made)
    running.run(made.pk)
    made.refresh_from_db()
    evidence = services.evidence_of(made)
    assert Edit.load(evidence["edit"]) == DRAFT
    assert evidence["result"]["after"]["matched"]["n"] > 0
    assert "samples" not in evidence["result"]
    assert (evidence["by"], evidence["ruleset_number"]) == ("ada", 2)
    assert msgspec.json.decode(msgspec.json.encode(evidence)) == evidence


def test_the_services_load_no_polars():
    import subprocess
    import sys

    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'fraudshield.settings';"
        "import django; django.setup(); import studio.tasks; print('polars' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")
