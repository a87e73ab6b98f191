"""Why somebody does not get in."""

from datetime import datetime

from foundation.errors import Problem


class CodeRefused(Problem):
    """The code, or the password asked for with it, is wrong. Which of them is not told."""

    status, type, title = 400, "code-refused", "The code was not accepted"


class TooManyCodes(Problem):
    """Codes are not looked at before `until`, right or wrong."""

    status, type, title = 429, "too-many-codes", "Too many wrong codes"

    def __init__(self, detail: str, *, until: datetime) -> None:
        super().__init__(detail)
        self.until = until
