"""The forms of the pages of curves."""

from typing import Any

import msgspec
from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from rules.definition import VERTICALS
from rules.models import Rule, Vertical
from studio.optimise.costs import Assumptions
from studio.optimise.targets import THRESHOLDS, Target, sliding

WINDOWS = (7, 30, 60, 90, 180)
MATURITIES = (0, 7, 14, 30, 60)


def target_of(text: str) -> Target:
    """Of a choice's key: kind, vertical, rule, name."""
    kind, vertical, rule, name = text.split("/")
    made: Target = msgspec.convert(
        {"kind": kind, "vertical": vertical, "rule": rule, "name": name}, Target
    )
    return made


def key_of(target: Target) -> str:
    return f"{target.kind}/{target.vertical}/{target.rule}/{target.name}"


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Everything that can be slid, in groups. Two queries."""
    rules = list(Rule.objects.exclude(state="retired").select_related("current"))
    verticals = list(Vertical.objects.order_by("code"))
    parameters = [
        (
            key_of(Target(kind="parameter", rule=rule.code, name=parameter.name)),
            f"{rule.code}: {parameter.name.replace('_', ' ')}",
        )
        for rule in rules
        if rule.current is not None
        for parameter in sliding(rule.version.definition)
    ]
    thresholds = [
        (
            key_of(Target(kind="threshold", vertical=vertical.code, name=name)),
            f"{vertical.name}: {words.lower()}",
        )
        for vertical in verticals
        for name, words in THRESHOLDS.items()
    ]
    return [("Thresholds of verticals", thresholds), ("Numbers and amounts of rules", parameters)]


class StartForm(forms.Form):
    """What to slide, and over which decisions. A weight takes a rule and a vertical."""

    target = forms.ChoiceField(required=False, label="Threshold or parameter")
    rule = forms.ChoiceField(required=False, label="Weight of the rule")
    vertical = forms.ChoiceField(required=False, label="Vertical")
    days = forms.TypedChoiceField(
        choices=[(days, f"{days} days") for days in WINDOWS], coerce=int, initial=60,
        label="Decisions of", widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    maturity = forms.TypedChoiceField(
        choices=[(d, f"the last {d} days left out" if d else "up to now") for d in MATURITIES],
        coerce=int, initial=7, label="Labels come late", widget=UnfoldAdminSelectWidget,
    )  # fmt: skip

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        codes = Rule.objects.exclude(state="retired").order_by("code")
        options: dict[str, Any] = {
            "target": [("", "–"), *choices()],
            "rule": [("", "–"), *((c, c) for c in codes.values_list("code", flat=True))],
            "vertical": [("", "all"), *((v, v.replace("_", " ")) for v in VERTICALS)],
        }
        for name, told in options.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101
            field.widget = UnfoldAdminSelectWidget()
            field.choices = told

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        target, rule, vertical = data.get("target"), data.get("rule"), data.get("vertical") or ""
        if bool(target) == bool(rule):
            raise forms.ValidationError(
                "Choose either a threshold or parameter, or a rule whose weight to slide."
            )
        if rule:
            if not vertical:
                raise forms.ValidationError("A weight is a vertical's: choose one.")
            data["chosen"] = Target(kind="weight", rule=rule, vertical=vertical)
        elif target:
            chosen = target_of(target)
            if chosen.kind == "parameter" and vertical:
                chosen = msgspec.structs.replace(chosen, vertical=vertical)
            data["chosen"] = chosen
        return data


class AssumptionsForm(forms.Form):
    """Costs of mistakes, in the curve's currency."""

    missed = forms.FloatField(min_value=0, max_value=1_000, label="Lost of a missed fraud")
    insult = forms.FloatField(min_value=0, max_value=1e9, label="A genuine one declined")
    minutes = forms.FloatField(min_value=0, max_value=1_440, label="A review takes")
    hourly = forms.FloatField(min_value=0, max_value=1e9, label="An analyst's hour")

    def assumptions(self, currency: str) -> Assumptions:
        said = self.cleaned_data
        return Assumptions(
            missed_share=said["missed"] / 100,
            insult=said["insult"],
            review_minutes=said["minutes"],
            hourly_cost=said["hourly"],
            currency=currency,
        )
