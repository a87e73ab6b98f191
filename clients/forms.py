"""The form that issues a key."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone as clock
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from clients.models import Institution, Scope, Tier, default_scopes


class IssueKeyForm(forms.Form):
    """Its cleaned values are the arguments of `services.issue_api_key`."""

    institution = forms.ModelChoiceField(Institution.objects.none(), widget=UnfoldAdminSelectWidget)
    name = forms.CharField(
        max_length=80, widget=UnfoldAdminTextInputWidget, help_text="Which system uses it."
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices,
        initial=default_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    tier = forms.ModelChoiceField(
        Tier.objects.all(),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Without one, the standard tier.",
    )
    expires_at = forms.DateTimeField(
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        label="Expires on",
        help_text="Empty: never.",
    )

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["institution"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = institutions

    def clean_expires_at(self) -> datetime | None:
        value: datetime | None = self.cleaned_data["expires_at"]
        if value is not None and value <= clock.now():
            raise forms.ValidationError("The expiry lies in the past.")
        return value
