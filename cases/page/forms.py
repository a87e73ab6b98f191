"""The small forms of a case, one an action."""

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone as clock

from cases.files.attachments import MOST_BYTES
from cases.models import Case
from cases.queries import colleagues
from cases.services.listing import identifiers_of, lists_for, longest_listing
from cases.typologies import TYPOLOGIES
from foundation.models import User
from intelligence.models import List

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


class EscalateForm(ActForm):
    reason = forms.CharField(max_length=2_000, widget=_text(2, placeholder="What they should see"))


class AskForm(ActForm):
    question = forms.CharField(
        max_length=2_000,
        widget=_text(3, placeholder="What the client should find out"),
        help_text="Goes to the client system as it stands: no names, no numbers of accounts.",
    )


class ReopenForm(ActForm):
    reason = forms.CharField(max_length=2_000, widget=_text(2, placeholder="Why"))


class NoteForm(ActForm):
    text = forms.CharField(
        max_length=10_000,
        widget=_text(3, placeholder="What you found. @name tells a colleague"),
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
        super().__init__(data, case=case, user=user)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        field.queryset = colleagues(case, but=user)


class OutcomeForm(ActForm):
    """Of one transaction; which, a hidden field says."""

    transaction = forms.UUIDField(widget=forms.HiddenInput)
    label = forms.ChoiceField(
        required=False, widget=forms.Select({"class": "cs-input"}), label="What it was"
    )
    reason = forms.CharField(max_length=2_000, widget=_text(2, placeholder="Why"))
    known = ("", "")  # as the label says it, and how the form puts that

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, case=case, user=user)
        _choices(self, "label", [self.known, ("", "not known: no label")])


class ReleaseOneForm(OutcomeForm):
    known = ("genuine", "genuine: labels it so")


class DeclineOneForm(OutcomeForm):
    known = ("fraud", "fraud: labels it so")
    typology = forms.ChoiceField(
        choices=[("", "Choose the kind of fraud"), *TYPOLOGIES],
        required=False,
        widget=forms.Select({"class": "cs-input"}),
        label="Kind of fraud",
    )

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, case=case, user=user)
        self.fields["typology"].initial = case.suspected

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("label") and not given.get("typology"):
            self.add_error("typology", "Fraud needs its kind.")
        return given


class MergeForm(ActForm):
    """The other case comes into the one that is shown."""

    other = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    reason = forms.CharField(max_length=2_000, widget=_text(2, placeholder="Why"))


class FileForm(ActForm):
    """One file; the service looks into it."""

    file = forms.FileField(
        widget=forms.FileInput({"class": "cs-input"}),
        max_length=255,
        allow_empty_file=True,
        error_messages={"required": "Choose a file first."},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"Files may have {MOST_BYTES // 1024**2} MB at most.")
        return file


EXPIRIES: Final = (
    (1, "1 day"),
    (7, "7 days"),
    (30, "30 days"),
    (90, "90 days"),
    (365, "1 year"),
    (0, "for good"),
)


class ListForm(ActForm):
    """Which identifier goes on which list, and until when: as long as the person may. The form
    names where an identifier stands, never what it is."""

    identifier = forms.ChoiceField(widget=forms.Select({"class": "cs-input"}), label="What")
    on = forms.ChoiceField(widget=forms.Select({"class": "cs-input"}), label="On the list")
    days = forms.TypedChoiceField(
        coerce=int,
        widget=forms.Select({"class": "cs-input"}),
        label="For",
    )
    reason = forms.CharField(
        max_length=500, widget=_text(2, placeholder="Why; whoever meets the entry reads it")
    )

    def __init__(self, data: Any = None, *, case: Case, user: User) -> None:
        super().__init__(data, case=case, user=user)
        self.lists = {row.name: row for row in lists_for(case)}
        _choices(self, "identifier", [(one.key, one.label) for one in identifiers_of(case)])
        expiries = _expiries(longest_listing(user))
        _choices(self, "days", [(str(days), words) for days, words in expiries])
        self.fields["days"].initial = 90 if longest_listing(user) is None else expiries[-1][0]
        _choices(self, "on", [(row.name, _list_in_words(row)) for row in self.lists.values()])

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return clock.now() + timedelta(days=days) if days else None


def _expiries(longest: timedelta | None) -> list[tuple[int, str]]:
    if longest is None:
        return list(EXPIRIES)
    most = longest.days
    shorter = [(days, words) for days, words in EXPIRIES if 0 < days < most]
    return [*shorter, (most, f"{most} day{'' if most == 1 else 's'}")]


def _list_in_words(row: List) -> str:
    """ "Block list: decline" """
    return f"{row.title}: {row.default_effect}" if row.default_effect else row.title


def _choices(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
    field.choices = choices


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
            self.fields["typology"].initial = case.suspected if self.verdict == "fraud" else ""


class FraudForm(DecideForm):
    verdict = "fraud"


class GenuineForm(DecideForm):
    verdict = "genuine"


class UndecidedForm(DecideForm):
    verdict = "undecided"
