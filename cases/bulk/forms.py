"""What a bulk action asks for, before it starts."""

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone as clock

from cases.models import BulkAction, Case
from cases.page.forms import PAUSES
from cases.queries import people_who_work
from cases.typologies import TYPOLOGIES
from foundation.models import User

_INPUT: Final = {"class": "cs-input"}
INTO_SHOWN: Final = 50


def _reason() -> forms.CharField:
    return forms.CharField(
        max_length=2_000,
        widget=forms.Textarea({**_INPUT, "rows": 3, "placeholder": "Goes to each case"}),
    )


class ReleaseForm(forms.Form):
    """Asks for nothing."""

    def __init__(self, data: Any, *, bulk: BulkAction, scope: list[int] | None) -> None:
        super().__init__(data)
        self.bulk, self.scope = bulk, scope

    def arguments(self) -> dict[str, Any]:
        """Of the valid form, as `start` takes them."""
        return dict(self.cleaned_data)


class AssignForm(ReleaseForm):
    to = forms.ModelChoiceField(
        User.objects.none(), widget=forms.Select(_INPUT), empty_label="Choose a person"
    )

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, **more)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        able = list(people_who_work(self.scope).values_list("pk", flat=True))
        field.queryset = User.objects.filter(pk__in=able).order_by("username")

    def arguments(self) -> dict[str, Any]:
        return {"to": self.cleaned_data["to"].pk}


class EscalateForm(ReleaseForm):
    reason = _reason()


class SnoozeForm(ReleaseForm):
    hours = forms.TypedChoiceField(
        choices=PAUSES, coerce=int, widget=forms.Select(_INPUT), label="For"
    )

    def arguments(self) -> dict[str, Any]:
        until = clock.now() + timedelta(hours=self.cleaned_data["hours"])
        return {"until": until.isoformat()}


class CloseForm(ReleaseForm):
    disposition = forms.ChoiceField(
        choices=[("", "Choose"), *Case.Disposition.choices],
        widget=forms.Select(_INPUT),
        label="They are",
    )
    typology = forms.ChoiceField(
        choices=[("", "Only for fraud"), *TYPOLOGIES],
        required=False,
        widget=forms.Select(_INPUT),
        label="Kind of fraud",
    )
    reason = _reason()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        fraud = given.get("disposition") == Case.Disposition.CONFIRMED_FRAUD
        if fraud and not given.get("typology"):
            self.add_error("typology", "Fraud needs its kind.")
        if given.get("disposition") == Case.Disposition.GENUINE:
            given["typology"] = ""
        return given


class MergeForm(ReleaseForm):
    into = forms.TypedChoiceField(
        coerce=int, widget=forms.Select(_INPUT), label="Into the case", empty_value=None
    )
    reason = _reason()

    def __init__(self, data: Any, **more: Any) -> None:
        super().__init__(data, **more)
        field = self.fields["into"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        picked = self.bulk.items.values("case")
        cases = Case.objects.filter(pk__in=picked).exclude(status=Case.Status.CLOSED)
        rows = cases.order_by("-rank").values_list("pk", "score", "vertical")[:INTO_SHOWN]
        field.choices = [(pk, f"{pk}, score {score}, {vertical}") for pk, score, vertical in rows]


FORMS: Final[dict[str, type[ReleaseForm]]] = {
    BulkAction.Kind.ASSIGN: AssignForm,
    BulkAction.Kind.RELEASE: ReleaseForm,
    BulkAction.Kind.ESCALATE: EscalateForm,
    BulkAction.Kind.SNOOZE: SnoozeForm,
    BulkAction.Kind.CLOSE: CloseForm,
    BulkAction.Kind.MERGE: MergeForm,
}
