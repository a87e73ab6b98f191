"""The queue in words, as its page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from cases.models import BulkAction, Case
from cases.queues.filters import Asked
from cases.queues.form import QueueForm
from cases.queues.reading import QueuePage
from cases.queues.saved import Saved
from cases.typologies import in_words

FILTERS_SHOWN: Final = frozenset({"q", "queue"})
"""Fields of the form that are not in its panel of filters."""


@dataclass(frozen=True, slots=True)
class Link:
    """A saved queue in the left column."""

    saved: Saved
    url: str
    here: bool
    late: bool  # its first case is overdue


def queue_context(
    form: QueueForm, asked: Asked, found: QueuePage, queues: Sequence[Saved], *, here: str,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """What the queue's template shows. `here`: the number of the saved queue that was opened."""
    pairs = asked.to_address()
    chips = _chips(asked, form)
    kept = [("queue", here)] if here else []
    opened = next((saved for saved in queues if str(saved.pk) == here), None)
    return {
        "form": form,
        "asked": asked,
        "found": found,
        "queues": [_link(saved, opened, asked, now) for saved in queues],
        "opened": opened,
        "differs": opened is not None and opened.asked != asked,
        "narrowed": bool(chips),
        "chips": [(words, _address(_without(pairs, pair) + kept)) for pair, words in chips],
        "filters": sum(pair[0] not in FILTERS_SHOWN for pair, _ in chips),
        "order": _order_in_words(asked),
        "pairs": pairs,
        "keeps": [*pairs, *kept],
        "before": _page(pairs + kept, found.number - 1) if found.number > 1 else "",
        "after": _page(pairs + kept, found.number + 1) if found.more else "",
        "acts": [(kind.value, kind.label) for kind in BulkAction.Kind],
    }


def _link(saved: Saved, opened: Saved | None, asked: Asked, now: datetime) -> Link:
    here = saved is opened if opened else saved.pk is None and saved.asked == asked
    late = saved.oldest_due is not None and saved.oldest_due < now
    return Link(saved, _address(saved.address), here, late)


def _chips(asked: Asked, form: QueueForm) -> list[tuple[tuple[str, str], str]]:
    """Each with the part of the address that it stands for."""
    return [((name, value), _chip(name, value, form)) for name, value in asked.to_address()]


def _chip(name: str, value: str, form: QueueForm) -> str:
    said = form.words(name, value)
    if name == "whose":
        fixed = {"unclaimed": "nobody has claimed them, not snoozed", "mine": "claimed by you"}
        fixed |= {"soon": "yours, due soon", "back": "yours, back from snooze"}
        return fixed.get(value, f"claimed by {said}")
    if name == "amount_from":
        return f"USD {float(value):,.0f} or more at risk"
    if name == "amount_to":
        return f"USD {float(value):,.0f} or less at risk"
    return {
        "status": said,
        "level": f"{value} risk",
        "vertical": f"in {said}",
        "institution": f"of {said}",
        "typology": f"decided or suspected: {in_words(value)}",
        "older": f"opened {said} ago",
        "overdue": "past their due time",
        "q": f"found by “{value}”",
    }[name]


def _order_in_words(asked: Asked) -> str:
    if asked.status == Case.Status.CLOSED:
        return "last closed on top"
    return "first due on top" if asked.of_one else "most at stake on top; what waits rises"


def _without(pairs: list[tuple[str, str]], pair: tuple[str, str]) -> list[tuple[str, str]]:
    return [each for each in pairs if each != pair]


def _page(pairs: list[tuple[str, str]], number: int) -> str:
    return _address([*pairs, ("page", str(number))])


def _address(pairs: list[tuple[str, str]]) -> str:
    return f"?{urlencode(pairs)}" if pairs else "?"
