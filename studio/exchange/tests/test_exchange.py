"""Rules out as TOML and in again, and newer releases of the catalogue beside local edits."""

from typing import Any

import msgspec
import pytest

from features.catalogue import CATALOGUE
from foundation import approvals
from foundation.models import User
from rules.catalogue import FOLDER, BuiltIn, built_in_rules, built_in_snapshot
from rules.definition import Definition, State
from rules.models import Rule, Ruleset
from rules.queries import published_rule
from rules.services import edit_rule, set_rule_state
from rules.tests.cast import make_definition
from studio.changes.services import ChangeRefused, NewRule, Retire, look_over, propose, resolve
from studio.changes.tests.conftest import HIGH, NEW, draft, edit_of
from studio.exchange import catalogue, importing, writing
from studio.exchange.catalogue import merge_catalogue
from studio.exchange.importing import import_rules
from studio.exchange.reading import LARGEST, FileRefused, read_toml
from studio.exchange.writing import Entry, export_book, export_change_set, export_in_force
from studio.models.changes import ChangeSet


def test_all_built_in_rules_come_back_exactly_and_the_text_is_the_same() -> None:
    snapshot = built_in_snapshot(CATALOGUE.version)
    text = writing.export_snapshot("Shipped", snapshot)
    file = read_toml(text.encode())
    assert [entry.definition.fingerprint for entry in file.rules] == [
        rule.definition.fingerprint for rule in snapshot.rules
    ]
    assert [entry.state for entry in file.rules] == [rule.state for rule in snapshot.rules]
    assert tuple(file.verticals) == snapshot.verticals
    assert writing.as_toml("Shipped", file.rules, file.verticals) == text


@pytest.mark.parametrize(
    "text",
    ['quote " and \\ back', "two\nlines", "tab\there", "'''", '"""', "ünï – ✓", "a\r\nb", "\u007f"],
)
def test_any_text_survives(text: str) -> None:
    definition = make_definition(description=text, owner=text.replace("\n", " ")[:120])
    entry = Entry(HIGH, State.CANARY, 12.5, definition)
    [back] = read_toml(writing.as_toml("x", [entry], ()).encode()).rules
    assert back == entry


def test_the_order_of_what_is_given_does_not_matter() -> None:
    one, two = (Entry(code, State.LIVE, 100.0, make_definition()) for code in ("b_rule", "a_rule"))
    assert writing.as_toml("x", [one, two], ()) == writing.as_toml("x", [two, one], ())


def test_the_catalogues_own_files_are_read(settings: Any) -> None:
    for path in sorted(FOLDER.glob("*.toml")):
        if path.stem != "verticals":
            assert read_toml(path.read_bytes(), name=path.name).rules


