"""Run configurations, read once: a run's configuration never changes."""

from __future__ import annotations

from uuid import UUID

from recdial.settings import RunConfig
from recdial.store import runs
from recdial.store.database import Store


class RunConfigs:
    """The configurations of the runs a process works for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._configs: dict[UUID, RunConfig] = {}

    async def get(self, run_id: UUID) -> RunConfig:
        """The run's configuration. Raises RunUnknown."""
        if run_id not in self._configs:
            async with self._store.read() as session:
                self._configs[run_id] = await runs.config(session, run_id)
        return self._configs[run_id]
