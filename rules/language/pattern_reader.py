r"""Reads a pattern and writes it out again in words that all engines understand alike."""

import string

MAX_PATTERN = 200
MAX_SIZE = 1_000
MAX_DEPTH = 20
MAX_REPEAT = 500

_Ranges = tuple[tuple[int, int], ...]
_CLASSES: dict[str, _Ranges] = {
    "d": ((0x30, 0x39),),
    "w": ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)),
    "s": ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)),
}
_CONTROLS = {"n": 0x0A, "r": 0x0D, "t": 0x09}
_LAST = 0x10FFFF


class PatternError(ValueError):
    """The pattern is outside of the language. ``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


# Stands for \b until it is known for which engine it is written. No pattern holds a NUL.
BOUNDARY = "\0"


class PatternReader:
    """A recursive-descent reader that writes as it reads: most methods give text and size.

    The size is the number of characters that the pattern has once its repetitions are written out.
    """

    def __init__(self, text: str, position: int, folded: bool) -> None:
        self.text = text
        self.position = position
        self.folded = folded

    def peek(self, count: int = 1) -> str:
        return self.text[self.position : self.position + count]

    def take(self) -> str:
        character = self.peek()
        self.position += 1
        return character

    def fail(self, message: str) -> PatternError:
        return PatternError(message, min(self.position, len(self.text)))

    def alternatives(self, depth: int) -> tuple[str, int]:
        if depth > MAX_DEPTH:
            raise self.fail(f"groups are nested deeper than {MAX_DEPTH} levels")
        branches = [self.sequence(depth)]
        while self.peek() == "|":
            self.take()
            branches.append(self.sequence(depth))
        return "|".join(text for text, _ in branches), sum(size for _, size in branches)

    def sequence(self, depth: int) -> tuple[str, int]:
        written, total = [], 0
        while self.peek() not in ("", "|", ")"):
            text, size = self.piece(depth)
            written.append(text)
            total += size
            if total > MAX_SIZE:
                raise self.fail(
                    f"the pattern is too large: its repetitions make over {MAX_SIZE:,} characters"
                )
        return "".join(written), total

    def piece(self, depth: int) -> tuple[str, int]:
        anchor = {"^": r"\A", "$": r"\z"}.get(self.peek())
        if anchor is None and self.peek(2) == r"\b":
            anchor = BOUNDARY
            self.take()
        if anchor is not None:
            self.take()
            if self.peek() and self.peek() in "*+?{":
                raise self.fail("nothing to repeat: an anchor has no length")
            return anchor, 1
        text, size = self.atom(depth)
        return self.repetition(text, max(size, 1))

    def repetition(self, text: str, size: int) -> tuple[str, int]:
        mark = self.peek()
        if not mark or mark not in "*+?{":
            return text, size
        self.take()
        count = 1
        if mark == "{":
            mark, count = self.counts()
        # Lazy or greedy makes no difference to whether something is found.
        if self.peek() == "?":
            self.take()
        if self.peek() and self.peek() in "*+?{":
            raise self.fail("a repetition cannot be repeated; put it in brackets")
        return f"(?:{text}){mark}", size * max(count, 1) + 1

    def counts(self) -> tuple[str, int]:
        end = self.text.find("}", self.position)
        inside = self.text[self.position : end] if end >= 0 else ""
        low, comma, high = inside.partition(",")
        if not (_is_count(low) and (high == "" or _is_count(high))):
            raise self.fail(
                r"a repetition is {n}, {n,} or {n,m}; for the character itself write \{"
            )
        if max(int(low), int(high or 0)) > MAX_REPEAT or (high and int(high) < int(low)):
            raise self.fail(f"a repetition goes from fewer to more, up to {MAX_REPEAT}")
        self.position = end + 1
        return f"{{{inside}}}", int(high or low) + (comma == "," and not high)

    def atom(self, depth: int) -> tuple[str, int]:
        character = self.take()
        if character == "(":
            return self.group(depth)
        if character == "[":
            return self.bracket(), 1
        if character == ".":
            return r"[^\x{A}]", 1
        if character == "\\":
            return self.escape(), 1
        if character in "*+?{":
            self.position -= 1
            raise self.fail(f"nothing to repeat before `{character}`")
        if character in "]}":
            self.position -= 1
            raise self.fail(f"for the character itself write \\{character}")
        return self.character(ord(character)), 1

    def group(self, depth: int) -> tuple[str, int]:
        if self.peek() == "?":
            if self.peek(2) != "?:":
                raise self.fail("groups are (...) or (?:...); (?i) may stand at the very start")
            self.position += 2
        text, size = self.alternatives(depth + 1)
        if self.take() != ")":
            raise self.fail("a group is never closed")
        return f"(?:{text})", size

    def escape(self) -> str:
        letter = self.take()
        if letter.lower() in _CLASSES and letter:
            return _write_class(_CLASSES[letter.lower()], negated=letter.isupper())
        return self.character(self.escaped_code(letter))

    def escaped_code(self, letter: str) -> int:
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter and letter in string.punctuation:
            return ord(letter)
        self.position -= 1
        raise self.fail(
            f"\\{letter} is not known; there are \\d \\w \\s \\b \\n \\r \\t and \\ before signs"
        )

    def character(self, code: int) -> str:
        ranges = _fold(((code, code),)) if self.folded else ((code, code),)
        if len(ranges) > 1:
            return _write_class(ranges)
        return chr(code) if chr(code).isalnum() else f"\\x{{{code:X}}}"

    def bracket(self) -> str:
        negated = self.peek() == "^"
        if negated:
            self.take()
        ranges: list[tuple[int, int]] = []
        while self.peek() != "]" or not ranges:
            ranges.extend(self.bracket_item())
        self.take()
        return _write_class(_fold(tuple(ranges)) if self.folded else tuple(ranges), negated=negated)

    def bracket_item(self) -> _Ranges:
        if self.peek() == "\\" and self.peek(2)[1:].lower() in _CLASSES and len(self.peek(2)) == 2:
            letter = self.peek(2)[1]
            if letter.isupper():
                raise self.fail(f"inside of [...] write what you mean instead of \\{letter}")
            self.position += 2
            return _CLASSES[letter]
        low = self.bracket_code()
        if self.peek() != "-" or self.peek(2) in ("-]", "-"):
            return ((low, low),)
        self.take()
        high = self.bracket_code()
        if high < low:
            raise self.fail("a range goes from the lower character to the higher")
        return ((low, high),)

    def bracket_code(self) -> int:
        character = self.take()
        if not character:
            raise self.fail("a [...] is never closed")
        if character in "[]":
            self.position -= 1
            raise self.fail(f"inside of [...] write \\{character}")
        return self.escaped_code(self.take()) if character == "\\" else ord(character)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4


def _fold(ranges: _Ranges) -> _Ranges:
    """The ranges and, for the ASCII letters in them, the other case."""
    swapped = [
        (max(low, first) + shift, min(high, last) + shift)
        for low, high in ranges
        for first, last, shift in ((0x41, 0x5A, 32), (0x61, 0x7A, -32))
        if max(low, first) <= min(high, last)
    ]
    return tuple(sorted({*ranges, *swapped}))


def _write_class(ranges: _Ranges, *, negated: bool = False) -> str:
    inside = "".join(
        f"\\x{{{low:X}}}" + (f"-\\x{{{high:X}}}" if high > low else "") for low, high in ranges
    )
    return f"[{'^' if negated else ''}{inside}]"
