"""Forms of the pages of change sets and switches."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone as clock
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from foundation.admin_parts import ReasonForm
from rules.definition import VERTICALS, State
from rules.models import Rule, Vertical
from rules.switching.reading import Mode


def _moment(**options: Any) -> forms.DateTimeField:
    """A time in the person's zone, by the browser's own picker."""
    widget = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
    return forms.DateTimeField(widget=widget, input_formats=formats, **options)


class DescribeForm(forms.Form):
    """Title and description."""

    title = forms.CharField(
        max_length=120,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="What should become better, in a line: “Fewer alerts on new accounts”.",
    )
    description = forms.CharField(
        max_length=10_000,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Why, for those who approve it and those who read it in a year.",
    )


class ProposeForm(ReasonForm):
    publish_at = _moment(
        required=False,
        label="Publish at",
        help_text="In your own time zone. Empty: as soon as it is approved.",
    )


class TrialForm(forms.Form):
    days = forms.TypedChoiceField(
        label="Over",
        choices=[(7, "the last 7 days"), (30, "the last 30 days"), (90, "the last 90 days")],
        initial=30,
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )
    vertical = forms.TypedChoiceField(
        label="In",
        choices=[("", "all verticals"), *((code, code.replace("_", " ")) for code in VERTICALS)],
        required=False,
        empty_value=None,
        widget=UnfoldAdminSelectWidget,
    )
    known = forms.ChoiceField(
        label="Labels",
        choices=[("today", "as known today"), ("then", "as known 60 days after the transaction")],
        initial="today",
        widget=UnfoldAdminSelectWidget,
    )


class MoveForm(forms.Form):
    """Puts another state for a rule into the draft."""

    code = forms.ChoiceField(label="Rule", widget=UnfoldAdminSelectWidget)
    to = forms.ChoiceField(
        label="Becomes",
        choices=[(s.value, s.value) for s in State],
        initial=State.SHADOW.value,
        widget=UnfoldAdminSelectWidget,
    )
    canary_percent = forms.FloatField(
        label="Share of customers, in percent",
        required=False,
        min_value=0.01,
        max_value=100,
        initial=10,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of a canary alone.",
    )
    note = forms.CharField(
        label="Why", required=False, max_length=1_000, widget=UnfoldAdminTextareaWidget({"rows": 2})
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rules = Rule.objects.order_by("code").values_list("code", "state")
        field: Any = self.fields["code"]
        field.choices = [(code, f"{code} ({state})") for code, state in rules]


class ReviewForm(forms.Form):
    verdict = forms.ChoiceField(
        label="Verdict",
        choices=[("fine", "It was right"), ("objection", "It was wrong: it must be undone")],
        widget=UnfoldAdminSelectWidget,
    )
    comment = forms.CharField(
        max_length=10_000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="What you looked at and found.",
    )


class FileForm(forms.Form):
    """A file of rules."""

    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".toml"}),
        help_text="TOML in the shape of an export; 2 MB at most.",
    )
    title = forms.CharField(
        required=False,
        max_length=120,
        widget=UnfoldAdminTextInputWidget,
        help_text="Of the change set; empty: the file's name.",
    )


class SwitchForm(ReasonForm):
    vertical = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    mode = forms.ChoiceField(
        label="From now on",
        choices=[(m.value, m.words) for m in Mode],
        widget=UnfoldAdminSelectWidget,
    )
    ends_at = _moment(label="Until", help_text="In your own time zone. It ends then by itself.")
    field_order = ("vertical", "mode", "ends_at", "reason")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["vertical"]
        field.choices = list(Vertical.objects.order_by("name").values_list("code", "name"))
        if not self.is_bound:
            self.initial.setdefault("ends_at", in_an_hour())


def in_an_hour() -> str:
    """As the browser's picker wants it, in the person's zone."""
    at: datetime = clock.localtime(clock.now() + timedelta(hours=1))
    return at.strftime("%Y-%m-%dT%H:%M")
