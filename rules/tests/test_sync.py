"""Loading the catalogue: a first load, a second, and what people changed meanwhile."""

import dataclasses
from io import StringIO
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command

from foundation.models import AuditEntry
from rules import catalogue, sync
from rules.catalogue import BuiltIn, CatalogueError, built_in_rules
from rules.definition import State
from rules.errors import Invalid
from rules.models import Rule, Ruleset, RuleVersion, Vertical
from rules.queries import published_number
from rules.services import create_rule, edit_rule
from rules.sync import Outcome, sync_catalogue
from rules.tests.cast import A_FEW_RULES, make_definition

pytestmark = pytest.mark.django_db
CODE = "tor_exit"


@pytest.fixture(autouse=True)
def _few(monkeypatch: Any) -> None:
    ship(monkeypatch)


def ship(monkeypatch: Any, *changed: BuiltIn, without: str = "") -> None:
    """The catalogue as a later release brings it."""
    newer = {b.code: b for b in (*A_FEW_RULES, *changed)}
    newer.pop(without, None)
    monkeypatch.setattr(sync, "built_in_rules", lambda: tuple(newer.values()))


def newer(code: str = CODE, **fields: Any) -> BuiltIn:
    (built_in,) = (b for b in built_in_rules() if b.code == code)
    definition = msgspec.structs.replace(built_in.definition, **fields)
    return dataclasses.replace(built_in, definition=definition)


def edit_here(code: str = CODE, **fields: Any) -> None:
    version = Rule.objects.get(code=code).version
    definition = msgspec.structs.replace(version.definition, **fields)
    edit_rule(by="rita", code=code, definition=definition, expected_version=version.number)


def test_a_first_load_fills_the_book_and_puts_it_in_force(monkeypatch: Any) -> None:
    monkeypatch.setattr(sync, "built_in_rules", built_in_rules)
    report = sync_catalogue()
    assert set(report.rules.values()) == {Outcome.CREATED}
    assert Rule.objects.filter(builtin=True).count() == len(built_in_rules()) >= 25
    assert set(RuleVersion.objects.values_list("author_name", flat=True)) == {"catalogue"}
    assert Vertical.objects.count() == 11
    assert report.published == published_number() == 1
    assert len(Ruleset.objects.get().content.rules) == len(built_in_rules())
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions == {"rules.load_catalogue", "rules.publish"}


def test_a_second_load_changes_nothing() -> None:
    sync_catalogue()
    before = AuditEntry.objects.count()
    report = sync_catalogue()
    assert set(report.rules.values()) == {Outcome.UNCHANGED}
    assert report.published is None
    assert AuditEntry.objects.count() == before


def test_a_newer_release_makes_a_version_but_publishes_nothing(monkeypatch: Any) -> None:
    sync_catalogue()
    ship(monkeypatch, newer(score="95"))
    report = sync_catalogue()
    assert report.codes(Outcome.UPDATED) == [CODE]
    rule = Rule.objects.get(code=CODE)
    assert (rule.version.number, rule.version.score) == (2, "95")
    assert rule.catalogue_fingerprint == newer(score="95").definition.fingerprint
    assert published_number() == 1
    assert sync_catalogue().codes(Outcome.UPDATED) == []


def test_a_rule_edited_here_is_left_alone(monkeypatch: Any) -> None:
    sync_catalogue()
    edit_here(score="50")
    assert sync_catalogue().codes(Outcome.KEPT) == [CODE]
    ship(monkeypatch, newer(score="95"))
    assert sync_catalogue().codes(Outcome.CONFLICT) == [CODE]
    assert Rule.objects.get(code=CODE).version.score == "50"


def test_an_edit_that_the_catalogue_makes_too_follows_it_again(monkeypatch: Any) -> None:
    sync_catalogue()
    edit_here(score="95")
    ship(monkeypatch, newer(score="95"))
    assert sync_catalogue().rules[CODE] is Outcome.UNCHANGED
    ship(monkeypatch, newer(score="96"))
    assert sync_catalogue().rules[CODE] is Outcome.UPDATED


def test_a_rule_of_this_installation_with_the_same_code_is_left_alone() -> None:
    create_rule(by="rita", code=CODE, definition=make_definition())
    assert sync_catalogue().codes(Outcome.CLASH) == [CODE]
    assert Rule.objects.get(code=CODE).version.definition == make_definition()


def test_a_rule_that_is_no_longer_shipped_stays_and_is_reported(monkeypatch: Any) -> None:
    sync_catalogue()
    ship(monkeypatch, without=CODE)
    assert sync_catalogue().codes(Outcome.GONE) == [CODE]
    assert Rule.objects.get(code=CODE).state == State.LIVE


def test_states_and_verticals_edited_here_stay() -> None:
    sync_catalogue()
    Rule.objects.filter(code=CODE).update(state=State.SHADOW)
    Vertical.objects.filter(code="crypto").update(aml_threshold=10)
    sync_catalogue()
    assert Rule.objects.get(code=CODE).state == State.SHADOW
    assert Vertical.objects.get(code="crypto").aml_threshold == 10


def test_a_faulty_rule_stops_the_load_before_anything_is_written(monkeypatch: Any) -> None:
    ship(monkeypatch, newer(condition="ip_is_torr"))
    with pytest.raises(Invalid, match="ip_is_tor"):
        sync_catalogue()
    assert not Rule.objects.exists()


def test_check_says_what_a_load_would_do_and_does_nothing() -> None:
    out = StringIO()
    call_command("load_rules", "--check", stdout=out)
    assert f"{len(A_FEW_RULES)} created" in out.getvalue()
    assert not Rule.objects.exists()


def test_the_command_tells_what_it_did() -> None:
    out = StringIO()
    call_command("load_rules", stdout=out)
    assert "ruleset 1 published and in force" in out.getvalue()
    assert "verticals created: banking" in out.getvalue()
    again = StringIO()
    call_command("load_rules", stdout=again)
    assert again.getvalue() == f"{len(A_FEW_RULES)} rules unchanged\n"


def test_the_command_names_the_fault(monkeypatch: Any) -> None:
    ship(monkeypatch, newer(confidence=3.0))
    with pytest.raises(CommandError, match="confidence"):
        call_command("load_rules", "--check")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\nname = 1", "network.toml: \\[a\\]: "),
        ("[a", "network.toml"),
        ("[a]\nstate = 'lively'", "lively"),
        ("[a]\nunknown = 1", "unknown"),
    ],
)
def test_a_faulty_file_is_named(tmp_path: Any, monkeypatch: Any, text: str, message: str) -> None:
    (tmp_path / "network.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    with pytest.raises(CatalogueError, match=message):
        catalogue.built_in_rules.__wrapped__()


def test_a_code_stands_in_one_file_only(tmp_path: Any, monkeypatch: Any) -> None:
    rule = '[x]\nname="a"\ncondition="c"\nscore="1"\nconfidence=1\nseverity="high"\n'
    rule += 'reason="r"\nfamily="f"\nflag_type="f"\n'
    for name in ("network.toml", "identity.toml"):
        (tmp_path / name).write_text(rule, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    with pytest.raises(CatalogueError, match="twice"):
        catalogue.built_in_rules.__wrapped__()
