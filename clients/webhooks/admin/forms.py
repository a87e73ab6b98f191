"""Forms of the webhook pages; their cleaned values are arguments of the services."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from clients.models import Institution
from clients.webhooks.models import WebhookEvent, usual_events
from clients.webhooks.secrets import LONGEST_OVERLAP, OVERLAP
from clients.webhooks.signing import secret_fault
from clients.webhooks.targets import LONGEST_URL, literal_fault, url_fault

_HOUR = timedelta(hours=1)


class ChangeEndpointForm(forms.Form):
    name = forms.CharField(
        max_length=80, widget=UnfoldAdminTextInputWidget, help_text="Which system listens there."
    )
    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        widget=UnfoldAdminTextInputWidget,
        help_text="https://, reachable from the internet. Stored encrypted.",
    )
    events = forms.MultipleChoiceField(
        choices=[(value, f"{value}: {label.lower()}") for value, label in WebhookEvent.choices],
        initial=usual_events,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if fault := url_fault(url) or literal_fault(url, loopback_allowed=settings.DEMO):
            raise forms.ValidationError(f"The URL {fault}.")
        return url


class AddEndpointForm(ChangeEndpointForm):
    institution = forms.ModelChoiceField(Institution.objects.none(), widget=UnfoldAdminSelectWidget)
    field_order = ("institution", "name", "url", "events")

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, institutions)


class RotateForm(forms.Form):
    """`overlap` is a timedelta once cleaned."""

    overlap = forms.IntegerField(
        label="Hours that the old secret stays valid",
        min_value=0,
        max_value=LONGEST_OVERLAP // _HOUR,
        initial=OVERLAP // _HOUR,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0 when it has leaked: from now on the new one alone signs.",
    )
    secret = forms.CharField(
        label="New secret",
        required=False,
        strip=False,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text="Empty: one is made.",
    )
    reason = forms.CharField(max_length=1_000, widget=UnfoldAdminTextareaWidget({"rows": 2}))

    def clean_overlap(self) -> timedelta:
        hours: int = self.cleaned_data["overlap"]
        return hours * _HOUR

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        if secret and (fault := secret_fault(secret)):
            raise forms.ValidationError(f"The secret {fault}.")
        return secret


class ChooseInstitutionForm(forms.Form):
    institution = forms.ModelChoiceField(Institution.objects.none(), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, institutions: QuerySet[Institution], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, institutions)


def _offer(form: forms.Form, institutions: QuerySet[Institution]) -> None:
    field = form.fields["institution"]
    if isinstance(field, forms.ModelChoiceField):
        field.queryset = institutions
        if institutions.count() == 1:
            field.empty_label = None
