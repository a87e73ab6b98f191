"""The form that asks why a rule should move to another state, and which change set holds that."""

from collections.abc import Sequence

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from rules.definition import State
from rules.forms import CanaryForm, StateForm
from studio.editor.saving import NEW


def move_form(to: State, here: State, places: Sequence[tuple[str, str]]) -> type[forms.Form]:
    """For a move from the state in which the page shows the rule, into one of these drafts."""
    base: type[StateForm] = CanaryForm if to is State.CANARY else StateForm
    into = forms.ChoiceField(
        label="Change set",
        choices=[*places, (NEW, "a new change set")],
        widget=UnfoldAdminSelectWidget,
    )

    class MoveForm(base):  # type: ignore[misc, valid-type]
        def __init__(self, data: object = None) -> None:
            super().__init__(data, initial={"expected_state": here.value})
            self.fields["into"] = into

    return MoveForm
