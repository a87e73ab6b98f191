"""CSV: nothing in a cell is run by a spreadsheet, and numbers stay numbers."""

import csv
import io
from decimal import Decimal

import pytest

from foundation.spreadsheets import csv_chunks, safe_cell


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1", "\uff1d1",
        "\uff0b1", "\uff0d1",
        "\uff20x", "\0=1",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert safe_cell(text).startswith("'")


@pytest.mark.parametrize("value", ["plain", "a=b", "5-3", "", 0, -5, 2.5, Decimal("-7.10"), None])
def test_everything_else_stays_as_it_is(value):
    assert safe_cell(value) == value


def test_the_file_reads_back_with_quotes_lines_and_separators_in_cells():
    rows = [('say "hi"; =1', "two\nlines", -5, Decimal("1.50"), None), ("Ünï ₦ 𝄞", ",", 0, 1.5, "")]
    content = b"".join(csv_chunks(["a", "b", "c", "d", "e"], rows))
    assert content.startswith(b"\xef\xbb\xbf")
    told = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert told[1] == ['say "hi"; =1', "two\nlines", "-5", "1.50", ""]
    assert told[2] == ["Ünï ₦ 𝄞", ",", "0", "1.5", ""]
    assert b",-5,1.50," in content  # numbers without quotes
    assert b'"say ""hi""; =1"' in content


def test_rows_are_taken_as_they_are_wanted():
    taken = 0

    def rows():
        nonlocal taken
        for number in range(100_000):
            taken += 1
            yield (number,)

    chunks = csv_chunks(["n"], rows())
    next(chunks)
    assert taken < 1_000
    assert sum(chunk.count(b"\n") for chunk in chunks) > 99_000
