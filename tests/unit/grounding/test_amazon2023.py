from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from services.grounding.files import MAX_LINE_BYTES, SourceError
from services.grounding.rows import BadRow, ReadReport, json_value
from services.grounding.sources import pieces as pieces_module
from services.grounding.sources.amazon2023 import FORMAT, amazon2023, parse_review
from services.grounding.sources.duck import PieceParser
from services.grounding.sources.pieces import OddLine, Piece, read_piece
from services.grounding.sources.protocol import Batch, Review

Row = dict[str, object]
MakeRow = Callable[..., Row]
WriteJsonl = Callable[..., Path]


def read(path: Path, share: float = 1.0) -> tuple[list[Review], ReadReport]:
    """The good rows as columns, and then again with their texts: both must say the same."""
    report = ReadReport(str(path), share)
    source = amazon2023(path)
    batches = list(source.batches(report))
    with source.shown(np.concatenate([batch.locators for batch in batches])) as again:
        reviews = [review for batch in batches for review in again(batch.locators)]
    assert [columns(batch) for batch in batches] == [
        [(one.user_id, one.item_id, one.rating, one.timestamp) for one in some]
        for some in in_parts(reviews, [len(batch.locators) for batch in batches])
    ]
    return reviews, report


def columns(batch: Batch) -> list[tuple[str, str, float, int]]:
    return list(
        zip(
            batch.users.to_pylist(),
            batch.items.to_pylist(),
            batch.ratings.tolist(),
            batch.timestamps.tolist(),
            strict=True,
        )
    )


def in_parts(reviews: list[Review], sizes: list[int]) -> list[list[Review]]:
    left = iter(reviews)
    return [list(islice(left, size)) for size in sizes]


def write_lines(path: Path, *lines: bytes) -> Path:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def encoded(row: Row) -> bytes:
    return json.dumps(row).encode()


def write_zst(path: Path, data: bytes) -> None:
    with pa.output_stream(str(path), compression="zstd") as stream:
        stream.write(data)


def test_a_review_is_read_with_all_its_fields(row: MakeRow, write_jsonl: WriteJsonl) -> None:
    reviews, report = read(write_jsonl([row()]))
    assert reviews == [Review("u1", "i1", 4.0, 1_500_000_000_000, "Good", "I liked it.")]
    assert (report.lines, report.good, report.bad) == (1, 1, 0)


