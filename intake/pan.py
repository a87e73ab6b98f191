"""Card numbers: found in what clients send beside the known fields, and never kept."""

import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

SHORTEST, LONGEST = 13, 19  # digits of a primary account number (ISO/IEC 7812)

SECRETS: Final = frozenset(
    """
    cardnumber pan primaryaccountnumber cardpan fullpan ccnumber creditcardnumber debitcardnumber
    cvv cvv2 cvc cvc2 cardcvv cardcvc cardcode securitycode cardsecuritycode
    cardverificationvalue cardverificationcode pin pinblock cardpin
    track track1 track2 track3 track1data track2data trackdata magstripe magneticstripe
    """.split()  # noqa: SIM905  (one word a name reads best)
)
"""Names, without case and separators, under which clients send what must not be stored."""

ADVICE: Final = (
    "is never taken: send card_token (your processor's token), card_bin (the first six or eight "
    "digits) and card_last_four instead"
)

# Digits, possibly grouped with single spaces or hyphens, with no further digit on either side.
_RUNS = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,}(?![0-9])")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name would hold a card number or what proves its possession.

    >>> is_secret_name("Card-Number"), is_secret_name("card_bin")
    (True, False)
    """
    return "".join(filter(str.isalnum, name)).lower() in SECRETS


def mask_card_numbers(text: str) -> str:
    """The text with the middle of every card number in it replaced by asterisks.

    >>> mask_card_numbers("paid with 4111 1111 1111 1111, thanks")
    'paid with 4111 11** **** 1111, thanks'

    A card number is 13 to 19 digits that pass the Luhn check. Numbers beginning with 0, or with 1
    unless they have 15 digits, are none: that is where times in milli-, micro- and nanoseconds lie.
    """
    if len(text) < SHORTEST:
        return text
    return _RUNS.sub(_mask_run, text)


def has_card_number(text: str) -> bool:
    """Whether `mask_card_numbers` would change the text."""
    return mask_card_numbers(text) != text


def _mask_run(run: re.Match[str]) -> str:
    characters = list(run[0])
    places = [i for i, character in enumerate(characters) if character.isdigit()]
    for start, end in _numbers_within(characters, places):
        for place in places[start + 6 : end - 4]:
            characters[place] = "*"
    return "".join(characters)


def _numbers_within(characters: list[str], places: list[int]) -> Iterator[tuple[int, int]]:
    """Ranges of `places` that are card numbers: each begins and ends where a group of digits does.

    Luhn sums of all windows come from two running sums, so that hostile input costs linear time.
    """
    digits = [int(characters[place]) for place in places]
    sums = (_running(digits, doubled=1), _running(digits, doubled=0))
    edges = {0, len(digits)} | {i for i in range(1, len(digits)) if places[i] - places[i - 1] > 1}
    free_from = 0
    for start in sorted(edges):
        lengths = range(LONGEST, SHORTEST - 1, -1) if start >= free_from else ()
        ends = (start + length for length in lengths if start + length in edges)
        end = next((end for end in ends if _is_number(digits, start, end, sums)), 0)
        if end:
            yield start, end
            free_from = end


def _is_number(digits: list[int], start: int, end: int, sums: tuple[list[int], list[int]]) -> bool:
    if digits[start] == 0 or (digits[start] == 1 and end - start != 15):
        return False
    running = sums[(end - 1) % 2]  # those in which the last digit counts plain
    return (running[end] - running[start]) % 10 == 0


def _running(digits: list[int], *, doubled: int) -> list[int]:
    """Sums of the digits before each place; those at places of parity `doubled` count double."""
    values = (_DOUBLED[digit] if i % 2 == doubled else digit for i, digit in enumerate(digits))
    return [0, *accumulate(values)]
