"""Run configurations, read once: a run's configuration never changes, but for `until`."""

from __future__ import annotations

from uuid import UUID

from recdial.settings import PHASES, RunConfig
from recdial.store import runs
from recdial.store.database import Store


class RunConfigs:
    """The configurations of the runs a process works for.

    `until` may be raised (`runs.extend`), so a run that is not to do its last phase is read anew.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._configs: dict[UUID, RunConfig] = {}

    async def get(self, run_id: UUID) -> RunConfig:
        """The run's configuration. Raises RunUnknown."""
        if run_id in self._configs:
            return self._configs[run_id]
        async with self._store.read() as session:
            found = await runs.config(session, run_id)
        if found.until == PHASES[-1]:
            self._configs[run_id] = found
        return found
