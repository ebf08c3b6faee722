"""The folder an embedded run leaves behind, and the lock that keeps it one process's at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from recdial.config_file import ConfigError, differences, dump_config, load_config
from recdial.settings import PHASES, RunConfig


class FolderInUse(Exception):
    """Another process works on the run in this folder."""


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run are."""

    path: Path

    @property
    def database(self) -> Path:
        """The run's store (SQLite)."""
        return self.path / "recdial.db"

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "run.yaml"

    @property
    def dataset(self) -> Path:
        """The accepted dialogues, one a line."""
        return self.path / "dataset.jsonl"

    @property
    def report(self) -> Path:
        """The report to read."""
        return self.path / "report.html"

    @property
    def report_json(self) -> Path:
        """The report's numbers."""
        return self.path / "report.json"

    @property
    def log(self) -> Path:
        """What the services logged, one JSON object a line."""
        return self.path / "run.log"

    @property
    def traces(self) -> Path:
        """The spans, one JSON object a line, where they are asked for."""
        return self.path / "traces.jsonl"

    @property
    def url(self) -> str:
        """The store's address for SQLAlchemy."""
        return f"sqlite+aiosqlite:///{self.database.resolve()}"

    def claim(self, config: RunConfig) -> None:
        """Write the configuration, or see that the folder holds this run. Raises ConfigError.

        `until` may be above that of the folder, which then has the new one.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        if self.config.exists():
            held = load_config(self.config)
            changed = differences(held.model_copy(update={"until": config.until}), config)
            if changed:
                raise ConfigError(
                    "\n".join(
                        [
                            f"{self.path} holds a run with another configuration; use another "
                            "--out, or remove the folder to start again. What differs:",
                            *(f"  {line}" for line in changed),
                        ]
                    )
                )
            if PHASES.index(config.until) < PHASES.index(held.until):
                raise ConfigError(
                    f"{self.path} holds a run until {held.until}, and until can be raised, not "
                    f"lowered to {config.until}: leave it at {held.until}, or use another --out"
                )
            if held.until == config.until:
                return
        partial = self.config.with_suffix(".partial")
        partial.write_text(dump_config(config), encoding="utf-8")
        os.replace(partial, self.config)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder. The lock ends with the process, however it ends. Raises FolderInUse."""
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout:
            raise FolderInUse(
                f"another process is running the run in {self.path}; wait for it or stop it"
            ) from None
