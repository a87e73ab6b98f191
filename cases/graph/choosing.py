"""Which nodes of a neighbourhood are drawn. Pure: the same neighbourhood gives the same graph."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

from cases.links.keeping import Thing
from cases.links.reading import Neighbourhood, Use

MOST_NODES: Final = 60
MOST_SMALL: Final = 14
THINGS_ALONE: Final = 12
"""So many things that nobody else is known to use are drawn; the others say little."""
CUSTOMER: Final = "customer"

WEIGHTS: Final[Mapping[str, float]] = {
    "device": 1.0,
    "card": 1.0,
    "email": 0.9,
    "phone": 0.9,
    "beneficiary": 0.7,
    "ip": 0.4,
    "merchant": 0.1,
}
"""What it says of two customers that they share one of these."""


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A customer by its number, or a thing by its value."""

    kind: str
    value: bytes

    @property
    def key(self) -> str:
        """As it stands in addresses: a customer's number, or a keyed hash."""
        if self.kind == CUSTOMER:
            return f"{CUSTOMER}-{self.number}"
        return f"{self.kind}-{self.value.hex()}"

    @property
    def number(self) -> int:
        return int.from_bytes(self.value, "big")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is drawn: nodes with their distance from the centre, and who uses what."""

    steps: Mapping[Node, int]
    edges: Sequence[tuple[Node, Node, Use]]  # customer, thing
    customers_left_out: int
    things_left_out: int
    popular: Collection[Node]  # drawn, and not followed


def customer_node(number: int) -> Node:
    return Node(CUSTOMER, number.to_bytes(8, "big"))


def thing_node(thing: Thing) -> Node:
    return Node(*thing)


def node_of(key: str) -> Node | None:
    """The node that an address names; None for what names none.

    >>> node_of("device-0000000000000007").number
    7
    """
    kind, _, value = key.partition("-")
    if kind == CUSTOMER:
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0
        return customer_node(number) if number else None
    if kind not in WEIGHTS or len(value) not in (16, 32) or set(value) - set("0123456789abcdef"):
        return None
    return Node(kind, bytes.fromhex(value))


def strength(thing: Thing, sharers: int) -> float:
    """What a shared thing says: the less, the more customers share it."""
    return WEIGHTS[thing[0]] / log2(1 + max(sharers, 1))


def choose(around: Neighbourhood, most: int = MOST_NODES) -> Chosen:
    """At most `most` nodes, every one with its way to the centre.

    First what was asked for, then customers, known fraud and open cases ahead and then those who
    share most; then the centre's things that nobody else uses, those of the case ahead. Things used
    by too many lead only to known fraud, unless they were asked for.
    """
    links = _followed(around)
    centre = customer_node(around.centre)
    steps, parents = _walk(links, centre)
    worth = _worth(around, links)
    drawn: dict[Node, None] = {centre: None}
    customers = [node for node in steps if node.kind == CUSTOMER and node != centre]
    first = [node for node in steps if node.key in around.asked]
    near = [other for node in sorted(first) for other in sorted(links[node])]
    for node in [*sorted(first), *_ranked(near, worth), *_ranked(customers, worth)]:
        way = _way(node, parents, drawn)
        if len(drawn) + len(way) <= most:
            drawn.update(dict.fromkeys(way))
    alone = [node for node in links[centre] if node not in drawn]
    for node in _ranked(alone, worth)[: min(THINGS_ALONE, most - len(drawn))]:
        drawn[node] = None
    edges = [
        (customer_node(use.customer), thing_node(use.thing), use)
        for use in around.uses
        if customer_node(use.customer) in drawn and thing_node(use.thing) in drawn
    ]
    return Chosen(
        steps={node: steps[node] for node in drawn},
        edges=sorted(edges, key=lambda edge: edge[:2]),
        customers_left_out=sum(node not in drawn for node in customers),
        things_left_out=sum(node not in drawn for node in steps if node.kind != CUSTOMER),
        popular={thing_node(thing) for thing in around.popular} & drawn.keys(),
    )


def _followed(around: Neighbourhood) -> dict[Node, set[Node]]:
    """Neighbours of each node, without customers who share but a popular thing."""
    links: dict[Node, set[Node]] = defaultdict(set)
    links[customer_node(around.centre)] = set()
    for use in around.uses:
        thing, customer = thing_node(use.thing), customer_node(use.customer)
        if (
            use.thing in around.popular
            and use.customer != around.centre
            and thing.key not in around.asked
            and customer.key not in around.asked
            and not around.is_fraud(use.customer)
        ):
            continue
        links[customer].add(thing)
        links[thing].add(customer)
    return links


def _walk(
    links: Mapping[Node, set[Node]], centre: Node
) -> tuple[dict[Node, int], dict[Node, Node]]:
    """How far each node is from the centre, and by which other it is reached."""
    steps, queue = {centre: 0}, deque([centre])
    parents: dict[Node, Node] = {}
    while queue:
        node = queue.popleft()
        for other in sorted(links[node], key=lambda o: (-WEIGHTS.get(o.kind, 0), len(links[o]), o)):
            if other not in steps:
                steps[other], parents[other] = steps[node] + 1, node
                queue.append(other)
    return steps, parents


def _worth(around: Neighbourhood, links: Mapping[Node, set[Node]]) -> dict[Node, tuple[float, ...]]:
    """What nodes are chosen by, the greatest first."""
    fraud = {customer_node(number) for number in around.standing if around.is_fraud(number)}
    concerned = {thing_node(thing) for thing in around.concerned}
    found: dict[Node, tuple[float, ...]] = {}
    for node, others in links.items():
        if node.kind == CUSTOMER:
            standing = around.standing.get(node.number)
            is_open = standing is not None and standing.open_case is not None
            shared = sum(strength((o.kind, o.value), len(links[o])) for o in others)
            found[node] = (float(node in fraud), float(is_open), shared)
        else:
            leads = float(bool(others & fraud - {customer_node(around.centre)}))
            shared = strength((node.kind, node.value), 1) * min(len(others), 3)
            found[node] = (leads, float(node in concerned), shared)
    return found


def _ranked(nodes: Iterable[Node], worth: Mapping[Node, tuple[float, ...]]) -> list[Node]:
    return sorted(nodes, key=lambda node: (*(-part for part in worth[node]), node))


def _way(node: Node, parents: Mapping[Node, Node], drawn: Collection[Node]) -> list[Node]:
    """The node and what lies between it and what is drawn already."""
    way: list[Node] = []
    while node not in drawn:
        way.append(node)
        node = parents[node]
    return way
