"""A file becomes a change set to look at; what it says is never applied by itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import transaction

from foundation.models import User
from rules.definition import State
from rules.errors import IllegalMove
from rules.models import Rule, Vertical
from studio.changes.editing import MOST_EDITS, create_change_set, lock_draft, put_edit
from studio.changes.errors import ChangeRefused
from studio.changes.wishes import NewRule, RuleEdit, StateMove, VerticalEdit, Wish
from studio.exchange.reading import RulesFile, read_toml
from studio.exchange.writing import Entry
from studio.models.changes import ChangeSet


@dataclass(slots=True)
class Imported:
    """The draft, how many of the file's rules are in the book as they are, and what was left."""

    change_set: ChangeSet
    unchanged: int = 0
    remarks: list[str] = field(default_factory=list)


@transaction.atomic
def import_rules(*, by: User, content: bytes, name: str = "", title: str = "") -> Imported:
    """A draft with whatever the file says otherwise than the rule book. Rules that the file does
    not have stay as they are.

    A rule that is new here begins in shadow, if the file has it in force. Raises FileRefused with
    every fault, ChangeRefused when nothing differs.
    """
    file = read_toml(content, name=name)
    change_set = create_change_set(
        by=by,
        title=(title or f"Import {name}".strip() or "Import")[:120],
        description=f"{len(file.rules)} rules and {len(file.verticals)} verticals from a file.",
        origin=ChangeSet.Origin.FILE,
    )
    return _put(by, change_set, file, {})


@transaction.atomic
def put_rules(
    *,
    by: User,
    change_set: ChangeSet,
    content: bytes,
    versions: Mapping[str, int],
    revision: int | None = None,
) -> Imported:
    """The same into a draft that is there.

    `versions` name for rules, by code, the version that was read before: one that has another by
    now raises StaleEdit; a draft of another `revision` than that raises Outdated.
    """
    file = read_toml(content)
    return _put(by, lock_draft(change_set, revision), file, versions)


def _put(by: User, change_set: ChangeSet, file: RulesFile, versions: Mapping[str, int]) -> Imported:
    done = Imported(change_set)
    wishes = _wishes(file, done, versions)
    _check_number(change_set, wishes)
    for wish in wishes:
        try:
            with transaction.atomic():
                put_edit(by=by, change_set=change_set, wish=wish)
        except IllegalMove as error:
            done.remarks.append(error.detail)
    if not change_set.edits.exists():
        told = " ".join(["The file says what the rule book says.", *done.remarks])
        raise ChangeRefused(told)
    change_set.refresh_from_db()
    return done


def _check_number(change_set: ChangeSet, wishes: list[Wish]) -> None:
    """Refuses at once what would be refused after ten seconds of writing."""
    codes = {wish.config.code if isinstance(wish, VerticalEdit) else wish.code for wish in wishes}
    number = len(codes.union(change_set.edits.values_list("code", flat=True)))
    if number > MOST_EDITS:
        raise ChangeRefused(
            f"That makes {number:,} edits, and a change set has {MOST_EDITS} at most: "
            "divide the file."
        )


def _wishes(file: RulesFile, done: Imported, versions: Mapping[str, int]) -> list[Wish]:
    rules = {rule.code: rule for rule in Rule.objects.select_related("current")}
    verticals = {vertical.code: vertical for vertical in Vertical.objects.all()}
    wishes: list[Wish] = []
    for entry in file.rules:
        rule = rules.get(entry.code)
        mine = _new(entry, done) if rule is None else _changed(entry, rule, versions)
        done.unchanged += not mine
        wishes += mine
    for config in file.verticals:
        vertical = verticals.get(config.code)
        if vertical is None:
            done.remarks.append(f"There is no vertical {config.code} here.")
        elif vertical.config != config:
            wishes.append(VerticalEdit(config=config, expected_revision=vertical.revision))
    return wishes


def _new(entry: Entry, done: Imported) -> list[Wish]:
    state = State.DRAFT if entry.state in (State.DRAFT, State.RETIRED) else State.SHADOW
    if state is not entry.state:
        done.remarks.append(
            f"{entry.code} is {entry.state} in the file; new here, it begins as {state}."
        )
    return [NewRule(code=entry.code, definition=entry.definition, state=state)]


def _changed(entry: Entry, rule: Rule, versions: Mapping[str, int]) -> list[Wish]:
    wishes: list[Wish] = []
    version = rule.version
    if version.definition.fingerprint != entry.definition.fingerprint:
        edit = RuleEdit(
            code=entry.code,
            definition=entry.definition,
            expected_version=versions.get(entry.code, version.number),
        )
        wishes.append(edit)
    share = float(rule.canary_percent)
    is_canary = entry.state is State.CANARY
    if rule.state != entry.state or (is_canary and share != entry.canary_percent):
        percent = entry.canary_percent if is_canary else None
        wishes.append(StateMove(code=entry.code, to=entry.state, canary_percent=percent))
    return wishes
