"""The graph of a case as templates show it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from cases.graph.choosing import (
    CUSTOMER,
    MOST_NODES,
    MOST_SMALL,
    Chosen,
    Node,
    choose,
    customer_node,
    node_of,
)
from cases.graph.drawing import SMALL, Drawing, Place, draw, size_for
from cases.links.naming import KINDS, names_of_customers, names_of_things
from cases.links.reading import SHARERS_READ, Neighbourhood, neighbourhood
from cases.links.telling import sentences, shared_things
from cases.models import Case

MOST_EXPANDED: Final = 8
_LETTERS: Final = {"full": 18, "small": 15}  # of a name, as many as fit

SHAPES: Final[Mapping[str, str]] = {
    CUSTOMER: "M7 1a3 3 0 1 1 0 6a3 3 0 1 1 0-6zM1 13.5a6 5.2 0 0 1 12 0z",
    "device": "M3.5 .5h7v13h-7zM6 11.5h2",
    "card": "M.5 2.5h13v9h-13zM.5 5.5h13M3 9h3",
    "email": "M.5 2.5h13v9h-13zM.5 3l6.5 5l6.5-5",
    "phone": "M2 1h3l1 3.5l-2 1.5a8 8 0 0 0 4 4l1.5-2l3.5 1v3a1 1 0 0 1-1 1a11 11 0 0 1-11-11z",
    "ip": "M7 .5l6.5 6.5l-6.5 6.5l-6.5-6.5z",
    "beneficiary": "M4 1h6l3.5 6l-3.5 6h-6l-3.5-6z",
    "merchant": "M.5 6l6.5-5l6.5 5v7.5h-13z",
}
"""Of each kind, in a square of 14."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A node as it is drawn and listed."""

    node: Node
    kind: str
    name: str  # masked
    short: str  # what fits
    place: Place
    mark: str  # confirmed fraud, open case, popular
    look: str  # the class of that
    title: str
    url: str  # expands it, or takes that back
    page: str  # of what it stands for; empty where there is none
    shape: str
    steps: int
    expanded: bool
    near: Sequence[str]  # names of its neighbours


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    look: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing with all its words."""

    width: int
    height: int
    node_width: int
    nodes: Sequence[Shown]
    lines: Sequence[Line]
    sentences: Sequence[str]
    left_out: str
    alone: bool  # nobody else is known to share anything
    kinds: Sequence[tuple[str, str]]  # shape and word of each kind drawn
    address: str  # of the page with the whole graph


def neighbourhood_of(case: Case, expand: Sequence[str] = ()) -> Neighbourhood:
    """What the graph, the related cases and their sentences are made of; four queries."""
    asked = [node for key in expand if (node := node_of(key))][:MOST_EXPANDED]
    alerts = case.alerts.order_by("-score", "-pk").select_related("transaction")
    return neighbourhood(
        customer=case.customer_id,
        institution=case.institution_id,
        transactions=[one.transaction for one in alerts.defer("transaction__sealed")[:MOST_NODES]],
        customers_too=[node.number for node in asked if node.kind == CUSTOMER],
        things_too=[(node.kind, node.value) for node in asked if node.kind != CUSTOMER],
        asked=[node.key for node in asked],
    )


def graph_of(case: Case, *, expand: Sequence[str] = ()) -> Graph:
    """The whole graph, with the neighbours of the nodes named in `expand`; eight queries."""
    return picture(case, neighbourhood_of(case, expand))


def picture(case: Case, around: Neighbourhood, *, small: bool = False) -> Graph:
    """The graph of a neighbourhood that was read; four queries."""
    chosen = choose(around, MOST_SMALL if small else MOST_NODES)
    size = SMALL if small else size_for(chosen)
    shared = shared_things(around)
    told = [use for one in shared[:3] for use in one.others[:1]]
    drawn = [use for _, _, use in chosen.edges]
    things = names_of_things([*told, *drawn])
    customers = names_of_customers(node.number for node in chosen.steps if node.kind == CUSTOMER)
    names = {Node(*thing): name for thing, name in things.items()}
    names |= {customer_node(number): name for number, name in customers.items()}
    frauds = sorted(node for node in chosen.steps if _is_fraud(node, around))
    drawing = draw(chosen, size=size, first=frauds, centre=not small)
    return Graph(
        width=drawing.width,
        height=drawing.height,
        node_width=size.node,
        nodes=_nodes(case, around, chosen, drawing, names, small=small),
        lines=_lines(drawing, around),
        sentences=sentences(shared, things),
        left_out=_left_out(chosen, around),
        alone=not shared,
        kinds=[(SHAPES[k], _word(k)) for k in SHAPES if any(n.kind == k for n in chosen.steps)],
        address=reverse("admin:cases_case_graph", args=[case.pk]),
    )


def _nodes(
    case: Case,
    around: Neighbourhood,
    chosen: Chosen,
    drawing: Drawing,
    names: Mapping[Node, str],
    *,
    small: bool,
) -> list[Shown]:
    near: dict[Node, list[Node]] = defaultdict(list)
    for one, other, _ in chosen.edges:
        near[one].append(other)
        near[other].append(one)
    address = reverse("admin:cases_case_graph", args=[case.pk])
    order = sorted(drawing.places, key=lambda node: (chosen.steps[node], drawing.places[node].y))
    return [
        _shown(
            node,
            around,
            chosen,
            drawing,
            names,
            [f"{_word(other.kind)} {names[other]}" for other in near[node]],
            f"{address}{_query(node, around)}",
            _LETTERS["small" if small else "full"],
        )
        for node in order
    ]


def _shown(
    node: Node,
    around: Neighbourhood,
    chosen: Chosen,
    drawing: Drawing,
    names: Mapping[Node, str],
    near: list[str],
    url: str,
    letters: int,
) -> Shown:
    kind, name = _word(node.kind), names[node]
    mark, look = _mark(node, around, chosen)
    expanded = node.key in around.asked
    does = "Its neighbours are shown; take them back" if expanded else "Show its neighbours"
    room = letters - len(kind) + len("device")
    return Shown(
        node=node,
        kind=kind,
        name=name,
        short=name if len(name) <= room else name[: room - 1] + "…",
        place=drawing.places[node],
        mark=mark,
        look=look,
        title=f"{kind} {name}{', ' if mark else ''}{mark}. {does}.",
        url=url,
        page=_page(node),
        shape=SHAPES[node.kind],
        steps=chosen.steps[node],
        expanded=expanded,
        near=near,
    )


def _word(kind: str) -> str:
    return KINDS.get(kind, kind)


def _mark(node: Node, around: Neighbourhood, chosen: Chosen) -> tuple[str, str]:
    """What is said of a node beside its name, and the class of its look."""
    if node.kind == CUSTOMER:
        standing = around.standing.get(node.number)
        if node.number == around.centre:
            return ("confirmed fraud before" if standing and standing.fraud else "this customer"), (
                "cg-centre"
            )
        if standing and standing.fraud:
            return "confirmed fraud", "cg-fraud"
        if standing and standing.open_case:
            return f"open case {standing.open_case}", "cg-open"
        return "", ""
    if node in chosen.popular:
        return f"{SHARERS_READ}+ customers", "cg-popular"
    if (node.kind, node.value) in around.concerned:
        return "in this case", "cg-concerned"
    return "", ""


def _page(node: Node) -> str:
    if node.kind in (CUSTOMER, "device", "card"):
        return reverse(f"admin:transactions_{node.kind}_change", args=[node.number])
    return ""


def _query(node: Node, around: Neighbourhood) -> str:
    """What the node's link asks for: its neighbours besides those shown, or without them."""
    others = sorted(around.asked - {node.key})
    keys = others if node.key in around.asked else [*others[-MOST_EXPANDED + 1 :], node.key]
    return f"?{urlencode({'expand': keys}, doseq=True)}" if keys else ""


