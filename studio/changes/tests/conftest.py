"""A published book of two rules and two verticals, and the people who change it."""

from typing import Any

import pytest

from foundation.models import User
from foundation.roles import SUPERVISOR
from rules.definition import State
from rules.models import Rule, Vertical
from rules.publishing import publish_first_ruleset
from rules.services import create_rule, write_config
from rules.tests.cast import make_config, make_definition
from rules.tests.people import make_user
from studio.changes.services import RuleEdit, create_change_set, put_edit
from studio.models.changes import ChangeSet

HIGH, NEW = "high_amount", "night_owl"


def publish_book() -> None:
    for code in ("payments", "crypto"):
        vertical = Vertical(code=code)
        write_config(vertical, make_config(code=code, name=code.title()))
        vertical.save()
    for code in (HIGH, "low_amount"):
        create_rule(by="tests", code=code, definition=make_definition())
    Rule.objects.update(state=State.LIVE)
    publish_first_ruleset(by="tests")


@pytest.fixture
def book(db: Any) -> None:
    publish_book()


@pytest.fixture
def rita(book: None) -> User:
    return make_user("rita")


@pytest.fixture
def ravi(book: None) -> User:
    return make_user("ravi")


@pytest.fixture
def sue(book: None) -> User:
    return make_user("sue", SUPERVISOR)


def edit_of(code: str = HIGH, score: str = "35", **more: Any) -> RuleEdit:
    version = Rule.objects.get(code=code).version.number
    definition = make_definition(score=score, **more)
    return RuleEdit(code=code, definition=definition, expected_version=version)


def draft(by: User, *wishes: Any, title: str = "Fewer alerts") -> ChangeSet:
    """With an edit of `high_amount` where none is given."""
    change_set = create_change_set(by=by, title=title)
    for wish in wishes or (edit_of(),):
        put_edit(by=by, change_set=change_set, wish=wish)
    change_set.refresh_from_db()
    return change_set


def broken(condition: str) -> Any:
    return make_definition(condition=condition, parameters=(), reason="no")


__all__ = ["HIGH", "NEW", "broken", "draft", "edit_of", "publish_book"]
