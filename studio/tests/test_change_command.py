"""manage.py change_set: the same services, as a named person."""

import re
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from clients.services import create_institution, grant_scope
from foundation.models import User
from foundation.roles import SUPERVISOR
from rules.models import Rule, Ruleset
from rules.queries import published_number
from rules.tests.people import make_user
from studio.backtest.tests.conftest import archive  # noqa: F401
from studio.backtest.tests.world import UNTIL, make_events, put_into_archive
from studio.changes import trying
from studio.changes.services import create_change_set
from studio.changes.tests.conftest import HIGH, draft, edit_of, publish_book
from studio.models.changes import ChangeSet

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rita() -> User:
    publish_book()
    make_user("sue", SUPERVISOR)
    return make_user("rita")


def run(*words: Any) -> str:
    out = StringIO()
    call_command("change_set", *map(str, words), stdout=out)
    return out.getvalue()


def test_from_a_file_to_force(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(run("export", "book").replace('score = "30"', 'score = "45"'))
    assert "2 edits" in run("import", file, "--by", "rita", "--title", "From staging")
    pk = ChangeSet.objects.get().pk
    assert "high_amount: score: 30 -> 45" in run("show", pk)
    checked = run("check", pk)
    assert "microseconds a transaction" in checked
    assert "It can be proposed" in checked
    assert f"set {pk} waits for approval" in run("propose", pk, "--by", "rita", "--reason", "x")
    with pytest.raises(CommandError, match="own request"):
        run("approve", pk, "--by", "rita", "--reason", "mine")
    assert "published, ruleset 2" in run("approve", pk, "--by", "sue", "--reason", "good")
    with pytest.raises(CommandError, match="is published: there is nothing to check"):
        run("check", pk)
    assert published_number() == 2
    assert "From staging" in run("list")
    assert run("export", "in-force") == run("export", "in-force")


def test_a_change_with_later_ones_in_force_is_undone_alone(rita: User) -> None:
    first = draft(rita)
    for change_set in (first, draft(rita, edit_of("low_amount", score="50"))):
        run("propose", change_set.pk, "--by", "rita", "--reason", "x")
        run("approve", change_set.pk, "--by", "sue", "--reason", "good")
    with pytest.raises(CommandError, match="Undo this one alone"):
        run("roll-back", first.pk, "--by", "rita", "--reason", "x")
    assert "is draft" in run("undo", first.pk, "--by", "rita")
    undo = ChangeSet.objects.get(origin="undo")
    assert "high_amount: score: 35 -> 30" in run("show", undo.pk)


def test_what_is_refused_is_one_sentence(rita: User, tmp_path: Path) -> None:
    change_set = draft(rita)
    for words, says in (
        (("show", 999), "no change set 999"),
        (("propose", change_set.pk, "--by", "nobody", "--reason", "x"), "nobody called"),
        (("propose", change_set.pk, "--by", "sue", "--reason", "x"), "permission"),
        (("approve", change_set.pk, "--by", "sue", "--reason", "x"), "nobody's approval"),
        (("import", tmp_path / "none.toml", "--by", "rita"), "No such file"),
        (("import", "/dev/zero", "--by", "rita"), "At most 2,000,000 bytes"),  # it has no end
        (("export", "moon"), "Say in-force"),
        (
            ("propose", change_set.pk, "--by", "rita", "--reason", "x", "--at", "soon"),
            "is no time",
        ),
    ):
        with pytest.raises(CommandError, match=says):
            run(*words)
    assert Rule.objects.get(code=HIGH).version.number == 1


def test_a_check_fails_with_what_it_found(rita: User) -> None:
    change_set = draft(rita)
    Rule.objects.filter(code=HIGH).update(state="shadow")
    with pytest.raises(CommandError, match="1 error: it"):
        run("check", change_set.pk)
    assert "is draft" in run("merge", change_set.pk, "--by", "rita")
    assert "It can be proposed" in run("check", change_set.pk)


def test_a_change_is_tried_on_past_decisions_before_it_is_proposed(
    rita: User,
    archive: None,  # noqa: F811
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CHANGE_SET_EVIDENCE = "required"
    settings.BACKTEST_ROWS_AT_ONCE = -1  # a page would leave it to a worker
    bank = create_institution(name="Bank", slug="bank", base_currency="NGN", by="test")
    grant_scope(user=rita, institution=bank, by="test")
    put_into_archive(make_events(1, 80, {1: Ruleset.objects.get().content}))
    monkeypatch.setattr(trying, "clock", SimpleNamespace(now=lambda: UNTIL))
    change_set = draft(rita, edit_of(score="100"))
    with pytest.raises(CommandError, match="backtest"):
        run("propose", change_set.pk, "--by", "rita", "--reason", "x")
    told = run("backtest", change_set.pk, "--by", "rita", "--days", "4", "--vertical", "crypto")
    declined = re.search(r"declined +(\d+) -> (\d+)", told)
    assert declined is not None
    assert int(declined[2]) > int(declined[1])
    assert "decisions in crypto from 2026-09-30 to 2026-10-04" in told
    assert told.endswith("Attached as evidence.\n")
    run("propose", change_set.pk, "--by", "rita", "--reason", "x")


def test_what_cannot_be_tried_is_one_sentence(rita: User) -> None:
    pk = draft(rita).pk
    empty = create_change_set(by=rita, title="Empty").pk
    for words, says in (
        ((pk, "--by", "rita", "--days", "0"), "1 to 365 days"),
        ((pk, "--by", "sue"), "permission"),
        ((empty, "--by", "rita"), "no edits"),
    ):
        with pytest.raises(CommandError, match=says):
            run("backtest", *words)
