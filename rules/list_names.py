"""Which lists a rule may name. This room keeps no lists; who does registers a source of names."""

from collections.abc import Callable, Collection, Iterator

Source = Callable[[], Collection[str]]


class ListNames(Collection[str]):
    """The names of all sources together, asked for only when a rule names a list.

    Sources are asked in the order in which they registered, and a name that one knows is not asked
    of the next: so one that answers from memory goes first, and one that reads the database last.
    """

    def __init__(self) -> None:
        self._sources: list[Source] = []

    def register(self, source: Source) -> None:
        """Adds a source; the same one a second time changes nothing."""
        if source not in self._sources:
            self._sources.append(source)

    def __bool__(self) -> bool:
        """Whether anybody keeps lists at all; asks no source."""
        return bool(self._sources)

    def __contains__(self, name: object) -> bool:
        return any(name in source() for source in self._sources)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({name for source in self._sources for name in source()}))

    def __len__(self) -> int:
        return sum(1 for _ in self)


LIST_NAMES = ListNames()
