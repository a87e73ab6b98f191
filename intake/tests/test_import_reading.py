"""Files as they come: read row by row, bad rows named, in event-time order. No database."""

import datetime as dt
import tracemalloc

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.imports import cells
from intake.imports.errors import BadRow, CannotImport
from intake.imports.ordering import sorted_rows, survey
from intake.imports.reading import LONGEST_LINE, open_source
from intake.imports.rows import Row
from intake.tests.import_cast import HANDBOOK, WRITERS, handbook_rows, write_csv, write_parquet


@pytest.mark.parametrize("ending", WRITERS)
def test_every_kind_of_file_gives_its_rows_with_their_numbers(tmp_path, ending):
    source = open_source(WRITERS[ending](tmp_path / f"f{ending}", HANDBOOK))
    rows = list(source.rows())
    assert [row.number for row in rows] == [1, 2, 3, 4]
    assert {name: int(value) for name, value in rows[2].fields.items()} == HANDBOOK[2]
    assert list(source.rows(skip=3)) == rows[3:]


def test_a_csv_row_with_other_cells_than_the_header_is_one_bad_row(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text('t,cents\n1,2\n3\n4,5,6\n\n"7",8\n', encoding="utf-8")
    first, short, long, last = open_source(path).rows()
    assert (first.fields, last.fields) == ({"t": "1", "cents": "2"}, {"t": "7", "cents": "8"})
    assert (short.number, short.fault) == (2, "has 1 cells where the header has 2")
    assert (long.number, long.as_given()) == (3, "4,5,6")
    assert last.number == 4


def test_bytes_that_are_no_utf8_spoil_their_row_only(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,caf\xe9\n2,caf\xc3\xa9\n")
    bad, good = open_source(path).rows()
    assert (bad.fault, bad.as_given()) == ("is not valid UTF-8", "1,caf\\udce9")
    assert good.fields == {"a": "2", "b": "café"}


def test_an_unclosed_quote_swallows_a_bounded_part_and_the_rest_is_reported(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("a,b\n1,2\n" + '3,"' + "x" * 200_000 + "\n4,5\n", encoding="utf-8")
    rows = list(open_source(path).rows())
    assert rows[0].fields == {"a": "1", "b": "2"}
    assert all(row.fault for row in rows[1:2])
    assert "is no CSV" in rows[1].fault


def test_a_file_without_line_ends_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "f.jsonl"
    with path.open("wb") as handle:
        for _ in range(24):
            handle.write(b"x" * LONGEST_LINE)
        handle.write(b'\n{"t": 1}\n')
    tracemalloc.start()
    bad, good = open_source(path).rows()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "is longer than" in bad.fault
    assert good.fields == {"t": 1}
    assert peak < 8 * LONGEST_LINE


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "not valid JSON"),
        (b"[1]", "must be a JSON object"),
        (b"\xff{}", "not valid UTF-8"),
        (b"[" * 5000, "nested too deeply"),
    ],
)
def test_a_line_that_is_no_json_object_is_one_bad_row(tmp_path, line, fault):
    path = tmp_path / "f.jsonl"
    path.write_bytes(line + b'\n\n{"t": 2}\n')
    bad, good = open_source(path).rows()
    assert fault in bad.fault
    assert (good.number, good.fields) == (2, {"t": 2})


