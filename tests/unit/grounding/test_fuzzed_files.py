"""Whole files that were cut, damaged or re-encoded: an error that says so, or an exact account."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from services.grounding.files import MAX_LINE_BYTES, SourceError
from services.grounding.rows import BadRow, ReadReport, json_value
from services.grounding.sources.amazon2018 import amazon2018
from services.grounding.sources.amazon2018 import parse_review as parse_review_2018
from services.grounding.sources.amazon2023 import amazon2023, parse_review
from services.grounding.sources.movielens import movielens
from services.grounding.sources.protocol import InteractionSource, Review
from services.grounding.sources.rowformat import YEAR_1_MS, YEAR_10000_MS

Damage = Callable[[bytes], bytes]

ROW: dict[str, Any] = {
    "rating": 5.0,
    "title": "Good",
    "text": "Caf\u00e9 noir.",
    "asin": "B1",
    "parent_asin": "B0",
    "user_id": "AE1",
    "timestamp": 1_500_000_000_000,
}

FUZZ = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

HOSTILE = st.sampled_from(
    [
        {},
        {"rating": "5"},
        {"rating": 1e400},
        {"rating": math.nan},
        {"rating": 0},
        {"rating": True},
        {"timestamp": -1},
        {"timestamp": 2**63},
        {"timestamp": 1.5},
        {"user_id": ""},
        {"user_id": "\x00"},
        {"user_id": "\ud800"},
        {"parent_asin": None},
        {"parent_asin": 7},
        {"text": None},
        {"text": "\x00"},
        {"text": {"a": [1]}},
        {"title": "x" * 5000},
        {"rating": [[[[[]]]]]},
        {"user_id": "\u2028 \x85\x0c"},
    ]
)


def json_line(row: dict[str, Any]) -> bytes:
    return json.dumps(row).encode()


def spelled(field: str, value: str) -> bytes:
    """A row with a value that `json.dumps` does not write."""
    return json_line({**ROW, field: "here"}).replace(b'"here"', value.encode())


RAW = st.sampled_from(
    [
        spelled("rating", "1e400"),
        spelled("rating", "5" + 5000 * "0"),
        spelled("rating", 100_000 * "[" + 100_000 * "]"),
        spelled("timestamp", "-1e400"),
        spelled("timestamp", 5000 * "9"),
        spelled("title", 1500 * '{"a":' + "1" + 1500 * "}"),
        spelled("title", '"' + 300_000 * "x" + '"'),
        spelled("text", '"\\ud83d\\ude00"'),
        json_line(ROW).decode().encode("utf-16"),
        json.dumps(ROW, ensure_ascii=False).encode("latin-1"),
        b"\xef\xbb\xbf" + json_line(ROW),
        json_line(ROW) + b"\r",
        2 * json_line(ROW),
        100 * b"\x00",
        b"\xff",
        b" \t ",
        b"",
    ]
)
LINES = st.lists(
    HOSTILE.map(lambda change: json_line({**ROW, **change})) | RAW, min_size=1, max_size=30
)


def joined(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def zst(data: bytes) -> bytes:
    found: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return found


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "reviews.jsonl": bytes,
    "reviews.jsonl.gz": gzip.compress,
    "reviews.jsonl.zst": zst,
}


@st.composite
def damages(draw: st.DrawFn) -> Damage:
    place = draw(st.floats(0, 1, exclude_max=True))
    byte = draw(st.integers(0, 255))

    def at(data: bytes) -> int:
        return int(place * len(data))

    ways: dict[str, Damage] = {
        "as it is": lambda data: data,
        "cut": lambda data: data[: at(data)],
        "a byte": lambda data: data[: at(data)] + bytes([byte]) + data[at(data) + 1 :],
        "a hole": lambda data: data[: at(data) // 2] + data[at(data) :],
        "twice": lambda data: data + data[: at(data)],
        "zeros": lambda data: data + bytes(byte),
    }
    return ways[draw(st.sampled_from(sorted(ways)))]


def read(source: InteractionSource, lowest: float = 1.0) -> list[Review]:
    """All good reviews, or SourceError; whatever it is, the account of it is right."""
    report = ReadReport(str(source.path), 1.0)
    found: list[Review] = []
    for batch in source.batches(report):
        with source.shown(batch.locators) as again:
            shown = again(batch.locators)
        assert [review.user_id for review in shown] == batch.users.to_pylist()
        assert [review.item_id for review in shown] == batch.items.to_pylist()
        assert [review.rating for review in shown] == batch.ratings.tolist()
        assert [review.timestamp for review in shown] == batch.timestamps.tolist()
        found += shown
    assert report.lines == report.good + report.bad + report.blank + report.truncated
    assert report.good == len(found)
    assert sum(report.faults.kinds.values()) == report.bad + report.truncated
    for review in found:
        assert lowest <= review.rating <= 5
        assert YEAR_1_MS <= review.timestamp < YEAR_10000_MS
        assert review.user_id.strip()
        assert review.item_id.strip()
        for text in review[:2] + review[4:]:
            assert isinstance(text, str)
            assert "\x00" not in text
            text.encode()
    return found


def outcome(path: Path, source: Callable[[Path], InteractionSource]) -> list[Review] | str:
    """The good reviews, or the error that says why there are none."""
    try:
        return read(source(path), 0.5 if source is ratings else 1.0)
    except SourceError as error:
        if str(path) not in str(error):
            pytest.fail(f"the error does not say which file: {error}")
        return str(error)


def ratings(path: Path) -> InteractionSource:
    """The source in a ratings.csv."""
    links = path.with_name("links.csv")
    links.write_text("movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,8844\n3,0113228,\n")
    return movielens(path, links)


def parsed(
    rows: Iterable[object], parse: Callable[[object], Review] = parse_review
) -> list[Review]:
    """What the exact parser makes of each row."""
    found = []
    for row in rows:
        try:
            found.append(parse(json_value(row) if isinstance(row, bytes) else row))
        except BadRow:
            continue
    return found


@pytest.mark.parametrize("name", KINDS)
@FUZZ
@given(lines=LINES, damage=damages(), inside=damages())
def test_damaged_files_are_refused_or_accounted_for(
    name: str, tmp_path: Path, lines: list[bytes], damage: Damage, inside: Damage
) -> None:
    path = tmp_path / name
    path.write_bytes(damage(KINDS[name](inside(joined(lines)))))
    outcome(path, amazon2023)


@settings(FUZZ, max_examples=8)
@given(lines=LINES)
def test_a_file_of_any_compression_holds_what_the_exact_parser_says(
    tmp_path: Path, lines: list[bytes]
) -> None:
    lines = [*lines, json_line(ROW)]
    # A byte-order mark at the start of a file is none of the row.
    expected = parsed([lines[0].removeprefix(b"\xef\xbb\xbf"), *lines[1:]])
    for name, compress in KINDS.items():
        path = tmp_path / name
        path.write_bytes(compress(joined(lines)))
        assert outcome(path, amazon2023) == expected


NAMES_2018 = {
    "rating": "overall",
    "timestamp": "unixReviewTime",
    "user_id": "reviewerID",
    "parent_asin": "asin",
    "title": "summary",
    "text": "reviewText",
}


@FUZZ
@given(changes=st.lists(HOSTILE, max_size=30), damage=damages())
def test_rows_of_2018_are_judged_as_by_the_exact_parser_and_damaged_files_refused(
    tmp_path: Path, changes: list[dict[str, Any]], damage: Damage
) -> None:
    rows = [{**ROW, "timestamp": 1_500_000_000, **change} for change in [*changes, {}]]
    lines = [json_line({NAMES_2018.get(key, key): row[key] for key in row}) for row in rows]
    path = tmp_path / "Movies_and_TV.json.gz"
    path.write_bytes(gzip.compress(joined(lines)))
    assert outcome(path, amazon2018) == parsed(lines, parse_review_2018)
    path.write_bytes(damage(path.read_bytes()))
    outcome(path, amazon2018)


CSV_FIELDS = st.sampled_from(
    ["1", "2", "4.0", "0.5", "964982703", "", "-1", "nan", "1e400", 5000 * "9", '"1"', '"', "\r"]
) | st.text(max_size=3)
CSV_LINES = st.one_of(
    st.tuples(
        st.integers(1, 4), st.integers(1, 4), st.sampled_from(["0.5", "4.0", "5"]), st.integers()
    ).map(lambda fields: ",".join(map(str, fields))),
    st.lists(CSV_FIELDS, min_size=1, max_size=5).map(",".join),
)


@FUZZ
@given(
    lines=st.lists(CSV_LINES, max_size=20),
    damage=damages(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_damaged_ratings_of_movielens_are_refused_or_accounted_for(
    tmp_path: Path, lines: list[str], damage: Damage, encoding: str
) -> None:
    text = "\n".join(["userId,movieId,rating,timestamp", "1,1,4.0,964982703", *lines, ""])
    path = tmp_path / "ratings.csv"
    path.write_bytes(damage(text.encode(encoding, "replace")))
    outcome(path, ratings)


def test_a_rating_without_end_is_refused_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    head = b"userId,movieId,rating,timestamp\n1,1,4.0,964982703\n"
    path.write_bytes(head + (MAX_LINE_BYTES + 1) * b"1" + b"\n2,1,5.0,964982703\n")
    assert "line 3 is longer than 16 MiB" in str(outcome(path, ratings))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(json.dumps(ROW, ensure_ascii=False).encode(encoding) * 3)
    assert "can be used" in str(outcome(path, amazon2023))


def test_latin_1_loses_the_lines_that_are_not_ascii_only(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    plain = {**ROW, "text": "plain"}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (ROW, plain, ROW))
    path.write_bytes(lines.encode("latin-1"))
    assert [review.text for review in read(amazon2023(path))] == ["plain"]


COLUMNS = {
    "rating": [pa.float64(), pa.float32(), pa.float16(), pa.int8(), pa.uint64(), pa.string()],
    "timestamp": [
        *(pa.int64(), pa.int32(), pa.uint64(), pa.float64(), pa.string()),
        *(pa.timestamp("ms"), pa.timestamp("us", "Mars/Base"), pa.date32()),
    ],
    "user_id": [
        *(pa.string(), pa.large_string(), pa.string_view(), pa.binary()),
        pa.dictionary(pa.int8(), pa.string()),
    ],
    "parent_asin": [pa.string(), pa.large_string()],
    "asin": [pa.string(), pa.large_string(), pa.binary(), pa.int64(), pa.date32(), None],
    "title": [pa.string(), pa.binary(), pa.list_(pa.string()), pa.null()],
    "text": [pa.string()],
}
"""What a column may be of; most often the first of them."""

VALUES: dict[str, list[Any]] = {
    "rating": [5, 1, 0, 3, None, math.nan, 4.5, 2**64 - 1],
    "timestamp": [1_500_000_000_000, 0, -1, None, 2**62, 2**64 - 1, 1e300],
    "user_id": ["AE1", "", " ", None, "\x00", "\u00e9"],
    "parent_asin": ["B0", "", None, "B\x00"],
    "asin": ["B1", "", None, 7],
    "title": ["Good", "", None],
    "text": ["Fine", None, "\x00"],
}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(1, 12))
    columns = {}
    for name, kinds in COLUMNS.items():
        kind = draw(st.sampled_from([kinds[0]] * len(kinds) + kinds))
        if kind is not None:
            values = st.lists(st.sampled_from(VALUES[name]), min_size=rows, max_size=rows)
            columns[name] = pa.array([_as(kind, value) for value in draw(values)], kind)
    return pa.table(columns)


@settings(FUZZ, max_examples=50)
@given(table=tables())
def test_parquet_of_any_types_holds_what_the_exact_parser_says(
    tmp_path: Path, table: pa.Table
) -> None:
    path = tmp_path / "reviews.parquet"
    parquet.write_table(table, path)
    rows = []
    for number in range(table.num_rows):
        try:
            rows += table.slice(number, 1).to_pylist()
        except (ValueError, OverflowError):  # a time no calendar knows
            continue
    found = outcome(path, amazon2023)
    assert (found if isinstance(found, list) else []) == parsed(rows)


@settings(FUZZ, max_examples=50)
@given(table=tables(), damage=damages())
def test_damaged_parquet_is_refused_or_accounted_for(
    tmp_path: Path, table: pa.Table, damage: Damage
) -> None:
    path = tmp_path / "reviews.parquet"
    parquet.write_table(table, path)
    path.write_bytes(damage(path.read_bytes()))
    outcome(path, amazon2023)


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    columns = [pa.array([value]) for value in ROW.values()]
    path = tmp_path / "reviews.parquet"
    table = pa.Table.from_arrays([*columns, pa.array(["Other"])], names=[*ROW, "title"])
    parquet.write_table(table, path)
    assert "has the column title more than once" in str(outcome(path, amazon2023))


def _as(kind: pa.DataType, value: Any) -> Any:
    """The value as the column can hold it; null where it cannot."""
    if value is None or pa.types.is_null(kind):
        return None
    if pa.types.is_list(kind):
        return [value]
    if pa.types.is_binary(kind):
        return str(value).encode()
    if not pa.types.is_primitive(kind):
        return str(value)
    try:
        return pa.scalar(value, kind) if isinstance(value, int | float) else None
    except (pa.ArrowInvalid, OverflowError, TypeError):
        return None
