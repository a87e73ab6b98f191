"""What is asked of a person at the second factor."""

from django import forms
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

_LONGEST = 32  # a recovery code with hyphens has 19


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=_LONGEST,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autofocus": "", "spellcheck": "false"}
        ),
        help_text="Six digits from the app, or one of your recovery codes.",
    )


class FirstCodeForm(forms.Form):
    code = forms.CharField(
        max_length=_LONGEST,
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": ""}
        ),
        help_text="The six digits that the app shows now.",
    )


class ProofForm(CodeForm):
    """Its cleaned values are arguments of the services that change the own second factor."""

    password = forms.CharField(
        strip=False, widget=UnfoldAdminPasswordWidget({"autocomplete": "current-password"})
    )
    field_order = ("password", "code")
