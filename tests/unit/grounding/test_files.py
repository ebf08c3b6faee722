from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.grounding.files import MAX_LINE_BYTES, SourceError, check_file, read_lines


def test_a_missing_file_is_named_with_its_config_key(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.jsonl: there is no such file.*source\.tmdb"):
        check_file(tmp_path / "nothing.jsonl", "source.tmdb", (".jsonl",))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        check_file(tmp_path, "source.tmdb", (".jsonl",))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.touch()
    with pytest.raises(SourceError, match="is empty"):
        check_file(path, "source.reviews", (".jsonl",))


def test_an_unknown_extension_is_refused_with_those_allowed(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("a,b\n")
    with pytest.raises(SourceError, match=r"must end in \.jsonl, \.parquet"):
        check_file(path, "source.reviews", (".jsonl", ".parquet"))


def test_a_pipe_is_refused_because_files_are_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    os.mkfifo(path)
    with pytest.raises(SourceError, match="not a regular file"):
        check_file(path, "source.reviews", (".jsonl",))


def test_extensions_are_known_in_capitals_too(tmp_path: Path) -> None:
    path = tmp_path / "R.JSONL"
    path.write_text("{}\n")
    check_file(path, "source.reviews", (".jsonl",))


def test_a_file_that_may_not_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl: cannot be read: No such file"):
        list(read_lines(tmp_path / "gone.jsonl"))


def test_a_line_without_end_is_refused_instead_of_filling_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"{}\n" + b"x" * (MAX_LINE_BYTES + 1))
    lines = read_lines(path)
    assert next(lines) == b"{}\n"
    with pytest.raises(SourceError, match="line 2 is longer than 16 MiB"):
        next(lines)
