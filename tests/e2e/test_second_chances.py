"""Rejected dialogues are written again, and near-duplicates found, in a whole embedded run."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recdial.config_file import load_config
from recdial.domain import Role
from recdial.embedded import run_embedded
from recdial.llm.protocol import Completion
from recdial.run_folder import RunFolder
from recdial.store.progress import RunProgress
from services.generator.scripted.backend import ScriptedBackend
from tests import synthetic

USERS = 40
BAD = "[USR] Hi.\n[AI] Hello.\n[USR] And now?\n[AI] Nothing.\n[USR] Bye."


class BadAtFirst(ScriptedBackend):
    """Writes nonsense for the first attempts at some prompts; remembers what it was asked."""

    def __init__(self, bad_attempts: int) -> None:
        super().__init__()
        self.bad_attempts = bad_attempts
        self.asked: Counter[str] = Counter()
        self.systems: list[str] = []
        self.seeds: set[int | None] = set()

    async def complete(self, messages: Any, params: Any, adapter: Any = None) -> Completion:
        user = messages[-1].content
        self.asked[user] += 1
        self.systems.append(messages[0].content)
        self.seeds.add(params.seed)
        if self.asked[user] <= self.bad_attempts:
            return Completion(text=BAD, finish_reason="stop", model="scripted")
        return await super().complete(messages, params, adapter)


class OneText(ScriptedBackend):
    """Writes the same words for everybody, about the items of each."""

    async def complete(self, messages: Any, params: Any, adapter: Any = None) -> Completion:
        target = messages[-1].content.split("TARGET ITEM\n<id_")[1].split(">")[0]
        text = (
            "[USR] Good evening, may I ask you for a hint of yours?\n"
            "[AI] Certainly, is it for tonight or for the weekend?\n"
            "[USR] For tonight, and I want a story that carries me along.\n"
            f"[AI] Then <id_{target}> is the one I recommend to you.\n"
            "[USR] That sounds just right, many thanks."
        )
        return Completion(text=text, finish_reason="stop", model="scripted")


def run(tmp_path: Path, backend: Any, monkeypatch: Any, **filtering: Any) -> RunProgress:
    source = synthetic.write_source(tmp_path, users=USERS)
    monkeypatch.setattr("services.generator.backends.make_backend", lambda *_: backend)
    config = synthetic.config(
        tmp_path,
        source,
        distillation={"mode": "none", "teacher_share": 0.0},
        filtering=filtering,
    )
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return asyncio.run(run_embedded(load_config(path, []), RunFolder(tmp_path / "run")))


def rows(tmp_path: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(tmp_path / "run" / "recdial.db") as database:
        return database.execute(query).fetchall()


def test_a_rejected_prompt_is_written_again_with_a_hint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = BadAtFirst(1)
    progress = run(tmp_path, backend, monkeypatch, hints="both")
    student = progress.roles[Role.student]
    assert progress.state == "completed"
    assert set(backend.asked.values()) == {2}
    assert (student.first_pass, student.attempts) == (0, 2 * student.assigned)
    assert student.verdicts["accepted"] > 0.9 * student.assigned
    assert student.written == student.assigned
    assert student.first_reasons["target_not_recommended"] == student.assigned
    hinted = [system for system in backend.systems if "An earlier attempt" in system]
    assert len(hinted) == student.assigned
    assert all("recommends the target by its id" in system for system in hinted)
    assert len(backend.seeds) > student.assigned
    assert rows(tmp_path, "select attempt, final, count(*) from dialogues group by 1, 2") == [
        (1, 0, student.assigned),
        (2, 1, student.assigned),
    ]


def test_no_prompt_is_tried_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = BadAtFirst(99)
    progress = run(tmp_path, backend, monkeypatch, attempts=2)
    student = progress.roles[Role.student]
    assert progress.state == "completed"
    assert set(backend.asked.values()) == {2}
    assert student.verdicts == {"rejected": student.assigned}
    assert not any("An earlier attempt" in system for system in backend.systems)


def test_of_near_duplicates_the_lowest_id_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = dict.fromkeys(("stereotype_broken", "preference_contradicted"), "off")
    progress = run(tmp_path, OneText(), monkeypatch, rules=off)
    student = progress.roles[Role.student]
    assert progress.state == "completed"
    assert student.verdicts == {"accepted": 1, "rejected": student.assigned - 1}
    assert student.reasons == {"near_duplicate": student.assigned - 1}
    ((kept,),) = rows(tmp_path, "select id from dialogues where verdict = 'accepted'")
    assert [(kept,)] == rows(tmp_path, "select min(id) from dialogues")
    assert len((tmp_path / "run" / "dataset.jsonl").read_text().splitlines()) == 1
