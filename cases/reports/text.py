"""Text as the embedded font can show it: measured, wrapped, and with a mark for what it lacks. Pure
but for the font file."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PLAIN: Final = "DejaVuSans"
BOLD: Final = "DejaVuSans-Bold"
MISSING: Final = "□"
_FONTS: Final = Path(__file__).parent / "fonts"
# Letters of these directions would stand in the wrong order and unjoined: worse than a mark.
_LEFTWARD: Final = frozenset({"R", "AL", "AN", "RLE", "RLO", "RLI"})


@lru_cache(maxsize=2)
def face_of(name: str) -> Any:
    """The font's tables; registers it when it is first asked for."""
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(name, str(_FONTS / f"{name}.ttf")))
    return pdfmetrics.getFont(name).face


@lru_cache(maxsize=4_096)
def _shown(character: str, font: str) -> str:
    """The character, a space for a control character, or the mark."""
    kind = unicodedata.category(character)
    if kind in {"Cf", "Cs"}:  # invisible: direction marks and the like
        return ""
    if kind in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    known = ord(character) in face_of(font).charToGlyph
    if not known or unicodedata.bidirectional(character) in _LEFTWARD:
        return MISSING
    return character


def showable(text: str, font: str = PLAIN) -> tuple[str, int]:
    """The text as it can be drawn on one line, and how many characters are only marked."""
    text = unicodedata.normalize("NFC", text)
    shown = "".join(_shown(character, font) for character in text)
    return shown, shown.count(MISSING) - text.count(MISSING)


@lru_cache(maxsize=4_096)
def _width(character: str, font: str) -> float:
    face = face_of(font)
    return float(face.charWidths.get(ord(character), face.defaultWidth)) / 1_000


def width_of(text: str, font: str, size: float) -> float:
    """In points."""
    return size * sum(_width(character, font) for character in text)


def wrapped(text: str, *, font: str, size: float, width: float) -> Iterator[str]:
    """Lines no wider than `width` points; a word that is wider by itself is broken."""
    line, used, space = "", 0.0, size * _width(" ", font)
    for word in text.split():
        length = width_of(word, font, size)
        if line and used + space + length <= width:
            line, used = f"{line} {word}", used + space + length
            continue
        if line:
            yield line
        *whole, line = _broken(word, font, size, width) if length > width else [word]
        yield from whole
        used = width_of(line, font, size)
    if line:
        yield line


def _broken(word: str, font: str, size: float, width: float) -> list[str]:
    parts, start, used = [], 0, 0.0
    for place, character in enumerate(word):
        length = size * _width(character, font)
        if used + length > width and place > start:
            parts.append(word[start:place])
            start, used = place, 0.0
        used += length
    return [*parts, word[start:]]
