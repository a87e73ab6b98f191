"""How a score came together: each reason's part in it, and the model's, as bars. Pure.

Rules combine as `100 x (1 - product of (1 - certainty))`, so a hit adds its certainty times what
those before it have left over. Taken strongest first, the parts add up to the rule score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cases.alerts.why import Hit, Reason

FACTORS_SHOWN: Final = 3
REST: Final = "Everything else together"


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the score, in points of 0..100."""

    start: float
    points: float

    @property
    def signed(self) -> str:
        """
        >>> Bar(0, 12.3).signed, Bar(40, -5.0).signed, Bar(0, 0.04).signed
        ('+12', '−5', '+<1')
        """
        size = abs(self.points)
        words = f"{size:.0f}" if size >= 0.5 else "<1"
        return ("−" if self.points < 0 else "+") + words

    @property
    def x(self) -> float:
        return round(min(self.start, self.start + self.points), 1)

    @property
    def width(self) -> float:
        return round(abs(self.points), 1)


@dataclass(frozen=True, slots=True)
class Step:
    """A reason with its part in the score; without a bar it added nothing, and `why_not` says
    why."""

    reason: Reason
    bar: Bar | None
    why_not: str = ""
    measured: str = ""  # value against limit, where the words do not say it


@dataclass(frozen=True, slots=True)
class Factor:
    """What moved the model's opinion, and by how many points."""

    words: str
    bar: Bar

    @property
    def what(self) -> str:
        """The words without the value at their end, which is never cut."""
        return self.words.rpartition(": ")[0] or self.words

    @property
    def value(self) -> str:
        """
        >>> Factor("The hour on the customer's clock: 3", Bar(0, 1)).value
        '3'
        """
        return self.words.rpartition(": ")[2] if ": " in self.words else ""


@dataclass(frozen=True, slots=True)
class Model:
    """The model's part."""

    score: float
    probability: float | None
    bar: Bar | None  # None where the weights are not known
    factors: Sequence[Factor] | None  # None while nobody knows


@dataclass(frozen=True, slots=True)
class Waterfall:
    steps: Sequence[Step]
    rule_score: float
    rules: Bar | None
    model: Model | None
    score: int
    effect: str  # that outranked the score
    degraded: Sequence[str]


def waterfall(
    decision: Any,
    reasons: Sequence[Reason],
    *,
    weights: tuple[float, float] | None,
    measured: Mapping[str, str],
    moved: Sequence[tuple[str, float]] | None = None,
) -> Waterfall:
    """The score of one decision. `weights` are those of rules and model, None when not known;
    `reasons` are the case's, of which those of other alerts get no bar. `moved` is what moved the
    model, in words, with points of its score, the strongest first; None while nobody knows."""
    with_model = decision.ml_score is not None
    scale = 1.0 if not with_model else weights[0] if weights else None
    parts, merged = _parts(decision.hits)
    bars = _bars(parts, scale) if scale is not None else {}
    there = {hit["code"] for hit in decision.hits}
    steps = [
        Step(
            reason,
            bars.get(reason.code),
            _why_not(reason, there, merged) if reason.code not in bars else "",
            measured.get(reason.code, ""),
        )
        for reason in reasons
    ]
    total = decision.rule_score * scale if scale is not None else None
    return Waterfall(
        steps=_in_order(steps),
        rule_score=decision.rule_score,
        rules=Bar(0.0, total) if total is not None else None,
        model=_model(decision, total, weights, moved) if with_model else None,
        score=decision.fraud_score,
        effect=decision.effect,
        degraded=decision.degraded,
    )


def _parts(hits: Sequence[Hit]) -> tuple[list[tuple[str, float]], dict[str, str]]:
    """Points of each family's strongest hit, and the codes of weaker ones with that hit's name."""
    families: dict[str, Hit] = {}
    for hit in hits:
        if hit["effect"] != "allow":
            best = families.get(hit["family"])
            if best is None or hit["worth"] > best["worth"]:
                families[hit["family"]] = hit
    left, parts = 1.0, []
    for hit in sorted(families.values(), key=lambda hit: (-hit["worth"], hit["code"])):
        parts.append((hit["code"], 100.0 * left * hit["worth"]))
        left *= 1.0 - hit["worth"]
    merged = {
        hit["code"]: families[hit["family"]]["name"]
        for hit in hits
        if hit["effect"] != "allow" and families[hit["family"]]["code"] != hit["code"]
    }
    return parts, merged


def _bars(parts: Sequence[tuple[str, float]], scale: float) -> dict[str, Bar]:
    bars, start = {}, 0.0
    for code, points in parts:
        if points > 0:
            bars[code] = Bar(start, points * scale)
            start += points * scale
    return bars


def _why_not(reason: Reason, there: set[str], merged: Mapping[str, str]) -> str:
    if reason.code not in there:
        return "on another alert"
    if reason.code in merged:
        return f"counted with “{merged[reason.code]}”"
    return "" if reason.effect else "nothing was left to add"


def _in_order(steps: Sequence[Step]) -> list[Step]:
    """Effects first, then as the bars stand, then the rest by worth."""
    return sorted(
        steps,
        key=lambda step: (
            not step.reason.effect,
            step.bar is None,
            step.bar.start if step.bar else 0.0,
            -step.reason.worth,
            step.reason.code,
        ),
    )


def _model(
    decision: Any,
    start: float | None,
    weights: tuple[float, float] | None,
    moved: Sequence[tuple[str, float]] | None,
) -> Model:
    bar = None
    if start is not None and weights is not None:
        bar = Bar(start, decision.ml_score * weights[1])
    factors = None if moved is None else _factors(decision.ml_score, moved)
    return Model(decision.ml_score, decision.ml_probability, bar, factors)


def _factors(score: float, moved: Sequence[tuple[str, float]]) -> list[Factor]:
    """Bars from what the model makes of an average transaction, where nothing moves it, to what it
    made of this one."""
    place = score - sum(points for _, points in moved)
    shown = list(moved[:FACTORS_SHOWN])
    if rest := sum(points for _, points in moved[FACTORS_SHOWN:]):
        shown.append((REST, rest))
    factors = []
    for words, points in shown:
        factors.append(Factor(words, Bar(place, points)))
        place += points
    return factors
