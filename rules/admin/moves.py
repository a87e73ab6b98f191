"""The moves of a rule from state to state, as the pages offer them."""

from rules.definition import State
from rules.services import MOVES

MOVE_NAMES = {
    State.DRAFT: "Back to draft",
    State.SHADOW: "Run in shadow",
    State.CANARY: "Run as canary",
    State.LIVE: "Go live",
    State.RETIRED: "Retire",
}
EXPLANATIONS = {
    State.DRAFT: "The rule leaves the next ruleset. Its versions stay.",
    State.SHADOW: "It is evaluated and counted, and has no effect on decisions.",
    State.CANARY: "It decides for a share of the customers and runs in shadow for the others.",
    State.LIVE: "It decides for every transaction of its verticals.",
    State.RETIRED: "The rule leaves the next ruleset. Its versions stay.",
}


def moves_from(state: State) -> list[tuple[str, str]]:
    """Target and button text of the moves from here, in the order of a rule's life."""
    targets = MOVES[state] | ({State.CANARY} if state is State.CANARY else set())
    names = MOVE_NAMES | ({State.CANARY: "Change share"} if state is State.CANARY else {})
    return [(target.value, names[target]) for target in State if target in targets]
