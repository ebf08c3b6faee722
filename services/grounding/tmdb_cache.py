"""What TMDB answered, kept on disk: nothing is asked twice, and a killed run goes on from here."""

from __future__ import annotations

import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

from services.grounding.files import SourceError

Answer: TypeAlias = dict[str, Any]

NOTHING_KEPT_S = 30 * 24 * 3600.0
"""That TMDB has nothing is believed so long: films are added to it. What it has is kept."""


class AnswerCache:
    """Answers by request, in one SQLite file; several processes may use it at once.

    An answer is there for good once `put` has returned, whatever happens to the process.
    """

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        """Open or make the cache. Raises SourceError if the folder cannot be written."""
        self.path = folder / "answers.sqlite"
        self._now = now
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS answers "
                "(request TEXT PRIMARY KEY, answer BLOB, fetched_at REAL NOT NULL) WITHOUT ROWID"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def get(self, request: str) -> tuple[bool, Answer | None]:
        """Whether the answer is known, and the answer; None says that TMDB has nothing."""
        with self._explained():
            row = self._database.execute(
                "SELECT answer, fetched_at FROM answers WHERE request = ?", (request,)
            ).fetchone()
            if row is None:
                return False, None
            answer, fetched_at = row
            if answer is None:
                return self._now() - fetched_at < NOTHING_KEPT_S, None
            found: Answer = json.loads(zlib.decompress(answer))
            return True, found

    def put(self, request: str, answer: Answer | None) -> None:
        """Keep an answer; None where TMDB has nothing."""
        body = None if answer is None else zlib.compress(json.dumps(answer).encode())
        with self._explained():
            self._database.execute(
                "INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (request, body, self._now())
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, zlib.error, ValueError) as error:
            raise SourceError(
                f"{self.path}: TMDB's answers cannot be kept there: {error}. Make room, remove the "
                "file if it is damaged, or name another folder in RECDIAL_TMDB_CACHE."
            ) from error
