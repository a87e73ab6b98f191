"""What this room tells the rooms above."""

import msgspec

from foundation.outbox import event


@event
class SwitchThrown(msgspec.Struct, frozen=True, tag="rules.switch_thrown.v1"):
    """A vertical's switch was turned; `mode` is empty when somebody ended it.

    Nothing is told when it ends by its time.
    """

    vertical: str
    mode: str
    switch: int


@event
class RuleDemoted(msgspec.Struct, frozen=True, tag="rules.demoted.v1"):
    """A rule left its bounds and was put into shadow by `ruleset`; `before` is "canary" or "live".

    `cause` is one word, `words` the sentence for people; `owner` is the rule's, often empty.
    """

    code: str
    version: int
    before: str
    ruleset: int
    cause: str
    words: str
    owner: str = ""
