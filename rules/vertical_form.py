"""The form of a vertical's numbers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from rules.definition import FLAGGED, VerticalConfig
from rules.errors import Finding
from rules.forms import MONO, line, number, plain_number, read_number, split_texts, text


class VerticalForm(forms.Form):
    """A vertical's numbers."""

    expected_revision = forms.IntegerField(widget=forms.HiddenInput)
    name = line()
    review_threshold = forms.IntegerField(
        widget=UnfoldAdminTextInputWidget, help_text="Points from which a person looks at it."
    )
    fraud_score_threshold = forms.IntegerField(
        label="Decline threshold",
        widget=UnfoldAdminTextInputWidget,
        help_text="Points from which it is declined.",
    )
    aml_threshold = forms.IntegerField(label="AML threshold", widget=UnfoldAdminTextInputWidget)
    rules_weight = number(label="Weight of rules", help_text="With the model's it sums to 1.")
    ml_weight = number(label="Weight of the model")
    currencies = line(help_text="Accepted ones, separated by commas.", attrs=MONO)
    rule_weights = text(
        4, required=False, help_text="One rule a line, as gambling 1.5; others weigh 1.", attrs=MONO
    )
    alert_on = forms.MultipleChoiceField(
        label="Alerts",
        choices=[("review", "held for review"), ("declined", "declined")],
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Decisions that open a case for the analysts; none: no cases of this vertical.",
    )
    reason = text(2, label="Why this edit")

    @staticmethod
    def values_of(config: VerticalConfig) -> dict[str, Any]:
        """Initial values that show the configuration."""
        weights = "\n".join(
            f"{c} {plain_number(w)}" for c, w in sorted(config.rule_weights.items())
        )
        return {
            **{name: getattr(config, name) for name in config.__struct_fields__},
            "currencies": ", ".join(config.currencies),
            "rule_weights": weights,
        }

    def clean_currencies(self) -> tuple[str, ...]:
        return tuple(code.upper() for code in split_texts(self.cleaned_data["currencies"], ","))

    def clean_alert_on(self) -> tuple[str, ...]:
        return tuple(status for status in FLAGGED if status in self.cleaned_data["alert_on"])

    def clean_rule_weights(self) -> dict[str, float]:
        weights: dict[str, float] = {}
        for said in split_texts(self.cleaned_data["rule_weights"], "\n"):
            code, _, weight = said.partition(" ")
            try:
                weights[code] = read_number(weight)
            except ValueError as error:
                raise forms.ValidationError(f"{code}: {error}") from None
        return weights

    def config(self, code: str) -> VerticalConfig:
        """The configuration that the valid form describes."""
        data = self.cleaned_data
        names = set(VerticalConfig.__struct_fields__) - {"code"}
        return VerticalConfig(code=code, **{name: data[name] for name in names})

    def show(self, findings: Iterable[Finding]) -> None:
        """Puts what the service found at its fields."""
        for finding in findings:
            self.add_error(finding.field if finding.field in self.fields else None, finding.message)