GOOD = writing.as_toml("x", [Entry(HIGH, State.LIVE, 100.0, make_definition())], ())


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no rules"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[a_rule\n", "line 1, It is not TOML"),
        (b"a_rule = 5", "line 1, [a_rule] must be a table"),
        (b"verticals = 5", "[verticals] must be a table"),
        (b"[verticals.payments]\ncode = 'crypto'", "line 2, [verticals.payments] has its code"),
        (b"[" + b"a" * 90_000 + b"]\nname = 'x'", "a] code: Use lower-case"),
        ("\ufeff# \u2028\n[A]\nname = 'x'".encode(), "line 2, [A]"),
        (b"[a_rule]\nname = 5", "line 1, [a_rule]"),
        (b"[A]\nname = 'x'", "lower-case"),
        (GOOD.replace("limit\"", "limit\"\nunknown = 5", 1).encode(), "unknown"),
        (GOOD.replace('"live"', '"flying"').encode(), "flying"),
        (GOOD.replace("amount > limit", "amuont > limit").encode(), "did you mean `amount`"),
        (GOOD.replace("confidence = 0.8", "confidence = 8.0").encode(), "between 0 and 1"),
        (b"[verticals.payments]\nname = 'x'", "[verticals.payments]"),
        (b"#" * (LARGEST + 1), "At most 2,000,000 bytes"),
        (b"a = " + b"[" * 5_000, "It is"),
        (b"a = " + b"9" * 5_000, "too many digits"),
        (b"\n" + b".".join([b"a"] * 200_000) + b" = 1", "line 2, A name has more than 16 parts"),
        (b"[" + b" . ".join([b"'a'"] * 20) + b"]", "line 1, A name has more than 16 parts"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(content: bytes, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_toml(content)
    assert says in refused.value.detail
    assert len(refused.value.detail) < 1_000


def test_a_faulty_field_is_told_with_its_own_line() -> None:
    text = GOOD.replace("amount > limit", "amuont > limit")
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one.startswith("condition"))
    with pytest.raises(FileRefused) as refused:
        read_toml(text.encode())
    assert {fault.line for fault in refused.value.faults} == {line}


@pytest.mark.django_db
def test_an_import_is_a_draft_and_changes_nothing_by_itself(rita: User) -> None:
    text = export_in_force().replace('score = "30"', 'score = "45"', 1)
    done = import_rules(by=rita, content=text.encode(), name="theirs.toml")
    assert done.change_set.origin == ChangeSet.Origin.FILE
    assert (done.unchanged, [e.code for e in done.change_set.edits.all()]) == (1, [HIGH])
    assert look_over(done.change_set).changes[-1] == "high_amount: score: 30 -> 45"
    assert Rule.objects.get(code=HIGH).version.number == 1


@pytest.mark.django_db
def test_a_change_set_goes_out_and_comes_in_elsewhere(rita: User) -> None:
    new = NewRule(code=NEW, definition=make_definition(name="Night owl"))
    text = export_change_set(draft(rita, edit_of(), new, Retire(code="low_amount")))
    done = import_rules(by=rita, content=text.encode())
    assert {e.code: e.state for e in done.change_set.edits.all()} == {
        HIGH: "", "low_amount": "retired", NEW: "shadow",
    }  # fmt: skip


@pytest.mark.django_db
def test_more_edits_than_a_change_set_has_are_refused_before_any_is_written(
    rita: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(importing, "MOST_EDITS", 1)
    text = export_book().replace('score = "30"', 'score = "45"')
    with pytest.raises(ChangeRefused, match="2 edits"):
        import_rules(by=rita, content=text.encode())
    assert not ChangeSet.objects.exists()


@pytest.mark.django_db
def test_a_file_that_says_nothing_new_makes_no_change_set(rita: User) -> None:
    with pytest.raises(ChangeRefused, match="what the rule book says"):
        import_rules(by=rita, content=export_book().encode())
    assert not ChangeSet.objects.exists()


@pytest.mark.django_db
def test_a_move_that_is_not_possible_is_said_and_the_rest_comes_in(rita: User) -> None:
    set_rule_state(by="t", code=HIGH, to=State.RETIRED)
    text = export_book().replace('"retired"', '"live"').replace('score = "30"', 'score = "45"')
    done = import_rules(by=rita, content=text.encode())
    assert "high_amount is retired" in done.remarks[0]
    assert done.change_set.edits.count() == 2


# -- a newer release of the catalogue ------------------------------------------------------------


@pytest.fixture
def shipped(book: None, monkeypatch: Any) -> Any:
    """`high_amount` is a built-in rule, taken as it is now; returns how to ship another."""
    rule = Rule.objects.get(code=HIGH)
    rule.builtin, rule.shipped = True, rule.version.definition.as_dict()
    rule.save()

    def ship(**fields: Any) -> Definition:
        definition: Definition = msgspec.structs.replace(make_definition(), **fields)
        newer = (BuiltIn(HIGH, State.LIVE, definition),)
        monkeypatch.setattr(catalogue, "built_in_rules", lambda: newer)
        return definition

    return ship


def edit_here(**fields: Any) -> None:
    edit_rule(by="ravi", code=HIGH, definition=make_definition(**fields), expected_version=1)


@pytest.mark.django_db
def test_a_rule_that_nobody_edited_follows(rita: User, shipped: Any) -> None:
    newer = shipped(score="40")
    done = merge_catalogue(by=rita)
    assert (done.followed, done.conflicts) == ([HIGH], [])
    assert Definition.load(done.change_set.edits.get().definition) == newer


@pytest.mark.django_db
def test_local_edits_of_other_fields_stay(rita: User, sue: User, shipped: Any) -> None:
    edit_here(score="90")
    newer = shipped(name="Higher amount")
    done = merge_catalogue(by=rita)
    assert done.merged == [HIGH]
    change_set = propose(by=rita, change_set=done.change_set, reason="upgrade")
    approvals.approve(request=change_set.approval, by=sue)
    definition = published_rule(HIGH).definition
    assert (definition.name, definition.score) == ("Higher amount", "90")
    assert Definition.load(Rule.objects.get(code=HIGH).shipped) == newer
    with pytest.raises(ChangeRefused):
        merge_catalogue(by=rita)
    assert Ruleset.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(("side", "score"), [("ours", "90"), ("theirs", "40")])
def test_a_field_that_both_changed_waits_for_a_person(
    rita: User, shipped: Any, side: str, score: str
) -> None:
    edit_here(score="90")
    shipped(score="40", name="Higher amount")
    done = merge_catalogue(by=rita)
    edit = done.change_set.edits.get()
    assert edit.conflicts == {"score": {"base": "30", "ours": "90", "theirs": "40"}}
    assert look_over(done.change_set).errors
    edit = resolve(by=rita, change_set=done.change_set, edit=edit, choices={"score": side})
    assert (edit.definition["score"], edit.definition["name"]) == (score, "Higher amount")
    assert not look_over(done.change_set).errors


@pytest.mark.django_db
def test_what_was_edited_here_and_not_changed_there_is_kept(rita: User, shipped: Any) -> None:
    edit_here(score="90")
    shipped()
    with pytest.raises(ChangeRefused, match="kept as edited"):
        merge_catalogue(by=rita)


@pytest.mark.django_db
def test_a_newer_version_in_the_book_is_brought_into_force(rita: User, shipped: Any) -> None:
    newer = shipped(score="40")
    edit_rule(by="catalogue", code=HIGH, definition=newer, expected_version=1)
    done = merge_catalogue(by=rita)
    assert done.followed == [HIGH]
    assert "high_amount: score: 30 -> 40" in look_over(done.change_set).changes


def test_the_fixtures_rule_is_not_by_chance_a_built_in_one() -> None:
    assert len(built_in_rules()) > 100
