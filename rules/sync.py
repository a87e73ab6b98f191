"""Brings the built-in rules and verticals of the catalogue into the database.

Three states meet per rule: what was shipped last, what is in the book now, what
is shipped today. A rule that nobody edited here follows the catalogue as a new version; an edited
one is never touched, only reported. States and published rulesets stay as they are: whoever wants
the new versions in force proposes a publication, as for any other edit.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction

from foundation.audit import record
from rules.catalogue import BuiltIn, built_in_rules, built_in_verticals
from rules.checking import check_definition
from rules.models import Rule, Ruleset, Vertical
from rules.publishing import lock_publication, publish_first_ruleset
from rules.services import add_version, write_config

AUTHOR = "catalogue"


class Outcome(StrEnum):
    """What became of one built-in rule."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "edited here, left alone"
    CONFLICT = "edited here and changed in the catalogue, left alone"
    CLASH = "a rule of this installation has its code, left alone"
    GONE = "no longer in the catalogue, left alone"


CHANGES = (Outcome.CREATED, Outcome.UPDATED)


@dataclass(slots=True)
class Report:
    """Outcome by rule code, the verticals created, and the first ruleset if there was none."""

    rules: dict[str, Outcome] = field(default_factory=dict)
    verticals: list[str] = field(default_factory=list)
    published: int | None = None

    def codes(self, outcome: Outcome) -> list[str]:
        """The rules that met this outcome."""
        return [code for code, found in self.rules.items() if found is outcome]


def check_catalogue() -> None:
    """Raises CatalogueError or Invalid for the first faulty file or rule."""
    built_in_verticals()
    for built_in in built_in_rules():
        check_definition(built_in.definition)


def plan_sync() -> Report:
    """What `sync_catalogue` would do (two queries)."""
    report = Report()
    rules = {rule.code: rule for rule in Rule.objects.select_related("current")}
    for built_in in built_in_rules():
        report.rules[built_in.code] = _outcome(built_in, rules.get(built_in.code))
    for code, rule in rules.items():
        if rule.builtin and code not in report.rules:
            report.rules[code] = Outcome.GONE
    there = set(Vertical.objects.values_list("code", flat=True))
    report.verticals = [v.code for v in built_in_verticals() if v.code not in there]
    return report


def _outcome(built_in: BuiltIn, rule: Rule | None) -> Outcome:
    if rule is None:
        return Outcome.CREATED
    if not rule.builtin:
        return Outcome.CLASH
    shipped, here = built_in.definition.fingerprint, rule.version.definition.fingerprint
    if here == shipped:
        return Outcome.UNCHANGED
    if here == rule.catalogue_fingerprint:
        return Outcome.UPDATED
    return Outcome.KEPT if shipped == rule.catalogue_fingerprint else Outcome.CONFLICT


@transaction.atomic
def sync_catalogue() -> Report:
    """Carries out the plan; a second run changes nothing. Publishes ruleset 1 if there is none."""
    check_catalogue()
    lock_publication()  # two loaders at once: the second finds everything done
    report = plan_sync()
    for built_in in built_in_rules():
        _bring_in(built_in, report.rules[built_in.code])
    for config in built_in_verticals():
        if config.code in report.verticals:
            vertical = Vertical(code=config.code)
            write_config(vertical, config)
            vertical.save()
    _record(report)
    if not Ruleset.objects.exists():
        report.published = publish_first_ruleset(by=AUTHOR).number
    return report


def _bring_in(built_in: BuiltIn, outcome: Outcome) -> None:
    if outcome is Outcome.CREATED:
        rule = Rule(code=built_in.code, state=built_in.state, builtin=True)
        rule.save()
    elif outcome in {Outcome.UPDATED, Outcome.UNCHANGED}:
        rule = Rule.objects.select_related("current").get(code=built_in.code)
    else:
        return
    if outcome in CHANGES:
        add_version(rule, built_in.definition, by=AUTHOR, note="from the catalogue")
    if rule.catalogue_fingerprint != built_in.definition.fingerprint:
        rule.shipped = built_in.definition.as_dict()
        rule.save(update_fields=["shipped"])


def _record(report: Report) -> None:
    """One audit entry for the whole load, none when nothing changed."""
    after = {outcome.name.lower(): report.codes(outcome) for outcome in CHANGES}
    after["verticals"] = report.verticals
    if any(after.values()):
        record(actor=AUTHOR, action="rules.load_catalogue", subject="rules.catalogue", after=after)
