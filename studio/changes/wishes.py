"""What a person asks a change set to do to one rule or vertical."""

from dataclasses import dataclass

from rules.definition import Definition, State, VerticalConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEdit:
    """Another definition. `expected_version` is the rule's version with which the edit began.

    With the rule's own definition it brings the book's version into force as it is. `seen` is the
    mark (`editing.mark_of`) of the edit that stood in the draft before whoever writes, "" for none:
    another one that stands there by now is not written over. None: whatever is there.
    """

    code: str
    definition: Definition
    expected_version: int
    note: str = ""
    seen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRule:
    """A rule that there is not yet, as draft or in shadow; `seen` is as of a rule's edit."""

    code: str
    definition: Definition
    state: State = State.SHADOW
    note: str = ""
    seen: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMove:
    """Another state; with `canary`, its share of customers in percent, too."""

    code: str
    to: State
    canary_percent: float | None = None
    expected_state: State | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """The rule leaves the ruleset; its versions stay."""

    code: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerticalEdit:
    """A vertical's numbers. `expected_revision` is the one with which the edit began; `seen` is as
    of a rule's edit."""

    config: VerticalConfig
    expected_revision: int
    note: str = ""
    seen: str | None = None


Wish = RuleEdit | NewRule | StateMove | Retire | VerticalEdit