def _lines(drawing: Drawing, around: Neighbourhood) -> list[Line]:
    return [
        Line(path, "cg-line cg-line-fraud" if _is_fraud(customer, around) else "cg-line")
        for customer, path in zip(drawing.users, drawing.paths, strict=True)
    ]


def _is_fraud(node: Node, around: Neighbourhood) -> bool:
    return node.kind == CUSTOMER and node.number != around.centre and around.is_fraud(node.number)


def _left_out(chosen: Chosen, around: Neighbourhood) -> str:
    """What is not drawn, in a sentence; empty when nothing is missing."""
    parts = []
    for number, one, more in (
        (chosen.customers_left_out, "customer", "customers"),
        (
            chosen.things_left_out,
            "device, card, address or payee",
            "devices, cards, addresses or payees",
        ),
    ):
        if number:
            parts.append(f"{number:,} more {one if number == 1 else more}")
    words = f"Not drawn: {' and '.join(parts)}, of those with the weakest links." if parts else ""
    if around.popular:
        words += (
            f" What more than {SHARERS_READ} customers use leads only to confirmed fraud among its "
            f"{SHARERS_READ} newest: most who share it have nothing else in common."
        )
    return words.strip()


def linked_context(case: Case) -> dict[str, Any]:
    """For the parts graph.html and related.html of the case's page; nine queries."""
    from cases.page.related import related_cases  # which names things as this module does

    around = neighbourhood_of(case)
    return {
        "graph": picture(case, around, small=True),
        "related": related_cases(case, around),
    }
