"""What can go wrong with a file, and with one row of it."""


class CannotImport(Exception):
    """Nothing can be done with this file or these options. The message says why and what helps."""


class Overtaken(CannotImport):
    """Somebody else has gone on with the run, though a lock should keep others off it."""


class BadRow(ValueError):
    """One row cannot be taken; the rest goes on. The message names the column, never its value."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(f"{column}: {message}" if column else message)
        self.column = column
        self.reason = message
