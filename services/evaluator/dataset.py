"""The accepted dialogues of a run as records, read from the store page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import UUID

from recdial.domain import ItemFacts, Role, Turn, Verdict
from recdial.store import Store, adapters, dialogues, items, models, runs
from recdial.store.dialogues import Written
from services.evaluator.export.jsonl import write_jsonl
from services.evaluator.records import DialogueRecord

_PAGE = 500


async def export_dataset(store: Store, run_id: UUID, role: Role, path: Path) -> int:
    """Write a role's accepted dialogues as JSONL, in the order of release; how many there are.

    Bounded memory: a page of dialogues at a time. The file appears whole or not at all.
    """
    async with store.read() as session:
        run = await runs.get(session, run_id)
    loop = asyncio.get_running_loop()

    def records() -> Iterator[DialogueRecord]:
        after = 0
        while True:
            page, after = asyncio.run_coroutine_threadsafe(
                _page(store, run, role, after), loop
            ).result()
            if not page:
                return
            yield from page

    return await asyncio.to_thread(write_jsonl, records(), path)


async def record_of(store: Store, run: models.Run, written: Written) -> DialogueRecord:
    """One dialogue as a record."""
    (record,) = await _records(store, run, [written])
    return record


async def _page(
    store: Store, run: models.Run, role: Role, after: int
) -> tuple[list[DialogueRecord], int]:
    async with store.read() as session:
        page = await dialogues.written(
            session, run.id, role, verdict=Verdict.accepted, after=after, limit=_PAGE
        )
    last = page[-1].assignment.ordinal if page else after
    return await _records(store, run, page), last


async def _records(store: Store, run: models.Run, page: list[Written]) -> list[DialogueRecord]:
    mentioned = {
        item_id
        for written in page
        for item_id in (*_mentioned(written), written.prompt.target_item_id)
    }
    async with store.read() as session:
        facts = await items.facts(session, run.id, mentioned)
        adapter = await adapters.of_run(session, run.id)
    return [_record(run, written, facts, adapter) for written in page]


def _record(
    run: models.Run,
    written: Written,
    facts: Mapping[str, ItemFacts],
    adapter: models.Adapter | None,
) -> DialogueRecord:
    prompt, dialogue, completion = written.prompt, written.dialogue, written.completion
    if completion is None:
        raise LookupError(f"dialogue {dialogue.id} was never written")
    target = facts[prompt.target_item_id]
    with_adapter = completion.adapter_id is not None and adapter is not None
    return DialogueRecord.model_validate(
        {
            "dialogue_id": str(dialogue.id),
            "prompt_id": str(prompt.id),
            "user_id": prompt.user_id,
            "history_number": prompt.history_number,
            "stereotype": prompt.stereotype,
            "role": dialogue.role,
            "turns": [Turn.model_validate(turn) for turn in dialogue.turns],
            "target": {
                "item_id": target.item_id,
                "title": target.title,
                "year": target.year,
                "rating": prompt.target_rating,
                "liked": prompt.target_liked,
            },
            "history": prompt.history,
            "history_shown": prompt.history_shown,
            "items": {
                item_id: _titled(facts[item_id])
                for item_id in _mentioned(written)
                if item_id in facts
            },
            "provenance": {
                "run_id": str(run.id),
                "run_name": run.name,
                "config_digest": run.config_digest,
                "template_version": prompt.template_version,
                "backend": completion.backend,
                "model": completion.model,
                "adapter_id": completion.adapter_id,
                "adapter_sha256": completion.adapter_sha256,
                "base_model": adapter.base_model if with_adapter and adapter else None,
                "sampling": completion.sampling,
                "attempt": completion.attempt,
                "finish_reason": completion.finish_reason,
                "generated_at": completion.created_at,
            },
        }
    )


def _mentioned(written: Written) -> list[str]:
    return list(dict.fromkeys(item for turn in written.dialogue.turns for item in turn["items"]))


def _titled(item: ItemFacts) -> str:
    return f"{item.title} ({item.year})" if item.year is not None else item.title
