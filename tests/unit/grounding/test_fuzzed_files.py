"""Whole files that were cut, damaged or re-encoded: an error that says so, or an exact account."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from services.grounding.files import SourceError
from services.grounding.rows import ReadReport
from services.grounding.sources.amazon2023 import amazon2023
from services.grounding.sources.protocol import Review
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
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
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
ROWS = st.lists(HOSTILE.map(lambda change: {**ROW, **change}), min_size=1, max_size=30)


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


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


def read(path: Path) -> list[Review]:
    """All good reviews, or SourceError; whatever it is, the account of it is right."""
    source = amazon2023(path)
    report = ReadReport(str(path), 1.0)
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
        assert 1 <= review.rating <= 5
        assert YEAR_1_MS <= review.timestamp < YEAR_10000_MS
        assert review.user_id.strip()
        assert review.item_id.strip()
        for text in review[:2] + review[4:]:
            assert isinstance(text, str)
            assert "\x00" not in text
            text.encode()
    return found


def outcome(path: Path) -> list[Review] | str:
    try:
        return read(path)
    except SourceError as error:
        if str(path) not in str(error):
            pytest.fail(f"the error does not say which file: {error}")
        return str(error)


@pytest.mark.parametrize("name", KINDS)
@FUZZ
@given(rows=ROWS, damage=damages(), inside=damages())
def test_damaged_files_are_refused_or_accounted_for(
    name: str, tmp_path: Path, rows: list[dict[str, Any]], damage: Damage, inside: Damage
) -> None:
    path = tmp_path / name
    path.write_bytes(damage(KINDS[name](inside(jsonl(rows)))))
    outcome(path)


@FUZZ
@given(rows=ROWS)
def test_compression_changes_nothing(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    found = []
    for name, compress in KINDS.items():
        path = tmp_path / name
        path.write_bytes(compress(jsonl(rows)))
        result = outcome(path)
        found.append(result if isinstance(result, list) else "refused")
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "cp037"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(json.dumps(ROW, ensure_ascii=False).encode(encoding) * 3)
    assert "can be used" in str(outcome(path))


def test_latin_1_loses_the_lines_that_are_not_ascii_only(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    plain = {**ROW, "text": "plain"}
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in (ROW, plain, ROW))
    path.write_bytes(lines.encode("latin-1"))
    assert [review.text for review in read(path)] == ["plain"]


COLUMNS = {
    "rating": st.sampled_from([pa.float64(), pa.float32(), pa.int8(), pa.string()]),
    "timestamp": st.sampled_from([pa.int64(), pa.float64(), pa.string(), pa.int32()]),
    "user_id": st.sampled_from([pa.string(), pa.large_string(), pa.binary()]),
    "parent_asin": st.sampled_from([pa.string(), pa.large_string()]),
    "title": st.sampled_from([pa.string(), pa.binary()]),
    "text": st.just(pa.string()),
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "rating": st.sampled_from([5, 1, 0, 3, None, math.nan, 4.5]),
    "timestamp": st.sampled_from([1_500_000_000_000, 0, -1, None, 2**62, 1e300]),
    "user_id": st.sampled_from(["AE1", "", " ", None, "\x00", "\u00e9"]),
    "parent_asin": st.sampled_from(["B0", "", None, "B\x00"]),
    "title": st.sampled_from(["Good", "", None]),
    "text": st.sampled_from(["Fine", None, "\x00"]),
}


@FUZZ
@given(data=st.data(), damage=damages(), rows=st.integers(1, 12))
def test_parquet_of_any_types_is_refused_or_accounted_for(
    tmp_path: Path, data: st.DataObject, damage: Damage, rows: int
) -> None:
    columns = {}
    for name, kinds in COLUMNS.items():
        kind = data.draw(kinds)
        values = data.draw(st.lists(VALUES[name], min_size=rows, max_size=rows))
        columns[name] = pa.array([_as(kind, value) for value in values], kind)
    path = tmp_path / "reviews.parquet"
    parquet.write_table(pa.table(columns), path)
    path.write_bytes(damage(path.read_bytes()))
    outcome(path)


def _as(kind: Any, value: Any) -> Any:
    """The value as the column can hold it; null where it cannot."""
    if value is None:
        return None
    if pa.types.is_binary(kind):
        return str(value).encode()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return str(value)
    try:
        return pa.scalar(value, kind).as_py()
    except (pa.ArrowInvalid, OverflowError):
        return None
