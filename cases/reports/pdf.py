"""Pages of text, drawn from top to bottom as it comes. The same input makes the same bytes."""

from collections.abc import Iterable
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from cases.reports.text import BOLD, MISSING, PLAIN, face_of, showable, width_of, wrapped

WIDTH, HEIGHT = A4
LEFT: Final = 54.0
RIGHT: Final = WIDTH - 54.0
_TOP: Final = HEIGHT - 54.0
_BOTTOM: Final = 66.0
_INK, _GREY, _RULE = HexColor("#111827"), HexColor("#6b7280"), HexColor("#d1d5db")
_LABEL: Final = 118.0


class Sheets:
    """What is added stands below what was added before, on a new page when there is no room.

    Number and digest in the footers are known at the end only: each page refers to forms that
    `finish` draws.
    """

    def __init__(self, file: Any, *, title: str, footer: str) -> None:
        face_of(PLAIN), face_of(BOLD)
        self.canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1)
        self.canvas.setTitle(showable(title)[0])
        self.canvas.setAuthor("FraudShield")
        self.footer, self.page, self.marked = footer, 0, 0
        self.y = 0.0
        self._new_page()

    # -- parts of a page ----------------------------------------------------------------------

    def title(self, text: str) -> None:
        self.text(text, font=BOLD, size=18, after=2)

    def heading(self, text: str, *, room: float = 60.0) -> None:
        """Begins a new page unless there is room for something below it."""
        self._want(room)
        self.gap(12)
        self.text(text, font=BOLD, size=12, after=3)
        self._rule()

    def subheading(self, text: str, *, size: float = 9, room: float = 48.0) -> None:
        self._want(room)
        self.gap(size - 3)
        self.text(text, font=BOLD, size=size, after=1)

    def text(
        self,
        text: str,
        *,
        font: str = PLAIN,
        size: float = 9,
        indent: float = 0,
        after: float = 0,
        grey: bool = False,
    ) -> None:
        """A paragraph a line of the text."""
        colour = _GREY if grey else _INK
        for paragraph in text.splitlines() or [""]:
            shown, marked = showable(paragraph, font)
            self.marked += marked
            lines = wrapped(shown, font=font, size=size, width=RIGHT - LEFT - indent)
            self._lines(lines, font, size, LEFT + indent, colour)
        self.gap(after)

    def fact(self, label: str, value: str, *, size: float = 9) -> None:
        """The label at the left, its value beside it."""
        shown, marked = showable(value or "–")
        self.marked += marked
        self._want(size * 1.4)
        told, _ = showable(label)
        self._draw(told, PLAIN, size, LEFT, self.y - size, _GREY)
        width = RIGHT - LEFT - _LABEL
        lines = wrapped(shown, font=PLAIN, size=size, width=width)
        self._lines(lines, PLAIN, size, LEFT + _LABEL, _INK)

    def gap(self, points: float) -> None:
        self.y -= points

    # -- the end ------------------------------------------------------------------------------

    def finish(self, *, digest: str = "") -> None:
        """Draws what the footers waited for, and writes the file."""
        if self.marked:
            self.gap(8)
            self.text(
                f"{self.marked:,} characters that the font of this document lacks, or that are "
                f"written from right to left, are shown as {MISSING}; the JSON has them all.",
                size=8,
                grey=True,
            )
        self._end_page()
        for name, text, font in (("pages", str(self.page), PLAIN), ("digest", digest, PLAIN)):
            self.canvas.beginForm(name)
            self._draw(text, font, 7, 0, 0, _GREY)
            self.canvas.endForm()
        self.canvas.save()

    def _end_page(self) -> None:
        line = _BOTTOM - 18
        self.canvas.setStrokeColor(_RULE)
        self.canvas.line(LEFT, line + 12, RIGHT, line + 12)
        shown, _ = showable(self.footer)
        self._draw(shown, PLAIN, 7, LEFT, line, _GREY)
        before = f"page {self.page} of "
        place = RIGHT - width_of(f"{before}00000", PLAIN, 7)
        self._draw(before, PLAIN, 7, place, line, _GREY)
        self._form("pages", place + width_of(before, PLAIN, 7), line)
        told = "SHA-256 of the content: "
        self._draw(told, PLAIN, 7, LEFT, line - 11, _GREY)
        self._form("digest", LEFT + width_of(told, PLAIN, 7), line - 11)
        self.canvas.showPage()

    def _form(self, name: str, x: float, y: float) -> None:
        self.canvas.saveState()
        self.canvas.translate(x, y)
        self.canvas.doForm(name)
        self.canvas.restoreState()

    def _new_page(self) -> None:
        if self.page:
            self._end_page()
        self.page += 1
        self.y = _TOP

    def _want(self, points: float) -> None:
        if self.y - points < _BOTTOM:
            self._new_page()

    def _rule(self) -> None:
        self.canvas.setStrokeColor(_RULE)
        self.canvas.line(LEFT, self.y, RIGHT, self.y)
        self.gap(4)

    def _lines(self, lines: Iterable[str], font: str, size: float, x: float, colour: Any) -> None:
        for line in lines:
            self._want(size * 1.4)
            self._draw(line, font, size, x, self.y - size, colour)
            self.y -= size * 1.4

    def _draw(self, text: str, font: str, size: float, x: float, y: float, colour: Any) -> None:
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(colour)
        self.canvas.drawString(x, y, text)
