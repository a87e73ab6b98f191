"""A rule's hits by day as a small picture."""

from collections.abc import Sequence
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 78, 22
_FLAT: Final = 0.5


def spark(days: Sequence[int], words: str, *, most: int = 0) -> SafeString:
    """Bars of equal width; one of `most`, or else the tallest, fills the picture.

    `words` say it to who cannot see it.

    >>> "2 days" in spark([1, 0], "2 days") and spark([0, 0], "none").count("h2")
    0
    """
    most = most or max(days, default=0)
    step = WIDTH / max(len(days), 1)
    tall = [max(count / most * HEIGHT, 1) if count else 0 for count in days]
    bars = "".join(
        f"M{place * step:.1f} {HEIGHT}v-{height:.1f}h{step * 0.8:.1f}V{HEIGHT}z"
        for place, height in enumerate(tall)
        if height
    )
    return format_html(
        '<svg class="st-spark" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'aria-label="{}"><title>{}</title><path class="st-floor" d="M0 {}H{}"/>'
        '<path d="{}"/></svg>',
        WIDTH, HEIGHT + 1, WIDTH, HEIGHT + 1, words, words, HEIGHT + _FLAT, WIDTH, bars,
    )  # fmt: skip
