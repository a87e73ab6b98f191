"""The watch: looks at every rule that decides, once a minute, and demotes those out of bounds.

1. `follow` notes which version of which rule decides, and since when: that is what is judged.
2. `look` counts what each did since the mark of an hour ago, or since it began to decide.
3. A rule out of its bounds is demoted (`demoting.demote`) unless somebody holds it; then it is
   noted as trouble, and told.
4. A mark is left for the next looks.

Each demotion is a transaction of its own. A worker that dies between any two lines leaves what was
done before done, and the next run a minute later does the rest: it reads everything anew. Two runs
at once see the same, and the lock of publications lets the first one demote.
"""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import DatabaseError, transaction

from clients.models import Institution
from foundation.audit import record
from foundation.errors import Problem
from foundation.outbox import publish
from rules import language
from rules.checking import check_definition
from rules.definition import Definition, PublishedRule, State
from rules.errors import Invalid
from rules.models import Rule
from rules.queries import published_snapshot
from studio.events import RuleOutOfBounds
from studio.models import Demotion, RuleWatch
from studio.rollout.bounds import Bounds, Breach, Kind, Seen, breaches
from studio.rollout.counting import Spans, Watched, labelled_hits, leave_mark
from studio.rollout.demoting import demote

log = logging.getLogger(__name__)

DECIDING: Final = (State.CANARY, State.LIVE)
WATCH: Final = "rule watch"
"""Who acts, in the audit trail."""


def check_rules(*, now: datetime, with_labels: bool = False) -> list[Demotion]:
    """Looks at all rules in force that decide; what was demoted. Harmless to repeat.

    `with_labels` counts labelled hits anew, which costs more than all else and changes slowly;
    otherwise those of the last time count.
    """
    snapshot = published_snapshot()
    rules = [rule for rule in snapshot.rules if rule.state in DECIDING] if snapshot else []
    watches = follow(rules, now=now)
    if with_labels:
        count_labels(watches.values())
    spans = Spans(now)
    done: list[Demotion] = []
    for rule in rules:
        watch = watches.get(rule.code)
        if watch is None or watch.since is None:
            continue
        span = spans.since(watch.since)
        if span is None:
            continue
        lately = span.of(rule.code, rule.definition)
        seen = Seen(**lately._asdict(), fraud=watch.fraud, genuine=watch.genuine)
        try:
            done += _act(
                rule, watch, breaches(seen, bounds_of(watch), kind_of(rule.definition)), now
            )
        # One rule's bad luck (a lock, somebody who moves it in the book) keeps no other in force.
        except (DatabaseError, Problem):
            log.exception("A rule out of its bounds was not demoted; the next look tries again")
    leave_mark(now)
    return done


def follow(rules: Iterable[PublishedRule], *, now: datetime) -> dict[str, RuleWatch]:
    """The watch of every rule that decides, by code; a version that is new to it is judged from now
    on. Two queries, and two for each that began or ended."""
    deciding = {rule.code: rule.version for rule in rules}
    found = {w.rule.code: w for w in RuleWatch.objects.select_related("rule")}
    lacking = Rule.objects.filter(code__in=deciding.keys() - found.keys())
    for rule in lacking:
        watch, _ = RuleWatch.objects.get_or_create(rule=rule)
        found[rule.code] = watch
    for code, watch in found.items():
        if watch.version != deciding.get(code):
            _begin(watch, deciding.get(code), now)
    return {code: found[code] for code in deciding if code in found}


def _begin(watch: RuleWatch, version: int | None, now: datetime) -> None:
    fresh = {
        "version": version,
        "since": None if version is None else now,
        "fraud": 0,
        "genuine": 0,
        "trouble": "",
        "trouble_since": None,
    }
    # Only if nobody else was here: two looks at once begin it once.
    if RuleWatch.objects.filter(pk=watch.pk, version=watch.version).update(**fresh):
        for name, value in fresh.items():
            setattr(watch, name, value)
    else:
        watch.refresh_from_db()


def count_labels(watches: Iterable[RuleWatch]) -> None:
    """Counts the labelled hits of the watched versions, of all institutions. Two queries, and one
    for each whose counts changed."""
    some = [watch for watch in watches if watch.since is not None and watch.version is not None]
    watched = [Watched(w.rule.code, w.version or 0, w.since) for w in some if w.since]
    counted = labelled_hits(watched, list(Institution.objects.values_list("pk", flat=True)))
    for watch in some:
        fraud, genuine = counted.get(watch.rule.code, (0, 0))
        if (watch.fraud, watch.genuine) != (fraud, genuine):
            watch.fraud, watch.genuine = fraud, genuine
            RuleWatch.objects.filter(pk=watch.pk, since=watch.since).update(
                fraud=fraud, genuine=genuine
            )


def bounds_of(watch: RuleWatch | None) -> Bounds:
    """The rule's own bounds, the installation's where it has none."""
    own = watch or RuleWatch()
    return Bounds(
        max_share=_either(own.max_share, settings.RULE_MAX_SHARE),
        max_hits_a_day=own.max_hits_a_day or settings.RULE_MAX_HITS_A_DAY or None,
        min_precision=_either(own.min_precision, settings.RULE_MIN_PRECISION),
        min_labelled=int(_either(own.min_labelled, settings.RULE_MIN_LABELLED)),
        max_error_share=_either(own.max_error_share, settings.RULE_MAX_ERROR_SHARE),
        own_precision=own.min_precision is not None,
    )


def _either(own: float | None, usual: float) -> float:
    return usual if own is None else own


def kind_of(definition: Definition) -> Kind:
    """What of it the bounds ask about. A rule that compiles no more asks no list that counts."""
    return Kind(definition.effect.value, asks_list(definition))


def asks_list(definition: Definition) -> bool:
    try:
        condition = check_definition(definition, any_list=True).condition
    except Invalid:
        return False
    return bool(language.dependencies(condition).lists)


def _act(
    rule: PublishedRule, watch: RuleWatch, found: list[Breach], now: datetime
) -> Iterator[Demotion]:
    if not found:
        _settle(watch)
    elif watch.is_held(now) or not settings.RULE_DEMOTION:
        _note_trouble(rule, watch, found, now)
    else:
        demotion = demote(rule=rule, breach=found[0], now=now)
        if demotion is not None:
            yield demotion


def _settle(watch: RuleWatch) -> None:
    if watch.trouble:
        RuleWatch.objects.filter(pk=watch.pk).update(trouble="", trouble_since=None)


@transaction.atomic
def _note_trouble(
    rule: PublishedRule, watch: RuleWatch, found: list[Breach], now: datetime
) -> None:
    """Tells once when it begins; the words are kept up to date."""
    words = " ".join(breach.words for breach in found)
    began = RuleWatch.objects.filter(pk=watch.pk, trouble="").update(
        trouble=words, trouble_since=now
    )
    if not began:
        RuleWatch.objects.filter(pk=watch.pk).exclude(trouble=words).update(trouble=words)
        return
    subject = f"rules.rule:{rule.code}"
    record(
        actor=WATCH, action="rules.out_of_bounds", subject=subject,
        after={"version": rule.version, **found[0].figures}, reason=words,
    )  # fmt: skip
    event = RuleOutOfBounds(
        code=rule.code, version=rule.version, words=words, owner=rule.definition.owner
    )
    publish(event, subject=subject)
