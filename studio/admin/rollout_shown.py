"""How the rollout pages say what they show."""

from typing import Any

from django.urls import reverse

from rules.admin.pages import state_label
from rules.definition import State
from rules.models import Rule
from rules.services import MOVES
from scoring.reports.figures import Share
from studio.admin.figures import short_number
from studio.admin.sparks import spark
from studio.models import ChangeSet
from studio.rollout.reading import Row

_CANARY = (
    "It decides for a share of customers, chosen by hash, the same ones each time; for the others "
    "it runs in shadow."
)
WORDS = {
    State.SHADOW: ("Pause", "It goes back into shadow: evaluated and counted, without effect."),
    State.CANARY: ("Run as canary", _CANARY),
    State.LIVE: ("Promote to live", "It decides for every transaction of its verticals."),
    State.RETIRED: ("Retire", "It leaves the ruleset. Its versions stay."),
}
STATES = frozenset(state.value for state in State)


def outcome(sent: ChangeSet) -> str:
    if sent.state == ChangeSet.State.PUBLISHED:
        return f"Ruleset {sent.ruleset_id} is in force."
    return f"Change set {sent.pk} waits for another person's approval."


def expected(said: dict[str, Any], here: State) -> State:
    told = said.get("expected_state")
    return State(told) if told in STATES else here


def steps(here: State) -> list[tuple[str, str]]:
    """The way of a rule, and whether each step lies behind, is now, or ahead."""
    way = [State.SHADOW, State.CANARY, State.LIVE]
    if here not in way:
        return [(state.value, "ahead") for state in way]
    place = way.index(here)
    standing = ["done" if i < place else "now" if i == place else "ahead" for i in range(len(way))]
    return [(state.value, word) for state, word in zip(way, standing, strict=True)]


def moves(rule: Rule, may: bool) -> list[tuple[str, str, bool]]:
    """Address, words, and whether it is the next step of a rule that does well."""
    if not may:
        return []
    here = State(rule.state)
    offered = [s for s in WORDS if s in MOVES[here] or (s is here and s is State.CANARY)]
    following = {State.SHADOW: State.CANARY, State.CANARY: State.LIVE, State.DRAFT: State.SHADOW}
    names = {s: WORDS[s][0] for s in WORDS}
    if here is State.CANARY:
        names[State.CANARY] = "Change share"
    if here not in (State.CANARY, State.LIVE):
        names[State.SHADOW] = "Run in shadow"
    return [
        (
            reverse("admin:studio_rulewatch_move", args=[rule.pk, state.value]),
            names[state],
            state is following.get(here),
        )
        for state in (State.SHADOW, State.CANARY, State.LIVE, State.RETIRED)
        if state in offered
    ]


def shown(row: Row, *, figures: bool) -> dict[str, Any]:
    watch = row.watch
    standing, words = "in bounds", ""
    if watch is not None and watch.trouble:
        standing, words = "out of bounds", watch.trouble
    elif row.rule.state is State.SHADOW:
        standing = ""
    elif watch is None or watch.since is None:
        standing = "not looked at yet"
    return {
        "row": row,
        "state": state_label(row.rule.state),
        "standing": standing,
        "words": words,
        "today": short_number(row.today) if figures else "",
        "week": short_number(row.week) if figures else "",
        "spark": spark(row.line.days, f"{row.week:,} hits in 7 days, by day") if figures else "",
        "precision": precision(row.precision) if figures else "",
    }


def precision(share: Share | None) -> dict[str, Any] | None:
    """ "12 %", "of 48 labelled hits", "5 to 24 %"; None where nothing is labelled."""
    if share is None or share.value is None or share.low is None or share.high is None:
        return None
    return {
        "value": f"{100 * share.value:.3g} %",
        "n": int(share.whole),
        "fraud": int(share.part),
        "low": f"{100 * share.low:.3g}",
        "high": f"{100 * share.high:.3g} %",
    }


def week(days: list[tuple[str, int, int, int]] | None) -> int | None:
    return None if days is None else sum(live + shadow for _, live, shadow, _ in days[-7:])
