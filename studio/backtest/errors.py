"""What keeps a backtest from being run, as sentences for people."""

from foundation.errors import BadRequest, Conflict


class NothingToTest(BadRequest):
    """The window holds no archived decisions, or the person works for no institution in it."""

    type, title = "nothing-to-test", "There is nothing to test on"


class BadEdit(BadRequest):
    """What is tried does not compile, or is no change that can be tried."""

    type, title = "bad-edit", "This change cannot be tested"


class ArchiveTooOld(Conflict):
    """Files of the archive lack columns that came with a later release."""

    type, title = "archive-too-old", "The archive was written by an older release"

    def __init__(self) -> None:
        super().__init__(
            "Files of the archive lack what a backtest reads. "
            "Run manage.py archive repair, which writes them again from the database."
        )


class TooManyBacktests(Conflict):
    """The person has as many unfinished ones as one may have."""

    type, title = "too-many-backtests", "Other backtests are still running"


class Cancelled(Exception):
    """Somebody asked for it to stop; nothing was kept."""


class TooMuchAtOnce(Conflict):
    """More decisions than a request goes through."""

    type, title = "too-much-at-once", "This takes longer than a page may wait"

    def __init__(self, rows: int) -> None:
        super().__init__(f"The window holds {rows:,} decisions. Start it as a backtest.")