@pytest.mark.parametrize("parent", [{}, {"parent_asin": None}, {"parent_asin": ""}])
def test_asin_stands_in_for_a_missing_parent_asin(
    parent: Row, row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    without = {key: value for key, value in row().items() if key != "parent_asin"}
    [review], _ = read(write_jsonl([without | parent]))
    assert review.item_id == "i1-variant"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rating": 1}, {"rating": 1.0}),
        ({"rating": 3.12}, {"rating": 3.12}),
        ({"timestamp": 1.5e12}, {"timestamp": 1_500_000_000_000}),
        ({"timestamp": -1000}, {"timestamp": -1000}),
        ({"title": None, "text": None}, {"title": "", "text": ""}),
        ({"text": "naïve 🎬"}, {"text": "naïve 🎬"}),
    ],
)
def test_unusual_but_valid_values_are_read(
    changes: Row, expected: dict[str, Any], row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    [review], _ = read(write_jsonl([row(**changes)]))
    assert {key: getattr(review, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"rating": 11}, "bad rating"),
        ({"rating": 0.99}, "bad rating"),
        ({"rating": "5"}, "bad rating"),
        ({"rating": True}, "bad rating"),
        ({"rating": None}, "bad rating"),
        ({"rating": math.nan}, "bad rating"),
        ({"rating": math.inf}, "bad rating"),
        ({"rating": [5]}, "bad rating"),
        ({"timestamp": 1.5}, "bad timestamp"),
        ({"timestamp": "2017-01-01"}, "bad timestamp"),
        ({"timestamp": False}, "bad timestamp"),
        ({"timestamp": 1e300}, "bad timestamp"),
        ({"timestamp": math.nan}, "bad timestamp"),
        ({"timestamp": 10**18}, "bad timestamp"),
        ({"user_id": ""}, "bad user_id"),
        ({"user_id": " "}, "bad user_id"),
        ({"user_id": 7}, "bad user_id"),
        ({"user_id": "a\x00b"}, "bad user_id"),
        ({"parent_asin": "", "asin": ""}, "bad asin"),
        ({"parent_asin": 5}, "bad parent_asin"),
        ({"text": 5}, "bad text"),
        ({"text": "a\x00b"}, "bad text"),
        ({"text": "half \ud83c"}, "bad text"),
        ({"title": ["x"]}, "bad title"),
    ],
)
def test_a_row_with_a_bad_value_is_counted_and_not_read(
    changes: Row, kind: str, row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    reviews, report = read(write_jsonl([row(user_id="good"), row(**changes)]))
    assert [review.user_id for review in reviews] == ["good"]
    assert report.faults.kinds == {kind: 1}
    assert report.faults.examples[0].where == "line 2"


@pytest.mark.parametrize("key", ["user_id", "rating", "timestamp", "title", "text"])
def test_a_missing_field_is_named(key: str, row: MakeRow, write_jsonl: WriteJsonl) -> None:
    short = {name: value for name, value in row().items() if name != key}
    _, report = read(write_jsonl([row(), short]))
    assert report.faults.kinds == {f"missing {key}": 1}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"user_id": "u1", ', "invalid JSON"),
        (b"[1, 2]", "not an object"),
        (b'"text"', "not an object"),
        (b"null", "not an object"),
        (b'{"user_id": "\xff"}', "invalid UTF-8"),
        (b"\x00\x00", "invalid JSON"),
        (b"[" * 100_000, "invalid JSON"),
        (b"9" * 5000, "invalid JSON"),
    ],
)
def test_a_line_that_is_no_object_is_counted_and_reading_goes_on(
    line: bytes, kind: str, row: MakeRow, tmp_path: Path
) -> None:
    good = encoded(row())
    reviews, report = read(write_lines(tmp_path / "r.jsonl", good, line, good))
    assert len(reviews) == 2
    assert report.faults.kinds == {kind: 1}
    assert report.faults.examples[0].where == "line 2"


def test_blank_lines_windows_newlines_and_a_byte_order_mark_are_no_faults(
    row: MakeRow, tmp_path: Path
) -> None:
    good = encoded(row())
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + good + b"\r\n\r\n  \n" + good)
    reviews, report = read(path, share=0.0)
    assert (len(reviews), report.lines, report.blank, report.bad) == (2, 4, 2, 0)


def test_a_truncated_last_line_is_reported_but_not_held_against_a_small_file(
    row: MakeRow, tmp_path: Path
) -> None:
    good = encoded(row())
    path = tmp_path / "r.jsonl"
    path.write_bytes((good + b"\n") * 5 + good[:40])
    reviews, report = read(path, share=0.0)
    assert (len(reviews), report.bad, report.truncated) == (5, 0, 1)
    assert report.faults.examples[0].where == "line 6"
    assert "ends within this line" in report.faults.examples[0].cause


