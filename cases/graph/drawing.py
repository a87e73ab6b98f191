"""Where nodes and edges stand: in columns by their distance from the centre. Pure.

Each node is a label of one line, so that sixty of them are read like a table; a drawing by forces
lays labels over each other (docs/decisions/014-graphs-in-columns.md).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cases.graph.choosing import Chosen, Node

NODE_HEIGHT: Final = 22
MARGIN: Final = 6
_SWEEPS: Final = 6
_ON_SCREEN: Final = 20
"""Rows that a screen shows: shorter columns begin among them, not in the middle of a long one."""


@dataclass(frozen=True, slots=True)
class Size:
    """All in CSS pixels."""

    node: int  # width
    gap: int  # between columns
    row: int


FULL: Final = Size(node=222, gap=110, row=26)
TIGHT: Final = Size(node=205, gap=24, row=26)
"""For more than three columns: four of them fit a screen of 1280 pixels beside the menu."""
SMALL: Final = Size(node=203, gap=56, row=26)


@dataclass(frozen=True, slots=True)
class Place:
    """The upper left corner of a node."""

    x: int
    y: int

    @property
    def middle(self) -> int:
        return self.y + NODE_HEIGHT // 2


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: int
    places: Mapping[Node, Place]
    users: Sequence[Node]  # the customer of each edge
    paths: Sequence[str]  # of each edge


def size_for(chosen: Chosen) -> Size:
    return FULL if max(chosen.steps.values()) < 3 else TIGHT


def draw(chosen: Chosen, *, size: Size, first: Sequence[Node] = (), centre: bool = True) -> Drawing:
    """Columns in the order that crosses few edges; `first` nodes go ahead of their likes.

    Without the centre, where the page says whose things these are, it has no place either.
    """
    columns = _columns(chosen, first)[0 if centre else 1 :] or [[]]
    rows = max(len(column) for column in columns)
    height = rows * size.row + 2 * MARGIN
    places = {
        node: Place(
            MARGIN + number * (size.node + size.gap),
            MARGIN + max(min(rows, _ON_SCREEN) - len(column), 0) * size.row // 2 + at * size.row,
        )
        for number, column in enumerate(columns)
        for at, node in enumerate(column)
    }
    width = len(columns) * (size.node + size.gap) - size.gap + 2 * MARGIN
    edges = [edge for edge in chosen.edges if edge[0] in places and edge[1] in places]
    paths = [_path(places[one], places[other], size) for one, other, _ in edges]
    return Drawing(width, height, places, [edge[0] for edge in edges], paths)


def _columns(chosen: Chosen, first: Sequence[Node]) -> list[list[Node]]:
    """Nodes by distance, each column sorted by where its neighbours stand (barycentres), a few
    times back and forth."""
    ahead = {node: number for number, node in enumerate(first)}
    columns: list[list[Node]] = [[] for _ in range(max(chosen.steps.values()) + 1)]
    for node in sorted(chosen.steps, key=lambda node: (ahead.get(node, len(ahead)), node)):
        columns[chosen.steps[node]].append(node)
    near: dict[Node, list[Node]] = defaultdict(list)
    for one, other, _ in chosen.edges:
        near[one].append(other)
        near[other].append(one)
    for sweep in range(_SWEEPS):
        at = {
            node: (number + 0.5) / len(column)
            for column in columns
            for number, node in enumerate(column)
        }
        for column in columns[:: -1 if sweep % 2 else 1]:
            weights = {
                node: sum(at[other] for other in near[node]) / len(near[node])
                if near[node]
                else at[node]
                for node in column
            }
            column.sort(
                key=lambda node: (round(weights[node], 6), ahead.get(node, len(ahead)), node)
            )
            at.update((node, (number + 0.5) / len(column)) for number, node in enumerate(column))
    return columns


def _path(one: Place, other: Place, size: Size) -> str:
    """A curve from the right side of the left node to the left side of the right one."""
    left, right = sorted((one, other), key=lambda place: place.x)
    start = left.x + size.node
    bend = max((right.x - start) // 2, 20)
    return (
        f"M{start} {left.middle}C{start + bend} {left.middle} "
        f"{right.x - bend} {right.middle} {right.x} {right.middle}"
    )
