"""Forms of the rule book. They read and write; whether a rule is sound the services decide."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from features.framework import CATEGORIES
from rules.definition import (
    VERTICALS,
    Definition,
    Effect,
    Money,
    Parameter,
    Severity,
    Value,
)
from rules.errors import Finding

_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
ALL, ONLY, EXCLUDE = "all", "only", "exclude"
NUMBER, MONEY, YES_NO, TEXT, TEXTS = "number", "money", "yes/no", "text", "list"
MONO = {"class": "fs-id", "spellcheck": "false", "autocapitalize": "off"}


def line(**options: Any) -> forms.CharField:
    attrs = options.pop("attrs", {})
    return forms.CharField(widget=UnfoldAdminTextInputWidget(attrs=attrs), **options)


class Lines(forms.CharField):
    """Text whose lines end alike whoever sent it; browsers send CR LF for each of them."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


def text(rows: int, **options: Any) -> Lines:
    attrs = {"rows": rows, **options.pop("attrs", {})}
    return Lines(widget=UnfoldAdminTextareaWidget(attrs=attrs), strip=False, **options)


def _choice(choices: Iterable[str], **options: Any) -> forms.ChoiceField:
    pairs = [(choice, choice.replace("_", " ")) for choice in choices]
    return forms.ChoiceField(choices=pairs, widget=UnfoldAdminSelectWidget, **options)


def number(**options: Any) -> forms.FloatField:
    return forms.FloatField(widget=UnfoldAdminTextInputWidget(), **options)


class RuleForm(forms.Form):
    """A rule's definition without its parameters, which are rows of ParameterForm."""

    code = line(help_text="Its name for good, as high_amount.", attrs=MONO)
    expected_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = line()
    description = text(2, required=False)
    condition = text(4, help_text="When it fires: amount > limit and not ip_is_vpn", attrs=MONO)
    score = line(help_text="0 to 100 points; a number or an expression.", attrs=MONO)
    reason = line(help_text="Told to people: {amount} is above the limit of {limit}")
    effect = _choice(Effect)
    severity = _choice(Severity)
    confidence = number(help_text="0 to 1")
    category = _choice(CATEGORIES)
    family = line(
        help_text="Of several hits in one family only the strongest counts.",
        attrs={**MONO, "list": "families"},
    )
    flag_type = line(
        help_text="Its name in answers to clients.", attrs={**MONO, "list": "flag-types"}
    )
    applies = forms.ChoiceField(
        label="Applies in",
        choices=[(ALL, "all verticals"), (ONLY, "only those ticked"), (EXCLUDE, "all but those")],
        widget=UnfoldAdminSelectWidget,
    )
    verticals = forms.MultipleChoiceField(
        choices=[(code, code.replace("_", " ")) for code in VERTICALS],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
    )
    tags = line(required=False, help_text="Separated by commas.")
    owner = line(required=False)
    sentinel_id = line(
        required=False,
        label="Sentinel name",
        help_text="What answers in the Sentinel format call the rule; empty: its code.",
        attrs=MONO,
    )
    note = text(2, required=False, label="Why this edit")

    @staticmethod
    def values_of(definition: Definition) -> dict[str, Any]:
        """Initial values that show the definition."""
        values: dict[str, Any] = {
            name: getattr(definition, name)
            for name in Definition.__struct_fields__
            if name not in {"parameters", "only", "exclude", "tags"}
        }
        values["tags"] = ", ".join(definition.tags)
        values["verticals"] = list(definition.only or definition.exclude)
        values["applies"] = ONLY if definition.only else EXCLUDE if definition.exclude else ALL
        return values

    def definition(self, parameters: Iterable[Parameter]) -> Definition:
        """The definition that the valid form describes."""
        data = self.cleaned_data
        chosen = tuple(data["verticals"])
        return Definition(
            **{name: data[name].strip() for name in _TEXTS},
            category=data["category"],
            effect=Effect(data["effect"]),
            severity=Severity(data["severity"]),
            confidence=data["confidence"],
            only=chosen if data["applies"] == ONLY else (),
            exclude=chosen if data["applies"] == EXCLUDE else (),
            tags=split_texts(data["tags"], ","),
            parameters=tuple(parameters),
        )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("applies") != ALL and not data.get("verticals"):
            self.add_error("verticals", "Tick at least one, or let it apply in all.")
        return data

    def show(self, findings: Iterable[Finding]) -> None:
        """Puts what the service found at its fields."""
        for finding in findings:
            self.add_error(finding.field if finding.field in self.fields else None, finding.message)


