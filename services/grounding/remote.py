"""Reading a file behind a URL from any byte on: HTTP by httpx, all else by fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from recdial.locations import text_without_secrets, without_secrets
from services.grounding.files import SourceError

CHUNK_BYTES = 1 << 20

_TIMEOUT = httpx.Timeout(30.0, read=120.0)
_TRANSIENT = frozenset({408, 425, 429})
_NO_HEAD = frozenset({403, 405, 501})
"""What servers answer to HEAD where GET may be well: 403 where a link is signed for GET."""

_BLOCK_BYTES = 32 << 20
"""What fsspec asks for at a time: each block of a file is a request of its own."""


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
        self._name = without_secrets(url)
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise SourceError(f"{self._name}: is not a URL: correct it in the config.") from error

    def version(self) -> Version:
        """By HEAD, or by a GET of one byte; see `Remote`."""
        with self._asked("HEAD", {}) as answer:
            if answer.status_code not in _NO_HEAD:
                self._check(answer)
                return Version(_whole_number(answer.headers.get("content-length")), _tag(answer))
        with self._asked("GET", {"Range": "bytes=0-0"}) as answer:
            self._check(answer)
            partial = answer.status_code == httpx.codes.PARTIAL_CONTENT
            size = answer.headers.get("content-range" if partial else "content-length", "")
            return Version(_whole_number(size.rpartition("/")[2]), _tag(answer))

    @contextmanager
    def read(self, start: int, version: Version) -> Iterator[tuple[int, Chunks]]:
        """By GET, with a range where that is safe; see `Remote`."""
        headers = {}
        if start:
            headers["Range"] = f"bytes={start}-"
            if version.tag and not version.tag.startswith("W/"):
                headers["If-Range"] = version.tag
        with self._asked("GET", headers) as answer:
            self._check(answer)
            goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT
            if goes_on:
                self._check_range(answer, start, version)
            yield (start if goes_on else 0), self._chunks(answer)

    def _chunks(self, answer: httpx.Response) -> Chunks:
        try:
            yield from answer.iter_raw()
        except httpx.TransportError as error:
            raise _interrupted(error) from error

    def _check_range(self, answer: httpx.Response, start: int, version: Version) -> None:
        """Raise SourceError unless the answer goes on with the bytes from `start` of the version.

        Not every server heeds If-Range.
        """
        tag = _tag(answer)
        if tag and version.tag and tag != version.tag:
            raise SourceError(f"{self._name}: changed while it was fetched. Run or resume again.")
        if not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
            raise SourceError(
                f"{self._name}: the server sends other bytes than it is asked for, so a transfer "
                "that broke off cannot go on. Download the file by hand."
            )

    @contextmanager
    def _asked(self, method: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        # Compressed on the way, a file has another size and ETag than the bytes that are kept.
        headers = {"Accept-Encoding": "identity", **headers}
        with httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
            request = client.build_request(method, self._url, headers=headers)
            try:
                answer = client.send(request, stream=True)
            except (httpx.TransportError, httpx.TooManyRedirects) as error:
                raise _interrupted(error) from error
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
            416: "it became shorter while it was fetched: run or resume again",
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
            self._system.invalidate_cache()  # file systems live, and remember, as long as a process
            found: dict[str, Any] = self._system.info(self._path)
        if found.get("type") == "directory":
            raise SourceError(f"{self._name}: is a folder. Name a file in it.")
        sha256 = getattr(found.get("lfs"), "sha256", None)
        tag = next((str(found[key]) for key in _TAGS if found.get(key)), None)
        return Version(found.get("size"), tag, sha256)

    @contextmanager
    def read(self, start: int, version: Version) -> Iterator[tuple[int, Chunks]]:
        """From anywhere; see `Remote`."""
        del version
        with self._explained():
            file = self._system.open(self._path, "rb", block_size=_BLOCK_BYTES)
        with file:
            yield start, self._chunks(file, start)

    def _chunks(self, file: Any, start: int) -> Chunks:
        with self._explained():
            file.seek(start)
        while chunk := self._chunk(file):
            yield chunk

    def _chunk(self, file: Any) -> bytes:
        with self._explained():
            chunk: bytes = file.read(CHUNK_BYTES)
        return chunk

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            token = " A private one needs HF_TOKEN." if self._is_on_hub else ""
            raise SourceError(
                f"{self._name}: there is no such file: correct the URL in the config.{token}"
            ) from error
        except (ValueError, NotImplementedError) as error:
            raise SourceError(
                f"{self._name}: cannot be opened ({_shown(error)}). Correct the URL in the config."
            ) from error
        except Exception as error:  # file systems raise what their clients do
            status = getattr(getattr(error, "response", None), "status_code", None)
            if isinstance(error, PermissionError) or status in (401, 403):
                token = "Ask for it on the file's page, and set HF_TOKEN."
                login = token if self._is_on_hub else "Log in as its client wants it."
                raise SourceError(f"{self._name}: access is refused. {login}") from error
            raise _interrupted(error) from error

    @property
    def _is_on_hub(self) -> bool:
        return self._name.startswith("hf://")


_TAGS = ("blob_id", "ETag", "etag", "md5Hash", "created", "mtime", "LastModified")


def _interrupted(error: Exception) -> Interrupted:
    return Interrupted(_shown(error))


def _shown(error: Exception) -> str:
    """An error of a client: its first line, which may quote a URL."""
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {text_without_secrets(first)}"


def _tag(answer: httpx.Response) -> str | None:
    found: str | None = answer.headers.get("etag") or answer.headers.get("last-modified")
    return found


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() else None
