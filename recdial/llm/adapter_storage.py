"""The folder of one adapter behind a URL: S3, Google Cloud, the Hugging Face Hub, fsspec's others.

Where a folder cannot appear by a rename, its marker is written last: a folder without one is an
upload that has not ended, and no adapter.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from recdial.llm.adapters import MARKER
from recdial.locations import text_without_secrets, without_secrets

_CHUNK_BYTES = 1 << 20
_BLOCK_BYTES = 32 << 20
"""What is asked for at a time: each block of a file is a request of its own."""

_RETRIES = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


class StorageUnavailable(Exception):
    """Storage cannot be reached or refuses access; it may work later."""


class StorageUnknown(Exception):
    """A URL that nothing installed here reads."""


class RemoteFolder:
    """One folder behind a URL. Every method raises StorageUnavailable."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet. Raises StorageUnknown."""
        self.shown = without_secrets(url)
        self._system, self._path = _file_system(url)

    def marked(self) -> dict[str, str] | None:
        """The files' SHA-256 by name, as the marker says; None where there is none (yet)."""
        with self._explained():
            self._system.invalidate_cache()  # file systems live, and remember, as a process does
            try:
                found = self._system.cat_file(self._at(MARKER))
            except FileNotFoundError:
                return None
            files: dict[str, str] = json.loads(found)["files"]
            return files

    def mark(self, files: dict[str, str]) -> None:
        """Say that the folder is complete."""
        with self._explained():
            self._system.pipe_file(self._at(MARKER), marker(files))

    def upload(self, source: Path) -> None:
        """Write a file of this machine under its name."""
        with self._explained():
            self._system.makedirs(self._path, exist_ok=True)  # object stores have no folders
            self._system.put_file(str(source), self._at(source.name))

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        with self._explained():
            self._system.invalidate_cache()
            return bool(self._system.exists(self._at(name)))

    def size(self, name: str) -> int:
        """Of a file, in bytes."""
        with self._explained():
            return int(self._system.info(self._at(name))["size"])

    def digest(self, name: str) -> str:
        """SHA-256 of a file, as it is read from there."""
        found = hashlib.sha256()
        for chunk in self._chunks(name):
            found.update(chunk)
        return found.hexdigest()

    def download(self, name: str, target: Path, advance: Callable[[int], None]) -> None:
        """Copy a file to this machine; `advance` is told of bytes as they come."""
        with target.open("wb") as file:
            for chunk in self._chunks(name):
                file.write(chunk)
                advance(len(chunk))
            file.flush()
            os.fsync(file.fileno())

    def _chunks(self, name: str) -> Iterator[bytes]:
        with self._explained():
            self._system.invalidate_cache()
            file = self._system.open(self._at(name), "rb", block_size=_BLOCK_BYTES)
        with file:
            while chunk := self._chunk(file):
                yield chunk

    def _chunk(self, file: Any) -> bytes:
        with self._explained():
            return bytes(file.read(_CHUNK_BYTES))

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # file systems raise what their clients do
            raise StorageUnavailable(f"{self.shown}: {shown_error(error)}") from error


def marker(files: dict[str, str]) -> bytes:
    """The marker of a folder with these files, by name, and their SHA-256."""
    return json.dumps({"files": files}, indent=2, sort_keys=True).encode() + b"\n"


def shown_error(error: Exception) -> str:
    """An error of a client: its first line, without the secrets of URLs in it."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text_without_secrets(first)}"


def _file_system(url: str) -> tuple[Any, str]:
    scheme = url.partition("://")[0]
    try:
        if scheme in ("s3", "gs"):
            return _object_store(url, scheme)
        import fsspec

        system, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise StorageUnknown(
            f"{without_secrets(url)}: {scheme}:// needs a package that is not installed ({error})"
        ) from error
    except ValueError as error:
        raise StorageUnknown(f"{without_secrets(url)}: {shown_error(error)}") from error
    return system, str(path).rstrip("/")


def _object_store(url: str, scheme: str) -> tuple[Any, str]:
    """S3 and Google Cloud by obstore, which reads `AWS_*` and `GOOGLE_*`, and needs no botocore."""
    from obstore.fsspec import FsspecStore

    plain = os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")
    options: dict[str, Any] = {"client_options": {"allow_http": plain}, "retry_config": _RETRIES}
    system = FsspecStore("s3", **options) if scheme == "s3" else FsspecStore("gs", **options)
    return system, url.partition("://")[2].rstrip("/")
