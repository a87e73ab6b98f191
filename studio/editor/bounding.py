"""How often one person may ask what the editor asks while it is typed in."""

from typing import Final

from clients.throttling import ask
from foundation.errors import TooManyRequests
from foundation.models import User

CHECKS: Final = 80
TRIALS: Final = 30
SECONDS: Final = 10


def bound(by: User, what: str, most: int = CHECKS) -> None:
    """Counts one question of the person; raises TooManyRequests beyond `most` in ten seconds.

    Without Redis nothing is bounded.
    """
    answer = ask(f"studio:{what}:{by.pk}", requests=most, seconds=SECONDS)
    if answer is not None and not answer[0]:
        raise TooManyRequests(
            f"At most {most} in {SECONDS} seconds.", retry_after=max(1, answer[2])
        )
