"""What can be wrong with a declaration or a stored vector."""


class DefinitionError(ValueError):
    """A feature or the catalogue contradicts itself: raised on import, never while scoring."""


class UnknownCatalogueVersionError(LookupError):
    """A vector names a catalogue version of which no layout is kept."""

    def __init__(self, version: int) -> None:
        super().__init__(f"no layout is kept for catalogue version {version}")
        self.version = version
