"""A large file read in processes gives what the same file gives in threads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.grounding.files import SourceError
from services.grounding.rows import ReadReport
from services.grounding.sources import pieces, rowfile
from services.grounding.sources.amazon2023 import amazon2023
from services.grounding.sources.pieces import piece_at


def review(number: int) -> str:
    row = {"user_id": f"u{number % 7}", "parent_asin": f"i{number % 5}", "rating": 1 + number % 5}
    return json.dumps(
        {**row, "timestamp": 10**12 + number, "title": "", "text": "x" * (number % 90)}
    )


def read(path: Path) -> tuple[list[tuple[str, str, int]], ReadReport]:
    report = ReadReport(str(path), 0.5)
    rows = [
        (user, item, time)
        for batch in amazon2023(path).batches(report)
        for user, item, time in zip(
            batch.users.to_pylist(), batch.items.to_pylist(), batch.timestamps, strict=True
        )
    ]
    return rows, report


def test_processes_find_what_threads_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "reviews.jsonl"
    lines = [review(number) for number in range(20_000)]
    lines[3_000], lines[9_000] = "{broken", ""
    lines[15_000] = json.dumps({"user_id": 7, "parent_asin": "i1"})
    path.write_text("\ufeff" + "\n".join(lines))
    expected = read(path)
    monkeypatch.setattr(rowfile, "LARGE_BYTES", 1)
    found = read(path)
    assert found == expected
    assert (found[1].good, found[1].bad, found[1].blank) == (19_997, 2, 1)
    assert [example.where for example in found[1].faults.examples] == ["line 3001", "line 15001"]


def test_an_error_in_a_process_is_told_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reviews.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * (pieces.MAX_LINE_BYTES + 10))
    monkeypatch.setattr(rowfile, "LARGE_BYTES", 1)
    with pytest.raises(SourceError, match="line 1 is longer than"):
        read(path)


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda line: line.replace(b"\n", b"")), max_size=30),
    ended=st.booleans(),
    size=st.integers(min_value=1, max_value=40),
)
def test_pieces_of_a_file_hold_each_line_once(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, size: int
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "lines"
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    if data.startswith(b"\xef\xbb\xbf"):
        data = b"x" + data
    path.write_bytes(data)
    found = [piece_at(path, start, start + size) for start in range(0, len(data), size)]
    assert b"".join(bytes(piece.data) for piece in found) == data
    for piece in found:
        assert data[piece.offset : piece.offset + len(piece.data)] == bytes(piece.data)
        assert piece.offset == 0 or not piece.data or data[piece.offset - 1 : piece.offset] == b"\n"
