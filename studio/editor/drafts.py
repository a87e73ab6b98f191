"""What a person has typed about a rule, read with the forms of the rule book.

A half-written draft is read as far as it goes, so that its condition is checked while a number
beside it is still wrong.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules.definition import Definition, Money, Parameter, Value
from rules.forms import MONEY, TEXT, TEXTS, YES_NO, ParameterForm, ParameterFormSet, RuleForm

ROWS = "parameters"
_STAND_INS: Mapping[str, Value] = {
    MONEY: Money(1.0, "USD"),
    YES_NO: True,
    TEXT: "",
    TEXTS: ("",),
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that cannot be read at all; `parameter` is the row's name, if it is of one."""

    field: str
    message: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form with its rows of parameters; `definition` is None while one of them has a mistake."""

    form: RuleForm
    rows: Any
    definition: Definition | None

    @property
    def mistakes(self) -> list[Mistake]:
        """Everything that the forms refuse, each field's first mistake."""
        return [*_of_form(self.form), *_of_rows(self.rows)]

    @property
    def typed(self) -> dict[str, str]:
        """Condition and score as they stand, whatever else is wrong."""
        return {name: str(self.form.data.get(name, "")) for name in ("condition", "score")}

    def parameters(self) -> tuple[Parameter, ...]:
        """All parameters with a name; one whose value cannot be read has one of its kind."""
        return tuple(
            _readable(row) for row in _kept(self.rows) if row.data.get(row.add_prefix("name"))
        )


def read_draft(data: Mapping[str, Any], *, code: str) -> Draft:
    """The draft of an edit of that rule; of a new one, whose form names its code, with ``""``."""
    form = RuleForm(data, initial={"code": code})
    if code:
        form.fields["code"].disabled = True
    rows = ParameterFormSet(data, prefix=ROWS)
    sound = form.is_valid() & rows.is_valid()
    definition = form.definition(row.parameter for row in _kept(rows)) if sound else None
    return Draft(form, rows, definition)


def form_values(definition: Definition) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the form and its rows show of a definition."""
    return RuleForm.values_of(definition), [
        ParameterForm.values_of(parameter) for parameter in definition.parameters
    ]


def blank_values() -> dict[str, Any]:
    """What a new rule's form begins with."""
    return {"effect": "score", "severity": "medium", "confidence": 0.8, "score": "50"}


def _kept(rows: Any) -> Iterator[ParameterForm]:
    """Rows that say something and are not marked for removal."""
    for row in rows:
        if row.has_changed() and row.data.get(row.add_prefix("DELETE")) not in ("on", "true"):
            yield row


def _readable(row: ParameterForm) -> Parameter:
    if row.is_valid() and "parsed" in row.cleaned_data:
        return row.parameter
    name = str(row.data.get(row.add_prefix("name"), "")).strip()
    kind = str(row.data.get(row.add_prefix("kind"), ""))
    return Parameter(name=name, value=_STAND_INS.get(kind, 1.0))


def _of_form(form: RuleForm) -> Iterator[Mistake]:
    for field, errors in form.errors.items():
        yield Mistake("" if field == "__all__" else field, str(errors[0]))


def _of_rows(rows: Any) -> Iterator[Mistake]:
    for error in rows.non_form_errors():
        yield Mistake(ROWS, str(error))
    for row in rows:
        name = str(row.data.get(row.add_prefix("name"), "")).strip()
        for field, errors in row.errors.items():
            yield Mistake("value" if field == "__all__" else field, str(errors[0]), name)