def test_parquet_cells_come_in_jsons_terms(tmp_path):
    path = write_parquet(
        tmp_path / "f.parquet",
        [
            {
                "at": dt.datetime(2024, 1, 2, 3, tzinfo=dt.UTC),
                "day": dt.date(2024, 1, 2),
                "many": ["a", "b"],
                "none": None,
                "took": dt.timedelta(seconds=1),
            }
        ],
    )
    (row,) = open_source(path).rows()
    assert row.fields == {
        "at": "2024-01-02T03:00:00+00:00",
        "day": "2024-01-02",
        "many": ["a", "b"],
        "took": "0:00:01",
    }


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("f.txt", b"", "ends in none of .csv, .parquet"),
        ("f.csv", b"", "is empty"),
        ("f.csv", b"a,b,a\n", "has a column twice: a"),
        ("f.parquet", b"PAR1 not really", "is no sound Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CannotImport, match=sentence):
        open_source(tmp_path / name)


@pytest.mark.parametrize("name", ["gone.csv", "gone.parquet", "gone.jsonl"])
def test_a_file_that_is_not_there_is_refused(tmp_path, name):
    with pytest.raises(CannotImport, match="There is no file"):
        open_source(tmp_path / name)


def test_a_big_parquet_file_is_read_in_bounded_memory(tmp_path):
    path = tmp_path / "f.parquet"
    pl.DataFrame({"t": range(100_000), "text": ["x" * 50] * 100_000}).write_parquet(path)
    tracemalloc.start()
    assert sum(1 for _ in open_source(path).rows()) == 100_000
    peak = tracemalloc.get_traced_memory()[1]  # of Python's objects; Polars' are measured in docs
    tracemalloc.stop()
    assert peak < 15_000_000


# --- Order ------------------------------------------------------------------------------------


def time_of(fields):
    return fields.get("t")


def rows_at(*times):
    return [Row(i, {} if t is None else {"t": t}) for i, t in enumerate(times, start=1)]


@pytest.mark.parametrize(
    ("times", "in_order"),
    [((), True), ((1, 1, 2), True), ((1, None, 1, 2), True), ((2, 1), False), ((None, 1), True)],
)
def test_a_survey_counts_rows_and_sees_whether_time_goes_back(times, in_order):
    assert survey(rows_at(*times), time_of) == (len(times), in_order)


def test_rows_are_sorted_by_time_and_those_of_one_moment_stay_as_they_were():
    found = sorted_rows(rows_at(5, 1, None, 5, 0.5), time_of)
    assert [row.number for row in found] == [5, 2, 3, 1, 4]


def test_a_sorted_row_is_what_it_was():
    row = Row(7, {"t": 1, "deep": {"a": [1, None, "é"]}, "big": 2**70}, '{"t": 1}', "is odd")
    assert next(sorted_rows([row], time_of)) == row


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=60), st.integers(0, 70))
def test_sorting_loses_nothing_and_can_begin_anywhere(times, skip):
    rows = rows_at(*times)
    whole = [row.number for row in sorted_rows(rows, time_of)]
    assert sorted(whole) == [row.number for row in rows]
    assert [row.number for row in sorted_rows(rows, time_of, skip)] == whole[skip:]


def test_the_file_used_for_sorting_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = sorted_rows(rows_at(2, 1), time_of)
    next(found)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    found.close()
    assert list(tmp_path.iterdir()) == []


def test_an_unsorted_file_is_sorted_in_bounded_memory(tmp_path):
    path = write_csv(tmp_path / "f.csv", list(reversed(handbook_rows(20_000))))
    tracemalloc.start()
    found = sorted_rows(open_source(path).rows(), lambda fields: float(fields["t"]))
    assert [row.number for row in found] == list(range(20_000, 0, -1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000


# --- Cells ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [17, 17.0, "17", " 17 ", "17.0", "+17"])
def test_a_whole_number_is_read_however_it_is_written(value):
    assert cells.whole_number({"a": value}, "a", minimum=0, maximum=99) == 17


@pytest.mark.parametrize(
    "value",
    ["", " ", None, "x", "1e3", "0x11", "1_7", "٣", 1.5, "1.5", True, "9" * 30, [], -1, 100],
)
def test_what_is_no_whole_number_in_bounds_is_refused_by_its_columns_name(value):
    with pytest.raises(BadRow, match=r"^a: "):
        cells.whole_number({"a": value}, "a", minimum=0, maximum=99)


@pytest.mark.parametrize(("value", "number"), [("1e3", 1000.0), (".5", 0.5), (3, 3.0), ("7.", 7.0)])
def test_a_number_is_read(value, number):
    assert cells.number({"a": value}, "a") == number


@pytest.mark.parametrize(
    "value", ["nan", "inf", float("nan"), float("inf"), "1e999", "-1", -0.5, "", "1,5", False, {}]
)
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(BadRow, match=r"^a: "):
        cells.number({"a": value}, "a")


@pytest.mark.parametrize(
    ("value", "truth"),
    [(1, True), ("1", True), ("true", True), (0.0, False), ("FALSE", False), ("", None)],
)
def test_a_label_is_read(value, truth):
    assert cells.truth({"a": value}, "a") is truth


@pytest.mark.parametrize("value", [2, "yes?", 0.5])
def test_what_is_no_label_is_refused(value):
    with pytest.raises(BadRow):
        cells.truth({"a": value}, "a")
