"""A draft as what a backtest is asked about."""

from msgspec.structs import replace

from rules.definition import Definition, State
from rules.models import Rule
from studio.backtest.contract import Edit
from studio.backtest.services import edit_of

DECIDING = (State.LIVE, State.CANARY)


def edit_of_draft(*, code: str, definition: Definition) -> Edit:
    """The draft in the rule's own state, and as if it were live where that decides nothing yet.

    One query.
    """
    edit = edit_of(code, definition)
    rule = Rule.objects.filter(code=code).first()
    if rule is None or rule.state != State.CANARY:
        return edit
    [tried] = edit.rules
    share = float(rule.canary_percent)
    return Edit(rules=(replace(tried, state=State.CANARY, canary_percent=share),))
