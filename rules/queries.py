"""Questions about the rule book. Each says how many SQL queries it takes."""

from rules.definition import PublishedRule, Snapshot, State
from rules.diffs import Change, RulesetDiff, diff_definitions, diff_snapshots
from rules.engine import CompiledBook
from rules.models import Publication, Rule, Ruleset, RuleVersion, Vertical

PUBLISHED_STATES = (State.SHADOW, State.CANARY, State.LIVE)


def published_number() -> int | None:
    """Number of the ruleset in force, None before the first publication (one query)."""
    return Publication.objects.values_list("ruleset_id", flat=True).first()


def load_book(number: int) -> CompiledBook:
    """The ruleset of that number, ready to evaluate; verticals compile on first use (one query).

    Raises Ruleset.DoesNotExist.
    """
    snapshot = Ruleset.objects.values_list("snapshot", flat=True).get(number=number)
    return CompiledBook.from_snapshot(snapshot, number)


def published_snapshot() -> Snapshot | None:
    """The snapshot in force (one query)."""
    publication = Publication.objects.select_related("ruleset").first()
    return publication.ruleset.content if publication else None


def working_snapshot(catalogue_version: int) -> Snapshot:
    """The rule book as it stands now, published or not: what a proposal freezes (two queries)."""
    rules = Rule.objects.filter(state__in=PUBLISHED_STATES).select_related("current")
    return Snapshot(
        catalogue_version=catalogue_version,
        rules=tuple(_published_rule(rule) for rule in rules.order_by("code")),
        verticals=tuple(v.config for v in Vertical.objects.order_by("code")),
    )


def _published_rule(rule: Rule) -> PublishedRule:
    return PublishedRule(
        code=rule.code,
        version=rule.version.number,
        state=State(rule.state),
        # Only of a canary: a live rule's leftover share would show as a difference that is none.
        canary_percent=float(rule.canary_percent) if rule.state == State.CANARY else 100.0,
        definition=rule.version.definition,
    )


def diff_versions(before: RuleVersion, after: RuleVersion) -> tuple[Change, ...]:
    """What an edit changed (no query)."""
    return diff_definitions(before.definition, after.definition)


def diff_rulesets(before: Ruleset | None, after: Ruleset) -> RulesetDiff:
    """What a publication changed; from None everything is added (no query)."""
    return diff_snapshots(before.content if before else None, after.content)


def pending_changes(catalogue_version: int) -> RulesetDiff:
    """What publishing now would change (three queries)."""
    return diff_snapshots(published_snapshot(), working_snapshot(catalogue_version))


def published_rule(code: str) -> PublishedRule | None:
    """The rule as the ruleset in force has it, None when it has not (one query)."""
    snapshot = published_snapshot()
    rules = snapshot.rules if snapshot else ()
    return next((rule for rule in rules if rule.code == code), None)
