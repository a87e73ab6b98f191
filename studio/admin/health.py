"""Health of the book: what is wrong first, the tables behind it after."""

import re
from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST

from clients.queries import user_institutions
from foundation.admin_parts import (
    NO_INSTITUTION,
    ReadOnlyModelAdmin,
    demand,
    own_paths,
    page,
    person,
)
from rules.admin.pages import state_label
from rules.definition import PublishedRule, State
from rules.models import Rule
from scoring.reports.figures import proportion
from studio.admin.figures import short_number
from studio.health.counts import Counts, RuleCounts
from studio.health.findings import (
    LEAST_DECISIONS,
    LEVELS,
    Finding,
    decisions_of,
    jaccard,
    missing_share,
)
from studio.health.services import CHECK, SEE, Health, health_for
from studio.models import BookHealth
from studio.tasks import ask_for_check

SHOWN_OF_KIND: Final = 5
SHOWN_PAIRS: Final = 25
SHOWN_MISSING: Final = 25
SHOWN_RULES_OF_TYPOLOGY: Final = 4
LOOKS: Final = {"high": "fs-declined", "medium": "fs-review", "low": "fs-muted"}


@admin.register(BookHealth)
class HealthAdmin(ReadOnlyModelAdmin):
    """One page for the whole book; a row has none of its own."""

    def get_urls(self) -> list[URLPattern]:
        return own_paths(
            self,
            ("", self.changelist_view, "changelist"),
            ("check/", require_POST(self.check_view), "check"),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Six queries besides the frame's."""
        demand(request, SEE)
        user = person(request)
        health = health_for(user)
        pages = dict(Rule.objects.values_list("code", "pk"))
        level = request.GET.get("level", "")
        return page(
            self,
            request,
            "studio/health.html",
            title="Health of the book",
            health=health,
            levels=_levels(health.findings, level),
            groups=_groups([f for f in health.findings if level in ("", f.level)], pages),
            tables=_tables(health, pages) if health.counts else {},
            few_decisions=_too_few(health),
            may_check=user.has_perm(CHECK),
            no_institution="" if user_institutions(user).exists() else NO_INSTITUTION,
            is_fullwidth="1",
        )

    def check_view(self, request: HttpRequest) -> HttpResponse:
        demand(request, SEE)
        demand(request, CHECK)
        if ask_for_check(by=person(request)):
            messages.success(
                request, "It is being counted; the page shows it when you load it again."
            )
        else:
            messages.error(request, "No worker can be reached. Try again when there is one.")
        return HttpResponseRedirect(reverse("admin:studio_bookhealth_changelist"))


def _too_few(health: Health) -> int:
    """From how many decisions on some findings are made at all; 0 where there are as many."""
    counted = health.counts.whole.n if health.counts else LEAST_DECISIONS
    return LEAST_DECISIONS if counted < LEAST_DECISIONS else 0


def _levels(found: list[Finding], chosen: str) -> list[tuple[str, int, bool]]:
    counts = [(level, sum(one.level == level for one in found)) for level in LEVELS]
    return [(level, number, level == chosen) for level, number in counts]


def _groups(found: list[Finding], pages: Mapping[str, int]) -> list[dict[str, Any]]:
    """Findings of one level and kind together, so that many small ones hide no large one."""
    groups: dict[tuple[str, str], list[SafeString]] = {}
    for one in found:
        groups.setdefault((one.level, one.kind), []).append(_said(one, pages))
    return [
        {
            "level": level,
            "kind": kind,
            "look": LOOKS[level],
            "first": said[:SHOWN_OF_KIND],
            "rest": said[SHOWN_OF_KIND:],
        }
        for (level, kind), said in groups.items()
    ]


def _said(finding: Finding, pages: Mapping[str, int]) -> SafeString:
    """The sentence, with the first mention of each rule as a link to it."""
    told: set[str] = set()

    def once(found: re.Match[str]) -> str:
        code = found[0]
        is_first = code not in told
        told.add(code)
        return _link(code, pages) if is_first else code

    codes = "|".join(map(re.escape, sorted(finding.rules, key=len, reverse=True)))
    said = str(conditional_escape(finding.words))
    if codes:  # in one pass: a rule may be called as what stands in a link, "class" or "href"
        said = re.sub(rf"(?<![\w/&-])(?:{codes})(?![\w/;-])", once, said)
    return mark_safe(said)  # noqa: S308  escaped above


def _tables(health: Health, pages: Mapping[str, int]) -> dict[str, Any]:
    counts, snapshot = health.counts, health.snapshot
    if counts is None or snapshot is None:
        return {}
    rules = {rule.code: rule for rule in snapshot.rules}
    return {
        "worth": _worth(rules, counts, pages),
        "typologies": _typologies(counts, pages),
        "pairs": _pairs(rules, counts, pages),
        "missing": _missing(rules, health.reads, counts, pages),
    }


def _link(code: str, pages: Mapping[str, int]) -> SafeString | str:
    if code not in pages:
        return code
    url = reverse("admin:rules_rule_change", args=[pages[code]])
    return format_html('<a class="fs-link" href="{}">{}</a>', url, code)


def _worth(
    rules: Mapping[str, PublishedRule], counts: Counts, pages: Mapping[str, int]
) -> list[dict[str, Any]]:
    """What would be lost without each, the most first."""
    found = []
    for code, rule in rules.items():
        one = counts.rules.get(code, RuleCounts())
        whole = decisions_of(rule, counts)
        labelled = one.hits.fraud + one.hits.genuine
        decides = rule.state in (State.LIVE, State.CANARY)
        found.append(
            {
                "code": _link(code, pages),
                "state": state_label(rule.state),
                "hits": one.hits.n,
                "share": one.hits.n / whole if whole else None,
                "precision": proportion(one.hits.fraud, labelled).value,
                "labelled": labelled,
                "alone": one.alone.n if decides else None,
                "alone_fraud": one.alone.fraud,
                "alone_money": short_number(one.alone.fraud_amount),
                "alone_genuine": one.alone.genuine,
                "spared": one.spared.n,
                "order": (decides, one.alone.fraud_amount, one.alone.fraud, one.hits.n),
            }
        )
    return sorted(found, key=lambda row: row["order"], reverse=True)


def _typologies(counts: Counts, pages: Mapping[str, int]) -> list[dict[str, Any]]:
    found = []
    for name, one in sorted(counts.typologies.items(), key=lambda item: -item[1].n):
        best = sorted(one.rules.items(), key=lambda item: (-item[1], item[0]))
        found.append(
            {
                "name": name.replace("_", " "),
                "n": one.n,
                "amount": short_number(one.amount),
                "flagged": one.flagged / one.n,
                "unhit": one.unhit / one.n,
                "rules": [
                    (_link(code, pages), number / one.n)
                    for code, number in best[:SHOWN_RULES_OF_TYPOLOGY]
                ],
            }
        )
    return found


def _pairs(
    rules: Mapping[str, PublishedRule], counts: Counts, pages: Mapping[str, int]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "one": _link(pair.one, pages),
            "other": _link(pair.other, pages),
            "both": pair.both,
            "of_one": pair.both / counts.rules[pair.one].hits.n,
            "of_other": pair.both / counts.rules[pair.other].hits.n,
            "jaccard": jaccard(pair.one, pair.other, pair.both, counts),
            "family": rules[pair.one].definition.family == rules[pair.other].definition.family,
        }
        for pair in counts.pairs
        if pair.one in rules and pair.other in rules and pair.both >= 10
    ]
    return sorted(rows, key=lambda row: -row["jaccard"])[:SHOWN_PAIRS]


def _missing(
    rules: Mapping[str, PublishedRule],
    reads: Mapping[str, tuple[str, ...]],
    counts: Counts,
    pages: Mapping[str, int],
) -> list[dict[str, Any]]:
    """Features that rules read, the emptiest first, with the rules that read them."""
    readers: dict[str, list[str]] = {}
    for code, features in reads.items():
        for name in features:
            readers.setdefault(name, []).append(code)
    rows: list[dict[str, Any]] = []
    for name, codes in readers.items():
        share = max(missing_share(rules[code], name, counts) for code in codes)
        if share >= 0.5:
            rows.append(
                {"name": name, "share": share, "rules": [_link(code, pages) for code in codes]}
            )
    return sorted(rows, key=lambda row: (-row["share"], row["name"]))[:SHOWN_MISSING]
