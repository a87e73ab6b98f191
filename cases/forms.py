"""The small forms of a case, one an action."""

from datetime import timedelta
from typing import Any, Final

from django import forms

from cases.models import Case
from cases.queue import Asked
from cases.typologies import TYPOLOGIES
from foundation.models import User

PAUSES: Final = (
    (1, "1 hour"),
    (4, "4 hours"),
    (24, "1 day"),
    (72, "3 days"),
    (168, "a week"),
)

VERDICTS: Final = {
    "fraud": (Case.Disposition.CONFIRMED_FRAUD,),
    "genuine": (Case.Disposition.GENUINE,),
    "undecided": (Case.Disposition.SUSPECTED, Case.Disposition.INCONCLUSIVE),
}
"""What each of the three decision forms can find."""


class ActForm(forms.Form):
    """What all have: the version that the page showed. Empty where the service asks for none."""

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, auto_id="")
        self.case, self.user = case, user


def _text(rows: int, **more: Any) -> forms.Textarea:
    return forms.Textarea({"rows": rows, "class": "cs-input", **more})


class ReasonedForm(ActForm):
    """For what should be explained, and may go without."""

    reason = forms.CharField(
        max_length=2_000, required=False, widget=_text(2, placeholder="Why (optional)")
    )


class ReopenForm(ActForm):
    reason = forms.CharField(max_length=2_000, widget=_text(2, placeholder="Why"))


class NoteForm(ActForm):
    text = forms.CharField(
        max_length=10_000,
        widget=_text(2, placeholder="What you found; stays with the case for good"),
        label="Note",
    )


class SnoozeForm(ActForm):
    hours = forms.TypedChoiceField(
        choices=PAUSES, coerce=int, widget=forms.Select({"class": "cs-input"}), label="For"
    )

    @property
    def pause(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["hours"])


class AssignForm(ActForm):
    to = forms.ModelChoiceField(
        User.objects.none(),
        widget=forms.Select({"class": "cs-input"}),
        empty_label="Choose a person",
        error_messages={"invalid_choice": "Nobody of this name may work on the case."},
    )

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        from cases.queries import colleagues

        super().__init__(data, case=case, user=user)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        field.queryset = colleagues(case, but=user)


class DecideForm(ActForm):
    """A subclass for each of VERDICTS; the disposition is asked for only where there are two."""

    verdict = ""
    disposition = forms.ChoiceField(
        choices=[], widget=forms.Select({"class": "cs-input"}), label="It is"
    )
    typology = forms.ChoiceField(
        choices=[("", "Choose the kind of fraud"), *TYPOLOGIES],
        required=False,
        widget=forms.Select({"class": "cs-input"}),
    )
    reason = forms.CharField(
        max_length=2_000, widget=_text(3, placeholder="What makes you sure; the auditor reads it")
    )

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, case=case, user=user)
        found = VERDICTS[self.verdict]
        field = self.fields["disposition"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = [(each.value, each.label) for each in found]
        if len(found) == 1:
            field.widget, field.initial = forms.HiddenInput(), found[0].value
        if self.verdict == "genuine":
            del self.fields["typology"]
        else:
            self.fields["typology"].required = self.verdict == "fraud"


class FraudForm(DecideForm):
    verdict = "fraud"


class GenuineForm(DecideForm):
    verdict = "genuine"


class UndecidedForm(DecideForm):
    verdict = "undecided"


WHOSE: Final = (("", "anybody's"), ("mine", "mine"), ("unclaimed", "unclaimed"))
LEVELS: Final = ("critical", "high", "medium", "low")


class QueueForm(forms.Form):
    """What the queue is narrowed to. What it does not know is left out and told."""

    whose = forms.ChoiceField(choices=WHOSE, required=False, label="Claimed by")
    status = forms.ChoiceField(
        choices=[("", "not closed"), *Case.Status.choices], required=False, label="Status"
    )
    level = forms.ChoiceField(
        choices=[("", "any"), *((level, level) for level in LEVELS)], required=False, label="Level"
    )
    vertical = forms.ChoiceField(required=False, label="Vertical")
    institution = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Institution"
    )
    overdue = forms.ChoiceField(
        choices=[("", "any time"), ("1", "overdue")], required=False, label="Due"
    )
    q = forms.CharField(required=False, max_length=256, label="Search")

    def __init__(
        self, data: Any, *, verticals: list[str], institutions: list[tuple[int, str]]
    ) -> None:
        super().__init__(data, auto_id="queue-%s")
        for name, choices in (
            ("vertical", [("", "any"), *((code, code) for code in verticals)]),
            ("institution", [("", "all of yours"), *institutions]),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
            field.choices = choices
        if len(institutions) < 2:
            del self.fields["institution"]

    def asked(self) -> Asked:
        """To be called after validation, whatever came of it."""
        given = self.cleaned_data
        return Asked(
            whose=given.get("whose", ""),
            status=given.get("status", ""),
            level=given.get("level", ""),
            vertical=given.get("vertical", ""),
            institution=given.get("institution"),
            overdue=bool(given.get("overdue")),
            text=given.get("q", "").strip(),
        )
