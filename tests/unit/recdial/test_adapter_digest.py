"""The digest of an adapter's folder, and what its URI names."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.llm.adapters import adapter_folder, directory_digest

NAMES = st.sampled_from(["a", "b", "a b", "sub/a", "sub/b", "ü"])
FILES = st.dictionaries(NAMES, st.binary(max_size=8), max_size=5)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@given(FILES, FILES)
def test_folders_have_the_same_digest_exactly_if_they_have_the_same_files(
    first: dict[str, bytes], second: dict[str, bytes]
) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        same = directory_digest(write(Path(one), first)) == directory_digest(
            write(Path(other), dict(reversed(second.items())))
        )

    assert same == (first == second)


def test_times_and_permissions_do_not_matter(tmp_path: Path) -> None:
    before = directory_digest(write(tmp_path, {"a": b"1"}))

    os.utime(tmp_path / "a", (0, 0))
    (tmp_path / "a").chmod(0o600)

    assert directory_digest(tmp_path) == before


@pytest.mark.parametrize("name", ["plain", "with space", "per%cent", "ü#?"])
def test_a_file_url_names_the_folder_it_was_made_from(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name

    assert adapter_folder(folder.as_uri()) == folder


def test_a_plain_path_is_itself() -> None:
    assert adapter_folder("adapters/run-1") == Path("adapters/run-1")
    assert adapter_folder("/adapters/run 1%20") == Path("/adapters/run 1%20")


@pytest.mark.parametrize("uri", ["s3://bucket/a", "file://otherhost/a", "https://host/a"])
def test_any_other_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="neither a path nor a file:// URL"):
        adapter_folder(uri)
