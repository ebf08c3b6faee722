"""Brings a file behind a URL to this machine, once; a transfer that broke off goes on.

Sources are read twice, the second time at places all over the file, so they are not read from the
network. The folder of copies may be shared: one process fetches, the others wait for it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urldefrag, urlsplit

import structlog
from filelock import FileLock
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from recdial.locations import without_secrets
from services.grounding.files import SourceError
from services.grounding.remote import Interrupted, Remote, Version, remote_file

log = structlog.get_logger(__name__)

TRIES = 6
"""A transfer that is interrupted so often without a byte in between is given up."""

_LONGEST_PAUSE_S = 30.0


def fetch(url: str, folder: Path, *, longest_pause_s: float = _LONGEST_PAUSE_S) -> Path:
    """The copy of a URL's file in `folder`, fetched where it is not there or out of date.

    `#sha256=…` at the end of the URL says what the bytes must be. Size and, where the server knows
    it, SHA-256 are verified too. If the server cannot be reached, a whole copy is used as it is.

    Raises SourceError that says what to do.
    """
    address, expected = _split(url)
    with _writing(folder):
        copy = _Copy(address, folder)
        with FileLock(f"{copy.path}.lock"):
            return copy.fetched(remote_file(address), expected, longest_pause_s)


_UNKNOWN = Version(None, None)
"""Of a server that says nothing about its file: the copy may always be out of date."""


@dataclass(frozen=True)
class _Held:
    """What a copy or a part is of; written beside it."""

    version: Version
    sha256: str | None = None
    """Of a copy."""


def _read_held(path: Path) -> _Held | None:
    try:
        found = json.loads(path.read_text())
        return _Held(Version(**found["version"]), found["sha256"])
    except (FileNotFoundError, ValueError, TypeError, KeyError):  # none, or cut as it was written
        return None


def _write_held(path: Path, held: _Held) -> None:
    path.write_text(json.dumps(asdict(held)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Copy:
    """One URL's place in the folder: the copy, or the part of it that is here, and of what."""

    def __init__(self, url: str, folder: Path) -> None:
        self._shown = without_secrets(url)
        name = PurePosixPath(urlsplit(url).path).name or "file"
        place = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
        place.mkdir(parents=True, exist_ok=True)
        self.path = place / name
        self._part = place / f"{name}.part"
        self._about_copy = place / f"{name}.json"
        self._about_part = place / f"{name}.part.json"

    def fetched(self, remote: Remote, expected: str | None, longest_pause_s: float) -> Path:
        held = _read_held(self._about_copy) if self.path.exists() else None
        try:
            version = self._retrying(longest_pause_s)(remote.version)
        except Interrupted as error:
            if not self.path.exists():
                raise self._gave_up(error) from error
            log.warning("source.offline", url=self._shown, copy=str(self.path), cause=str(error))
        else:
            if held is None or held.version != version or version == _UNKNOWN:
                return self._renewed(remote, version, expected, longest_pause_s)
        if expected:
            found = held.sha256 if held else _sha256(self.path)
            if found != expected:
                raise SourceError(
                    f"{self._shown}: the SHA-256 of its copy is {found}, not {expected}. Correct "
                    f"#sha256= in the config; to fetch it anew, delete {self.path}."
                )
        return self.path

    def _renewed(
        self, remote: Remote, version: Version, expected: str | None, longest_pause_s: float
    ) -> Path:
        """The copy, of this version."""
        part = _read_held(self._about_part)
        if part is None or part.version != version:
            self._part.unlink(missing_ok=True)
            _write_held(self._about_part, _Held(version))
        self._part.touch()  # what is transferred may be nothing
        self._transfer(remote, version, longest_pause_s)
        found = self._verified(version, expected)
        # Whenever this is killed, a copy is never said to be of another version than it is.
        self._about_copy.unlink(missing_ok=True)
        os.replace(self._part, self.path)
        _write_held(self._about_copy, _Held(version, found))
        self._about_part.unlink(missing_ok=True)
        log.info("source.fetched", url=self._shown, copy=str(self.path), sha256=found)
        return self.path

    def _transfer(self, remote: Remote, version: Version, longest_pause_s: float) -> None:
        with _progress(self.path.name, version.size) as advance:
            while True:
                before = self._here
                try:
                    self._retrying(longest_pause_s)(self._go_on, remote, version, advance)
                except Interrupted as error:
                    if self._here == before:
                        raise self._gave_up(error) from error
                else:
                    return

    def _go_on(self, remote: Remote, version: Version, advance: _Advance) -> None:
        """Add to the part what it lacks. Raises Interrupted."""
        if version.size is not None and self._here >= version.size:
            return
        # Without a size it cannot be told whether what is here is all there is.
        here = self._here if version.size is not None else 0
        with remote.read(here, version) as (start, chunks), self._part.open("ab") as part:
            part.truncate(start)
            advance(start)
            for chunk in chunks:
                part.write(chunk)
                advance(part.tell())
            part.flush()
            os.fsync(part.fileno())
        if version.size is not None and self._here < version.size:
            raise Interrupted(f"{self._here:,} of {version.size:,} bytes came")

    def _verified(self, version: Version, expected: str | None) -> str:
        """The part's SHA-256. Raises SourceError if it or the size is not what it must be."""
        size = self._here
        if version.size is not None and size != version.size:
            self._part.unlink()
            raise SourceError(
                f"{self._shown}: {size:,} bytes came, and the server says it has "
                f"{version.size:,}. Run again: the file is fetched anew."
            )
        found = _sha256(self._part)
        wanted = {sha256.lower() for sha256 in (version.sha256, expected) if sha256}
        if wanted - {found}:
            self._part.unlink()
            raise SourceError(
                f"{self._shown}: its SHA-256 is {found}, not {' or '.join(sorted(wanted))}. Run "
                "again, or correct the URL or its #sha256= if the file was replaced."
            )
        return found

    @property
    def _here(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _gave_up(self, error: Interrupted) -> SourceError:
        kept = f" The {self._here:,} bytes that came are kept." if self._here else ""
        return SourceError(
            f"{self._shown}: could not be fetched ({error}).{kept} Run or resume again when the "
            "server can be reached, or give the path of a copy."
        )

    def _retrying(self, longest_pause_s: float) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(Interrupted),
            wait=wait_random_exponential(max=longest_pause_s),
            stop=stop_after_attempt(TRIES),
            before_sleep=self._note,
            reraise=True,
        )

    def _note(self, state: RetryCallState) -> None:
        cause = str(state.outcome.exception()) if state.outcome else ""
        log.warning("source.interrupted", url=self._shown, bytes=self._here, cause=cause)


