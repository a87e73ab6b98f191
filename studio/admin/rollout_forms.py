"""The forms of the rollout pages."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldBooleanSwitchWidget,
)

from foundation.admin_parts import ReasonForm
from rules.models import Rule
from studio.rollout.bounding import LONGEST_HOLD

MOST_PERCENT = 100.0
SHARES = ("max_share", "min_precision", "max_error_share")


class AtOnceForm(ReasonForm):
    """`at_once` is offered to whoever may publish in an emergency."""

    expected_state = forms.CharField(widget=forms.HiddenInput, required=False)
    at_once = forms.BooleanField(
        required=False,
        label="Emergency: take force at once",
        help_text="Nobody has to agree first; somebody else has to review it afterwards.",
        widget=UnfoldBooleanSwitchWidget,
    )


class CanaryMoveForm(AtOnceForm):
    percent = forms.FloatField(
        min_value=0.01,
        max_value=MOST_PERCENT,
        initial=10,
        label="Share of customers, %",
        widget=UnfoldAdminDecimalFieldWidget,
    )
    field_order = ("percent", "reason", "at_once")


def _percent_field(label: str, help_text: str) -> forms.FloatField:
    return forms.FloatField(
        required=False,
        min_value=0,
        max_value=100,
        label=label,
        help_text=help_text,
        widget=UnfoldAdminDecimalFieldWidget,
    )


class BoundsForm(ReasonForm):
    """Empty: the installation's."""

    max_share = _percent_field("Most of the traffic, %", "Share of the last hour's decisions.")
    max_hits_a_day = forms.IntegerField(
        required=False, min_value=1, label="Most hits with effect a day",
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    min_precision = _percent_field("Least precision, %", "0 turns it off for this rule.")
    min_labelled = forms.IntegerField(
        required=False, min_value=1, label="Judged from so many labelled hits on",
        widget=UnfoldAdminIntegerFieldWidget,
    )  # fmt: skip
    max_error_share = _percent_field("Most failures, %", "Share of the last hour's decisions.")
    field_order = (
        "max_share", "max_hits_a_day", "min_precision", "min_labelled", "max_error_share", "reason",
    )  # fmt: skip


class HoldForm(ReasonForm):
    hours = forms.IntegerField(
        min_value=1,
        max_value=int(LONGEST_HOLD.total_seconds() // 3600),
        initial=24,
        help_text=f"{LONGEST_HOLD.days} days at most.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ("hours", "reason")


def form_of(form: type[AtOnceForm], rule: Rule, *, hurry: bool) -> type[forms.Form]:
    initial = {"expected_state": rule.state, "percent": float(rule.canary_percent)}

    class Form(form):  # type: ignore[misc, valid-type]
        def __init__(self, data: Any = None) -> None:
            super().__init__(data, initial=initial)
            if not hurry:
                self.fields["at_once"].widget = forms.HiddenInput()

    return Form


def with_initial(form: type[forms.Form], initial: dict[str, Any]) -> type[forms.Form]:
    class Form(form):  # type: ignore[misc, valid-type]
        def __init__(self, data: Any = None) -> None:
            super().__init__(data, initial=initial)

    return Form


def share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def in_percent(share: float | None) -> float | None:
    return None if share is None else float(f"{100 * share:.6g}")
