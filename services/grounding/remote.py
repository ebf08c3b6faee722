"""Reading a file behind a URL from any byte on: HTTP by httpx, all else by fsspec."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from recdial.locations import without_secrets
from services.grounding.files import SourceError

CHUNK_BYTES = 1 << 20

_TIMEOUT = httpx.Timeout(30.0, read=120.0)
_TRANSIENT = frozenset({408, 425, 429})


class Interrupted(Exception):
    """The transfer broke off, or the server cannot answer just now: it may later."""


@dataclass(frozen=True)
class Version:
    """Which bytes a URL stands for now."""

    size: int | None
    """In bytes, if the server says."""
    tag: str | None
    """Changes with the bytes (an ETag, a commit's blob); None if the server has no such thing."""
    sha256: str | None = None
    """Of the bytes, where the server knows it (large files of the Hugging Face Hub)."""


class Remote(Protocol):
    """A file behind a URL."""

    def version(self) -> Version:
        """Ask which bytes there are. Raises Interrupted, and SourceError where asking is vain."""

    def read(self, start: int, version: Version) -> AbstractContextManager[tuple[int, Chunks]]:
        """The bytes from `start` on, and where they really start: 0 if they must be read anew.

        Raises as `version` does, also while the chunks are read.
        """


Chunks = Iterator[bytes]


def remote_file(url: str) -> Remote:
    """What reads a URL. Raises SourceError for one that nothing here reads."""
    if url.startswith(("http://", "https://")):
        return HttpFile(url)
    return FsspecFile(url)


class HttpFile:
    """A file on a web server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._name = without_secrets(url)

    def version(self) -> Version:
        """By HEAD; see `Remote`."""
        with self._asked("HEAD", {}) as answer:
            if answer.status_code in (405, 501):
                return Version(None, None)
            self._check(answer)
            size = answer.headers.get("content-length", "")
            tag = answer.headers.get("etag") or answer.headers.get("last-modified")
            return Version(int(size) if size.isdecimal() else None, tag)

    @contextmanager
    def read(self, start: int, version: Version) -> Iterator[tuple[int, Chunks]]:
        """By GET, with a range where that is safe; see `Remote`."""
        headers = {"Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
            if version.tag and not version.tag.startswith("W/"):
                headers["If-Range"] = version.tag
        with self._asked("GET", headers) as answer:
            self._check(answer)
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
            yield (start if goes_on else 0), self._chunks(answer)

    def _chunks(self, answer: httpx.Response) -> Chunks:
        try:
            yield from answer.iter_raw()
        except httpx.TransportError as error:
            raise Interrupted(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def _asked(self, method: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
            request = client.build_request(method, self._url, headers=headers)
            try:
                answer = client.send(request, stream=True)
            except (httpx.TransportError, httpx.TooManyRedirects) as error:
                raise Interrupted(f"{type(error).__name__}: {error}") from error
            try:
                yield answer
            finally:
                answer.close()

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if answer.is_success:
            return
        if status in _TRANSIENT or status >= 500:
            raise Interrupted(f"the server answered {status}")
        what = {
            401: "it wants a login, and none can be given: download the file by hand",
            403: "it refuses access: see whether the link has run out, or download it by hand",
            404: "there is no such file: correct the URL in the config",
        }.get(status, f"the server answered {status}: open it in a browser to see why")
        raise SourceError(f"{self._name}: {what}.")


class FsspecFile:
    """A file in any file system fsspec has: `hf://`, `s3://`, `gs://`, …"""

    def __init__(self, url: str) -> None:
        scheme = url.partition("://")[0]
        self._name = without_secrets(url)
        try:
            import fsspec

            self._system, self._path = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise SourceError(
                f"{self._name}: {scheme}:// needs a package that is not installed ({error})."
            ) from error
        except ValueError as error:
            raise SourceError(f"{self._name}: {scheme}:// is not known ({error}).") from error

    def version(self) -> Version:
        """By the file system's own description; see `Remote`."""
        with self._explained():
            found: dict[str, Any] = self._system.info(self._path)
        large = found.get("lfs")
        sha256 = getattr(large, "sha256", None) or (
            large.get("sha256") if isinstance(large, dict) else None
        )
        tag = next((str(found[key]) for key in _TAGS if found.get(key)), None)
        return Version(found.get("size"), tag, sha256)

    @contextmanager
    def read(self, start: int, version: Version) -> Iterator[tuple[int, Chunks]]:
        """From anywhere; see `Remote`."""
        del version
        with self._explained(), self._system.open(self._path, "rb") as file:
            file.seek(start)
            yield start, iter(lambda: file.read(CHUNK_BYTES), b"")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise SourceError(
                f"{self._name}: there is no such file: correct the URL in the config. A file of a "
                "private or gated repository needs HF_TOKEN."
                if self._name.startswith("hf://")
                else f"{self._name}: there is no such file: correct the URL in the config."
            ) from error
        except PermissionError as error:
            raise SourceError(f"{self._name}: access is refused ({error}).") from error
        except OSError as error:  # what fsspec's file systems raise of their networks
            if error.errno is not None and os.strerror(error.errno) == error.strerror:
                raise  # this machine's own, such as a full disk
            raise Interrupted(f"{type(error).__name__}: {error}") from error


_TAGS = ("blob_id", "ETag", "etag", "md5Hash", "created", "mtime", "LastModified")
