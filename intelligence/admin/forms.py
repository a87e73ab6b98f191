"""Forms of lists and entries. They read and write; what is sound the services decide."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone as clock
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from clients.models import Institution
from foundation.errors import Problem
from intelligence.kinds import KINDS
from intelligence.lists.builtin import SHIPPED_FACTS
from intelligence.lists.checking import LONGEST_REASON, Draft
from intelligence.models import KIND_CHOICES, Effect, List
from intelligence.values import LONGEST

DEFAULT, NONE = "default", "none"
MONO = {"class": "fs-id", "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}


class _TitledChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.name})"


def _reason(help_text: str) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget({"rows": 3})
    return forms.CharField(max_length=LONGEST_REASON, widget=widget, help_text=help_text)


class EntryForm(forms.Form):
    """A value and where it goes. Given a list, it asks for what that list may hold only."""

    to = _TitledChoice(List.objects.none(), label="List", widget=UnfoldAdminSelectWidget)
    kind = forms.ChoiceField(
        label="What it is",
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(
        max_length=LONGEST,
        widget=UnfoldAdminTextInputWidget(attrs=MONO),
    )
    institution = forms.ModelChoiceField(
        Institution.objects.none(),
        label="Holds for",
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    effect = forms.ChoiceField(
        choices=[
            (DEFAULT, "as the list says"),
            (NONE, "none: only rules decide"),
            (Effect.REVIEW, "review: a person looks at it"),
            (Effect.DECLINE, "decline, whatever the score"),
            (Effect.ALLOW, "allow, unless something declines"),
        ],
        widget=UnfoldAdminSelectWidget,
        help_text="What a match does by itself.",
    )
    reason = _reason("Told to whoever meets a match later.")
    owner = forms.CharField(
        max_length=150,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="The person or team who answers for it; you, when left empty.",
    )
    expires_on = forms.DateField(
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="The last day on which it holds; empty: until somebody ends it.",
    )

    def __init__(
        self,
        data: Any,
        *,
        lists: QuerySet[List],
        institutions: QuerySet[Institution],
        may_share: bool,
        chosen: List | None = None,
    ) -> None:
        super().__init__(data, initial={"effect": DEFAULT, "to": chosen})
        self._choose_kinds(chosen)
        self._field("to").queryset = lists.filter(pk=chosen.pk) if chosen else lists
        self._field("to").empty_label = None if chosen else "choose"
        self._choose_institutions(institutions, may_share, chosen)

    def _choose_kinds(self, chosen: List | None) -> None:
        codes = chosen.kinds if chosen else list(KINDS)
        pairs = [(code, KINDS[code].title) for code in codes]
        field = self._field("kind")
        field.choices = pairs if len(pairs) == 1 else [("", "choose"), *pairs]
        field.required = chosen is not None
        if chosen is None:
            field.help_text = "May be left open where the list holds one kind of value only."
        if "phone" in codes:
            self._field("value").help_text = "A telephone number with country code: +254712345678."

    def _choose_institutions(
        self, institutions: QuerySet[Institution], may_share: bool, chosen: List | None
    ) -> None:
        field = self._field("institution")
        if chosen and chosen.institution_id:
            institutions, may_share = institutions.filter(pk=chosen.institution_id), False
        field.queryset = institutions
        field.required = not may_share
        field.empty_label = "all institutions (shared)" if may_share else None

    def _field(self, name: str) -> Any:
        return self.fields[name]

    @property
    def draft(self) -> Draft:
        """The entry that the valid form describes."""
        data = self.cleaned_data
        effect = data["effect"]
        return Draft(
            value=data["value"],
            kind=data["kind"],
            institution=data["institution"],
            effect=None if effect == DEFAULT else "" if effect == NONE else effect,
            reason=data["reason"],
            owner=data["owner"],
            expires_at=self._end_of_day(),
        )

    def _end_of_day(self) -> datetime | None:
        """The day is one of the reader's time zone."""
        day = self.cleaned_data["expires_on"]
        if day is None:
            return None
        return clock.make_aware(datetime.combine(day, time.max))

    def show(self, problem: Problem) -> None:
        """Puts what the service found at its field."""
        names = {"expires_at": "expires_on"}
        for error in problem.errors:
            name = names.get(error.field, error.field)
            self.add_error(name if name in self.fields else None, error.message)
        if not problem.errors:
            self.add_error(None, problem.detail)


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list without its entries."""

    kinds = forms.MultipleChoiceField(
        label="What it holds",
        choices=KIND_CHOICES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = List
        fields = ("name", "title", "description", "kinds", "default_effect", "institution")
        widgets = {
            "name": UnfoldAdminTextInputWidget(attrs=MONO),
            "title": UnfoldAdminTextInputWidget(),
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "default_effect": UnfoldAdminSelectWidget(),
            "institution": UnfoldAdminSelectWidget(),
        }
        labels = {"institution": "Holds for"}
        help_texts = {
            "name": "How rules ask for it, as blocked_emails. It stays for good.",
            "default_effect": "What a match does by itself, for entries that say nothing else.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["institution"].empty_label = "all institutions (shared)"  # type: ignore[attr-defined]
        if self.instance._state.adding:
            return
        for name in ("name", "institution", *(SHIPPED_FACTS if self.instance.is_builtin else ())):
            del self.fields[name]