def test_a_last_line_cut_within_a_character_is_a_truncated_one(
    row: MakeRow, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(encoded(row()) + b'\n{"text": "\xc3')
    _, report = read(path, share=0.0)
    assert (report.bad, report.truncated) == (0, 1)


def test_a_complete_last_line_without_newline_is_judged_like_any_other(
    row: MakeRow, tmp_path: Path
) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(encoded(row()) + b"\n" + encoded(row(rating=9)))
    _, report = read(path)
    assert (report.bad, report.truncated) == (1, 0)


def test_more_bad_lines_than_allowed_stop_the_run_and_are_shown(
    row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    path = write_jsonl([*[row()] * 98, row(rating=11), row(rating=12)])
    with pytest.raises(SourceError) as stopped:
        read(path, share=0.01)
    message = str(stopped.value)
    assert "2 of 100 lines (2.00%)" in message
    assert "line 99: rating is 11" in message
    assert "max_bad_line_share" in message


def test_as_many_bad_lines_as_allowed_do_not_stop_the_run(
    row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    reviews, report = read(write_jsonl([*[row()] * 99, row(rating=11)]), share=0.01)
    assert (len(reviews), report.bad) == (99, 1)


def test_bad_lines_together_at_the_start_count_no_more_than_spread_ones(
    row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    rows = [*[row(rating=11)] * 30, *[row()] * 2970]
    reviews, report = read(write_jsonl(rows), share=0.01)
    assert (len(reviews), report.bad) == (2970, 30)


def test_a_plainly_wrong_file_is_not_read_to_its_end(row: MakeRow, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([row(), *[{"other": 1}] * 5000])
    report = ReadReport(str(path), 0.01)
    with pytest.raises(SourceError, match="line 2: user_id is missing"):
        list(amazon2023(path).batches(report))
    assert report.lines == 1000


def test_only_the_first_bad_lines_are_remembered_and_all_are_counted(
    row: MakeRow, write_jsonl: WriteJsonl
) -> None:
    _, report = read(write_jsonl([row(), *[row(rating=11)] * 50]))
    assert report.faults.kinds == {"bad rating": 50}
    assert len(report.faults.examples) == 20


def test_a_file_without_one_good_line_is_refused(row: MakeRow, write_jsonl: WriteJsonl) -> None:
    path = write_jsonl([row(rating=11)])
    with pytest.raises(SourceError, match=r"none of its 1 lines can be used.*rating is 11"):
        read(path)


def test_a_file_of_blank_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of its 3 lines"):
        read(write_lines(tmp_path / "r.jsonl", b"", b"", b""))


def test_gzip_zstd_and_plain_files_hold_the_same_reviews(row: MakeRow, tmp_path: Path) -> None:
    data = b"".join(encoded(row(user_id=f"u{n}")) + b"\n" for n in range(500))
    plain, gz, zst = (tmp_path / f"r.jsonl{suffix}" for suffix in ("", ".gz", ".zst"))
    plain.write_bytes(data)
    gz.write_bytes(gzip.compress(data[:10_000]) + gzip.compress(data[10_000:]))
    write_zst(zst, data)
    expected, _ = read(plain)
    assert len(expected) == 500
    assert read(gz)[0] == expected
    assert read(zst)[0] == expected


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_cut_compressed_file_is_refused_by_name(
    suffix: str, row: MakeRow, tmp_path: Path
) -> None:
    data = b"".join(encoded(row(user_id=f"u{n}")) + b"\n" for n in range(5000))
    path = tmp_path / f"r.jsonl{suffix}"
    if suffix == ".gz":
        path.write_bytes(gzip.compress(data))
    else:
        write_zst(path, data)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=rf"r\.jsonl\{suffix}: its data are cut off or damaged"):
        read(path)


@pytest.mark.parametrize("name", ["r.jsonl.gz", "r.jsonl.zst", "r.parquet"])
def test_a_file_that_is_not_what_its_name_says_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is just text, " * 20)
    with pytest.raises(SourceError, match="cut off or damaged"):
        read(path)


def write_parquet(path: Path, rows: list[Row]) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_a_parquet_file_is_read_like_jsonl(row: MakeRow, tmp_path: Path) -> None:
    rows = [row(), row(user_id="u2", title=None), row(rating=11.0), row(user_id=None)]
    reviews, report = read(write_parquet(tmp_path / "r.parquet", rows))
    assert [(review.user_id, review.title) for review in reviews] == [("u1", "Good"), ("u2", "")]
    assert report.faults.kinds == {"bad rating": 1, "bad user_id": 1}
    assert [each.where for each in report.faults.examples] == ["line 3", "line 4"]


def test_a_parquet_file_without_a_needed_column_is_refused(row: MakeRow, tmp_path: Path) -> None:
    short = {name: value for name, value in row().items() if name != "rating"}
    with pytest.raises(SourceError, match="has no column rating"):
        read(write_parquet(tmp_path / "r.parquet", [short]))


def test_a_parquet_row_that_is_not_utf8_is_one_bad_row(row: MakeRow, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([row(user_id=f"u{n}") for n in range(4)])
    raw = pa.array([b"fine", b"\xff\xfe", b"fine", b"fine"]).view(pa.string())
    table = table.set_column(table.schema.get_field_index("text"), "text", raw)
    path = tmp_path / "r.parquet"
    parquet.write_table(table, path)
    reviews, report = read(path)
    assert [review.user_id for review in reviews] == ["u0", "u2", "u3"]
    assert report.faults.kinds == {"invalid UTF-8": 1}
    assert report.faults.examples[0].where == "line 2"


def test_chosen_reviews_are_read_again_in_any_order(row: MakeRow, tmp_path: Path) -> None:
    lines = [encoded(row(user_id=f"u{n}", text=f"text {n}")) for n in range(1, 6)]
    source = amazon2023(write_lines(tmp_path / "r.jsonl", *lines[:2], b"broken", *lines[2:]))
    (batch,) = source.batches(ReadReport("r.jsonl", 1.0))
    chosen = batch.locators[[3, 0]]
    with source.shown(chosen) as again:
        assert [one.text for one in again(chosen)] == ["text 4", "text 1"]
        assert [one.user_id for one in again(chosen[1:])] == ["u1"]


@pytest.mark.parametrize("now", [b"", b"broken\n", b"\n\n\n\n", b"{}\n"])
def test_a_review_that_is_gone_when_read_again_is_reported(
    now: bytes, row: MakeRow, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "r.jsonl", encoded(row()))
    source = amazon2023(path)
    (batch,) = source.batches(ReadReport("r.jsonl", 1.0))
    path.write_bytes(now)
    with (
        source.shown(batch.locators) as again,
        pytest.raises(SourceError, match="changed while it was read"),
    ):
        again(batch.locators)


def test_a_compressed_file_that_became_shorter_is_reported(row: MakeRow, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(encoded(row()) + b"\n" + encoded(row()) + b"\n"))
    source = amazon2023(path)
    (batch,) = source.batches(ReadReport("r.jsonl.gz", 1.0))
    path.write_bytes(gzip.compress(encoded(row())))
    with (
        pytest.raises(SourceError, match="changed while it was read"),
        source.shown(batch.locators),
    ):
        raise AssertionError("it was ready to read what is not there")


@pytest.mark.parametrize("piece_bytes", [1, 100, 1000])
def test_a_file_is_the_same_in_pieces_of_any_size(
    piece_bytes: int, row: MakeRow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [encoded(row(user_id=f"u{n}", text="é" * n)) for n in range(30)]
    lines = [*good[:10], b"", b"broken", *good[10:20], encoded(row(rating=9)), *good[20:]]
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines) + b'\n{"cut')
    whole, whole_report = read(path)
    monkeypatch.setattr(pieces_module, "PIECE_BYTES", piece_bytes)
    assert read(path) == (whole, whole_report)
    assert len(whole) == 30
    assert [each.where for each in whole_report.faults.examples] == [
        "line 12",
        "line 23",
        "line 34",
    ]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_without_end_is_refused_by_its_number(
    end: bytes, row: MakeRow, tmp_path: Path
) -> None:
    good = encoded(row())
    path = tmp_path / "r.jsonl"
    path.write_bytes((good + b"\n") * 3 + b"x" * MAX_LINE_BYTES + end)
    with pytest.raises(SourceError, match="line 4 is longer than 16 MiB"):
        read(path)


def test_no_file_of_a_parser_stays(
    row: MakeRow, write_jsonl: WriteJsonl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    read(write_jsonl([row()]))
    assert list(scratch.iterdir()) == []


GOOD_LINE = json.dumps(
    {
        "user_id": "u",
        "parent_asin": "i",
        "rating": 3.5,
        "title": "t",
        "text": "é",
        "timestamp": 5,
    },
    ensure_ascii=False,
).encode()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@st.composite
def changed_value(draw: st.DrawFn) -> bytes:
    row = json.loads(GOOD_LINE)
    row[draw(st.sampled_from(sorted(row)))] = draw(json_values)
    return json.dumps(row).encode()


@st.composite
def changed_bytes(draw: st.DrawFn) -> bytes:
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(GOOD_LINE))] * 2)))
    return GOOD_LINE[:start] + draw(st.binary(max_size=4)) + GOOD_LINE[end:]