_TEXTS = (
    "name",
    "description",
    "condition",
    "score",
    "reason",
    "family",
    "flag_type",
    "owner",
    "sentinel_id",
)


class ParameterForm(forms.Form):
    """One named constant of a rule."""

    name = line(attrs=MONO)
    # With its initial value here, an untouched empty row counts as unchanged, and is passed over.
    kind = _choice((NUMBER, MONEY, YES_NO, TEXT, TEXTS), initial=NUMBER)
    value = text(1, help_text="yes or no; of a list, one entry a line")
    currency = line(required=False, max_length=3, help_text="of money")
    overrides = line(required=False, help_text="as KES 600000, NGN 8000000")
    minimum = number(required=False)
    maximum = number(required=False)
    unit = line(required=False)
    doc = line(required=False, label="What it means")

    @staticmethod
    def values_of(parameter: Parameter) -> dict[str, Any]:
        """Initial values that show the parameter."""
        return {
            "name": parameter.name,
            "minimum": _bound(parameter.minimum),
            "maximum": _bound(parameter.maximum),
            "unit": parameter.unit,
            "doc": parameter.doc,
            **_say(parameter.value),
        }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "value" in data and "kind" in data:
            try:
                data["parsed"] = _read(data)
            except ValueError as error:
                self.add_error("value", str(error))
        return data

    @property
    def parameter(self) -> Parameter:
        """The parameter that the valid form describes."""
        data = self.cleaned_data
        plain = {name: data[name] for name in ("name", "minimum", "maximum", "unit", "doc")}
        return Parameter(value=data["parsed"], **plain)


class _ParameterRows(forms.BaseFormSet):  # type: ignore[type-arg]
    """An untouched further row may stay empty, so it marks nothing as required."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if form.empty_permitted and not form.is_bound:
            for field in form.fields.values():
                field.required = False


ParameterFormSet = forms.formset_factory(
    ParameterForm, formset=_ParameterRows, extra=1, can_delete=True, max_num=30, absolute_max=31
)
ParameterFormSet.deletion_widget = UnfoldBooleanWidget


def _say(value: Value) -> dict[str, str]:
    if isinstance(value, Money):
        others = ", ".join(f"{c} {plain_number(v)}" for c, v in value.overrides.items())
        plain = plain_number(value.value)
        return {"kind": MONEY, "value": plain, "currency": value.currency, "overrides": others}
    if isinstance(value, bool):
        return {"kind": YES_NO, "value": "yes" if value else "no"}
    if isinstance(value, tuple):
        return {"kind": TEXTS, "value": "\n".join(value)}
    if isinstance(value, str):
        return {"kind": TEXT, "value": value}
    return {"kind": NUMBER, "value": plain_number(value)}


def _bound(number: float | None) -> str:
    return "" if number is None else plain_number(number)


def plain_number(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def _read(data: Mapping[str, Any]) -> Value:
    text: str = data["value"].strip()
    kind = data["kind"]
    if kind == MONEY:
        overrides = dict(_amount(part) for part in split_texts(data.get("overrides", ""), ","))
        return Money(read_number(text), data.get("currency", "").strip().upper(), overrides)
    if kind == NUMBER:
        return read_number(text)
    if kind == YES_NO:
        if text.lower() not in {"yes", "no"}:
            raise ValueError("Write yes or no.")
        return text.lower() == "yes"
    return split_texts(text, "\n") if kind == TEXTS else text


def _amount(text: str) -> tuple[str, float]:
    currency, _, amount = text.partition(" ")
    return currency.upper(), read_number(amount)


def read_number(text: str) -> float:
    # A comma is taken for thousands only where it must be one: 1,5 is not to become 15.
    plain = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
    try:
        return float(plain)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number.") from None


def split_texts(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


class StateForm(forms.Form):
    """Why a rule moves; the state in which the page showed it comes back with the form."""

    expected_state = forms.CharField(widget=forms.HiddenInput)
    reason = text(3, max_length=1_000)


class CanaryForm(StateForm):
    """As StateForm, with the share of customers."""

    canary_percent = number(
        label="Share of customers, in percent",
        min_value=0,
        max_value=100,
        initial=10,
        help_text="Chosen by hash; payments without a customer are never a canary's.",
    )
    field_order = ("canary_percent", "reason")
