"""The ruleset in force with a change set's edits: what would be published."""

from collections.abc import Iterable

import msgspec
from django.db.models import Max

from features.catalogue import CATALOGUE
from rules.definition import Definition, PublishedRule, Snapshot, State, VerticalConfig
from rules.diffs import RulesetDiff, diff_snapshots
from rules.models import RuleVersion
from rules.queries import PUBLISHED_STATES, published_snapshot
from studio.backtest.contract import Edit
from studio.changes.freshness import Book
from studio.models.changes import ChangeEdit

EMPTY = Snapshot(catalogue_version=CATALOGUE.version, rules=(), verticals=())


def tried_by(edits: Iterable[ChangeEdit]) -> Edit:
    """The edits as a backtest tries them (one query).

    A rule gets the version that publishing would give it, if nobody edits it before.
    """
    edits = list(edits)
    newest = _newest_versions(edit.code for edit in edits if edit.of_rule)
    rules, removed, verticals = [], [], []
    for edit in edits:
        if not edit.of_rule:
            verticals.append(msgspec.convert(edit.definition, VerticalConfig))
        elif (rule := published_rule(edit, newest.get(edit.code, 0))) is not None:
            rules.append(rule)
        else:
            removed.append(edit.code)
    return Edit(rules=tuple(rules), removed=tuple(removed), verticals=tuple(verticals))


def _newest_versions(codes: Iterable[str]) -> dict[str, int]:
    """The highest number of each: more than the present one where that was rolled back to."""
    rows = RuleVersion.objects.filter(rule__code__in=list(codes)).values_list("rule__code")
    return dict(rows.annotate(newest=Max("number")))


def published_rule(edit: ChangeEdit, newest: int) -> PublishedRule | None:
    """The rule as a ruleset would hold it, `newest` being its highest version; None where it would
    not be in it."""
    state = State(edit.state or edit.began["state"])
    if state not in PUBLISHED_STATES:
        return None
    definition = edit.definition or edit.began["definition"]
    is_edited = edit.is_new or _is_edited(edit)
    return PublishedRule(
        code=edit.code,
        version=newest + 1 if is_edited else edit.base_version,
        state=state,
        canary_percent=_share(edit) if state is State.CANARY else 100.0,
        definition=Definition.load(definition),
    )


def _is_edited(edit: ChangeEdit) -> bool:
    """Whether publishing makes a new version of the rule."""
    if edit.definition is None or edit.base is None:
        return edit.definition is not None
    new, old = (Definition.load(one) for one in (edit.definition, edit.base["definition"]))
    return new.fingerprint != old.fingerprint


def _share(edit: ChangeEdit) -> float:
    if edit.canary_percent is not None:
        return edit.canary_percent
    return float(edit.base["canary_percent"]) if edit.base else 10.0


def with_edits(before: Snapshot, tried: Edit) -> Snapshot:
    """A snapshot of today's feature catalogue, rules by code."""
    after = tried.applied_to(before)
    return Snapshot(
        catalogue_version=CATALOGUE.version,
        rules=tuple(sorted(after.rules, key=lambda rule: rule.code)),
        verticals=tuple(sorted(after.verticals, key=lambda one: one.code)),
    )


def what_changes(edits: Iterable[ChangeEdit]) -> tuple[Snapshot, Snapshot, RulesetDiff]:
    """What is in force, what would be, and the difference in words (two queries)."""
    before = published_snapshot() or EMPTY
    after = with_edits(before, tried_by(edits))
    return before, after, diff_snapshots(before, after)


def as_published(edits: Iterable[ChangeEdit], book: Book) -> Edit:
    """As `tried_by`, from the rows of the book after the edits were applied to it."""
    rules, removed, verticals = [], [], []
    for edit in edits:
        if not edit.of_rule:
            verticals.append(book.verticals[edit.code].config)
            continue
        rule = book.rules[edit.code]
        if rule.state not in PUBLISHED_STATES:
            removed.append(edit.code)
            continue
        share = float(rule.canary_percent) if rule.state == State.CANARY else 100.0
        rules.append(
            PublishedRule(
                code=rule.code,
                version=rule.version.number,
                state=State(rule.state),
                canary_percent=share,
                definition=rule.version.definition,
            )
        )
    return Edit(rules=tuple(rules), removed=tuple(removed), verticals=tuple(verticals))
