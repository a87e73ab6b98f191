"""manage.py change_set: the same services, as a named person."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation.models import User
from foundation.roles import SUPERVISOR
from rules.models import Rule
from rules.queries import published_number
from rules.tests.people import make_user
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
    assert "It can be proposed" in run("check", pk)
    assert "waits for approval" in run("propose", pk, "--by", "rita", "--reason", "x")
    with pytest.raises(CommandError, match="own request"):
        run("approve", pk, "--by", "rita", "--reason", "mine")
    assert "published, ruleset 2" in run("approve", pk, "--by", "sue", "--reason", "good")
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
    with pytest.raises(CommandError, match="1 errors"):
        run("check", change_set.pk)
    assert "is draft" in run("merge", change_set.pk, "--by", "rita")
    assert "It can be proposed" in run("check", change_set.pk)
