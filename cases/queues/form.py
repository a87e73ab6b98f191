"""What the queue is narrowed to, as a form: of its page, of "Claim next", of saved queues."""

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from cases.models import Case
from cases.queues.filters import Asked
from cases.typologies import TYPOLOGIES
from foundation.models import User

LEVELS: Final = ("critical", "high", "medium", "low")
AGES: Final = ((4, "4 hours"), (24, "a day"), (72, "3 days"), (168, "a week"), (720, "30 days"))
WHOSE: Final = (
    ("", "anybody or nobody"),
    ("mine", "you"),
    ("soon", "you, due soon"),
    ("back", "you, back from snooze"),
    ("unclaimed", "nobody"),
)


def _choice(label: str, choices: Iterable[tuple[Any, str]] = ()) -> forms.ChoiceField:
    return forms.ChoiceField(choices=list(choices), required=False, label=label)


def _several(label: str, choices: Iterable[tuple[str, str]] = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        choices=list(choices),
        required=False,
        label=label,
        widget=forms.CheckboxSelectMultiple,
    )


def _dollars(label: str) -> forms.FloatField:
    return forms.FloatField(required=False, min_value=0, max_value=1e15, label=label)


class QueueForm(forms.Form):
    """What it does not know is left out and told."""

    whose = _choice("Claimed by", WHOSE)
    status = _choice("Status", [("", "not closed"), *Case.Status.choices])
    level = _several("Level", [(level, level) for level in LEVELS])
    vertical = _several("Vertical")
    institution = forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label="Institution"
    )
    typology = _choice("Kind of fraud", [("", "any"), *TYPOLOGIES])
    amount_from = _dollars("USD from")
    amount_to = _dollars("to")
    older = forms.TypedChoiceField(
        choices=[("", "any age"), *((hours, f"over {words}") for hours, words in AGES)],
        coerce=int,
        empty_value=None,
        required=False,
        label="Opened",
    )
    overdue = _choice("Due", [("", "any time"), ("1", "overdue")])
    q = forms.CharField(required=False, max_length=256, label="Search")

    def __init__(
        self,
        data: Any,
        *,
        verticals: Iterable[str],
        institutions: Iterable[tuple[int, str]],
        people: Iterable[User] = (),
        **more: Any,
    ) -> None:
        super().__init__(data, auto_id="queue-%s", **more)
        mine = [(str(person.pk), person.get_username()) for person in people]
        self._choose("whose", [*WHOSE, *mine])
        self._choose("vertical", [(code, code.replace("_", " ")) for code in verticals])
        known = list(institutions)
        self._choose("institution", [("", "all of yours"), *known])
        self.several = len(known) > 1  # else there is nothing to choose

    def _choose(self, name: str, choices: list[tuple[Any, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
        field.choices = choices

    def words(self, name: str, value: Any) -> str:
        """What a choice is called."""
        field = self.fields.get(name)
        choices = getattr(field, "choices", ())
        return next((str(words) for code, words in choices if str(code) == str(value)), str(value))

    def asked(self) -> Asked:
        """To be called after validation, whatever came of it."""
        given = self.cleaned_data
        whose = given.get("whose", "")
        return Asked(
            whose="" if whose.isdecimal() else whose,
            assignee=int(whose) if whose.isdecimal() else None,
            status=given.get("status", ""),
            level=tuple(given.get("level", ())),
            vertical=tuple(given.get("vertical", ())),
            institution=given.get("institution"),
            typology=given.get("typology", ""),
            amount_from=given.get("amount_from"),
            amount_to=given.get("amount_to"),
            older=given.get("older"),
            overdue=bool(given.get("overdue")),
            text=given.get("q", "").strip(),
        )
