"""The catalogues of runs, as judging needs them: all facts, and a linker of all names."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from recdial.domain import ItemFacts
from recdial.linking import Linker, well_known_films
from recdial.store import Store, items

_KEPT = 3
"""Runs a process judges at a time, mostly; a catalogue of 15,597 items takes some 100 MB."""


@dataclass(frozen=True)
class Catalogue:
    """What there is to know of a run's items."""

    items: Mapping[str, ItemFacts]
    linker: Linker


class Catalogues:
    """Catalogues by run, read once each: a run has all its items before its first profile."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[UUID, asyncio.Task[Catalogue]] = OrderedDict()

    async def get(self, run_id: UUID) -> Catalogue:
        """The catalogue of a run. Whoever asks while it is built waits for it."""
        found = self._kept.get(run_id)
        if found is None or (found.done() and (found.cancelled() or found.exception())):
            found = self._kept[run_id] = asyncio.create_task(self._read(run_id))
        self._kept.move_to_end(run_id)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return await asyncio.shield(found)

    async def _read(self, run_id: UUID) -> Catalogue:
        async with self._store.read() as session:
            found = await items.catalogue(session, run_id)
        return Catalogue({item.item_id: item for item in found}, await _linker(found))


async def _linker(found: list[ItemFacts]) -> Linker:
    return await asyncio.to_thread(Linker, found, well_known_films())
