"""What this room refuses, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from foundation.errors import BadRequest, Conflict, FieldError
from rules.language.problems import Problem


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a rule; ``block`` shows line, caret and hint where there is a place.

    ``problem`` is what the language said, for those who show it in a place of their own.
    """

    field: str
    message: str
    block: str = ""
    problem: Problem | None = None


class Invalid(BadRequest):
    """Content that breaks the rules' own rules; every finding at once."""

    type, title = "rule-invalid", "The rule is not valid"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(
            " ".join(f"{f.field}: {f.message}" for f in self.findings),
            errors=[FieldError(f.field, f.message) for f in self.findings],
        )


class StaleEdit(Conflict):
    """Someone else changed it in the meantime."""

    type, title = "stale-edit", "It was changed meanwhile"


class IllegalMove(Conflict):
    """The rule's state does not lead there."""

    type, title = "illegal-move", "This state does not lead there"


class PublicationRefused(Conflict):
    """The proposed snapshot may not take force."""

    type, title = "publication-refused", "The ruleset was not published"


class SwitchRefused(Conflict):
    """The operator's switch may not be turned so."""

    type, title = "switch-refused", "The switch was not turned"