class _Advance:
    """Shows how far a transfer is: a bar on a terminal, and a line for each tenth elsewhere."""

    def __init__(self, name: str, size: int | None, bar: Progress) -> None:
        self._name, self._size, self._bar = name, size, bar
        self._task = bar.add_task(name, total=size)
        self._tenth = 0

    def __call__(self, here: int) -> None:
        self._bar.update(self._task, completed=here)
        if self._size and not self._bar.console.is_terminal:
            tenth = 10 * here // self._size
            if tenth > self._tenth:
                log.info("source.fetching", file=self._name, bytes=here, of=self._size)
            self._tenth = tenth


@contextmanager
def _progress(name: str, size: int | None) -> Iterator[_Advance]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield _Advance(name, size, bar)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"{folder}: a copy cannot be written: {error.strerror or error}. Make room, or "
            "name another folder in RECDIAL_SOURCES."
        ) from error


def _split(url: str) -> tuple[str, str | None]:
    address, fragment = urldefrag(url)
    if not fragment:
        return address, None
    name, _, value = fragment.partition("=")
    if name != "sha256" or len(value) != 64 or not set(value.lower()) <= set("0123456789abcdef"):
        raise SourceError(
            f"{without_secrets(address)}: #{fragment} is not understood: write #sha256= and 64 "
            "hexadecimal digits."
        )
    return address, value.lower()