@st.composite
def without_field(draw: st.DrawFn) -> bytes:
    row = json.loads(GOOD_LINE)
    del row[draw(st.sampled_from(sorted(row)))]
    return json.dumps(row).encode()


def odd_key(name: str) -> str:
    return "".join(f"\\u{ord(each):04x}" for each in name)


@st.composite
def repeated_field(draw: st.DrawFn) -> bytes:
    row = json.loads(GOOD_LINE)
    name = draw(st.sampled_from(sorted(row)))
    key = draw(st.sampled_from([name, odd_key(name), name.upper()]))
    return GOOD_LINE[:-1] + f', "{key}": {json.dumps(draw(json_values))}}}'.encode()


SPELLINGS = {
    "rating": "5 5.0e0 0.5e1 1e0 -5 5.0000000000000001 0.99999 05 1. 5.5 5.01 10 55 1e1 15e-1 1e-5",
    "timestamp": "-0 -1 1e3 1.0 1.5 12e2 1e-5 5e-324 253402300799999 253402300800000 "
    "-62135596800000 -62135596800001 999999999999999999999999999999 1e14 1e300 nan true",
    "user_id": r""" "\u0061" "a\/b" "é" "\u00a0" "\ud83c" "a\\u0000" "!" "\"" "a\"b" 7 "\t" """,
    "parent_asin": r""" 0 "" [] null "\"" "é" "a\u0000" "a\nb" "~" "{}" {} 1.5 false "null" """,
    "text": r""" "\u0000" "\\u0000" "\ud83c\udfac" "\udfac" "a\tb" null 5 true {} "" "u0000" """,
    "title": r""" nan Infinity "nan" 5 true {} [] null "\u0000" "\ud800" "" """,
}
"""Good values written as few programs write them, and values just within or out of range."""

OTHERS = ("[]", "[1,]", "nan", "NaN", "{}", '{"text": 5}')


def spelled(name: str, value: str, **more: str) -> bytes:
    row = {key: json.dumps(value) for key, value in json.loads(GOOD_LINE).items()}
    row |= {name: value} | more
    return ("{" + ", ".join(f'"{key}": {value}' for key, value in row.items()) + "}").encode()


ALL_SPELLINGS = [
    spelled(name, value, **more)
    for name, values in SPELLINGS.items()
    for value in values.split()
    for more in ({}, {"asin": '"v"'}, {"asin": '""'})
] + [spelled("other", value) for value in OTHERS]


@st.composite
def two_spellings(draw: st.DrawFn) -> bytes:
    names = draw(st.lists(st.sampled_from(sorted(SPELLINGS)), min_size=2, max_size=2))
    values = {name: draw(st.sampled_from(SPELLINGS[name].split())) for name in names}
    return spelled(names[0], values[names[0]], **values, other=draw(st.sampled_from(OTHERS)))


any_line = (
    st.just(GOOD_LINE)
    | changed_value()
    | changed_bytes()
    | without_field()
    | repeated_field()
    | st.sampled_from(ALL_SPELLINGS)
    | two_spellings()
    | st.sampled_from([b"", b" \t", b"\x0c", b"\x1c", b"null", b"[]", GOOD_LINE * 2, b"\r"])
    | st.binary().map(lambda data: data.replace(b"\n", b""))
)


@pytest.fixture(scope="module")
def parser() -> Iterator[PieceParser]:
    with PieceParser(FORMAT) as parser:
        yield parser


def judged(line: bytes) -> Review | str:
    """What the parser that knows one row only says: the reference."""
    try:
        return parse_review(json_value(line))
    except BadRow as fault:
        return fault.kind


def in_strict_syntax(line: bytes) -> bytes:
    """The line without the liberties DuckDB takes: see `duck.py`."""
    line = re.sub(rb",(?=[ \t\r]*[}\]])", b"", line.strip())
    return re.sub(rb"(?i)(?<=[:\[, ])-?(nan|inf(inity)?)(?=[ ,\]}])", b"null", line)


@given(lines=st.lists(any_line, max_size=8), newline_at_end=st.booleans())
@example(lines=ALL_SPELLINGS, newline_at_end=False)
@settings(max_examples=150, deadline=None)
def test_every_line_is_judged_as_by_the_parser_of_rows_and_none_is_lost(
    parser: PieceParser, lines: list[bytes], newline_at_end: bool
) -> None:
    data = b"\n".join([GOOD_LINE, *lines]) + (b"\n" if newline_at_end else b"")
    piece = read_piece(Piece(0, data), FORMAT, parser)
    assert piece.lines == data.count(b"\n") + (not data.endswith(b"\n"))
    assert piece.lines == len(piece.odd) + len(piece.batch.locators)
    raw_lines = data.split(b"\n")
    offsets = np.cumsum([0, *(len(raw) + 1 for raw in raw_lines)]).tolist()
    odd = {each.line: each for each in piece.odd}
    good = dict(zip(piece.batch.locators.tolist(), columns(piece.batch), strict=True))
    for number, raw in enumerate(raw_lines[: piece.lines], start=1):
        expected = judged(raw)
        if number in odd:
            assert odd[number] == OddLine(number, odd[number].fault, odd[number].cut)
            fault = odd[number].fault
            assert (fault.kind if fault else None) == (expected if raw.strip() else None)
            assert not odd[number].cut or number == piece.lines
            continue
        if isinstance(expected, str):
            expected = judged(in_strict_syntax(raw))
        assert isinstance(expected, Review), raw
        assert good[offsets[number - 1]] == (
            expected.user_id,
            expected.item_id,
            expected.rating,
            expected.timestamp,
        )


@given(lines=st.lists(any_line, max_size=8))
@example(lines=ALL_SPELLINGS)
@settings(max_examples=50, deadline=None)
def test_no_bad_value_comes_through_and_texts_are_those_of_the_line(
    parser: PieceParser, lines: list[bytes]
) -> None:
    data = b"\n".join([GOOD_LINE, *lines]) + b"\n"
    raw_lines = [raw for raw in data.split(b"\n") if raw.strip()]
    rows = parser.columns(data, texts=True).to_pylist()
    assert len(rows) == len(raw_lines)
    for raw, row in zip(raw_lines, rows, strict=True):
        if not row.pop("ok"):
            continue
        expected = judged(raw)
        if isinstance(expected, str):
            expected = judged(in_strict_syntax(raw))
        assert isinstance(expected, Review), raw
        assert tuple(row.values()) == (
            expected.user_id,
            expected.item_id,
            expected.rating,
            expected.timestamp,
            expected.title,
            expected.text,
        )
        for text in (expected.user_id, expected.item_id, expected.title, expected.text):
            assert "\x00" not in text
            text.encode()


def test_ordinary_rows_are_vouched_for_also_beside_broken_ones(
    parser: PieceParser, row: MakeRow
) -> None:
    good = encoded(row(text='naïve 🎬 \\ " \n', title="x"))
    for other in (good, b"broken", GOOD_LINE[:-1] + b', "user_id": "v"}'):
        rows = parser.columns(b"\n".join([good, other, good]))
        assert rows["ok"].to_pylist() == [True, other == good, True]
