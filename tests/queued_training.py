"""A run whose teacher is done: what is left is to train its student."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import TeacherCompleted
from recdial.domain import Role, Turn, Verdict
from recdial.settings import RunConfig
from recdial.store import dialogues, prompts, runs
from recdial.store.dialogues import NewVerdict
from tests.processes import Cluster
from tests.synthetic import scripted_config

DIALOGUES = 6


def training_config(base: Path, **distillation: Any) -> RunConfig:
    """A configuration that trains a model in one thread; `distillation` is added to it."""
    return scripted_config(
        "training",
        student={"backend": "local", "model": str(base)},
        distillation={
            "mode": "lora",
            "teacher_share": 1.0,
            "min_examples": DIALOGUES,
            "batch_size": 1,
            "lora_rank": 4,
            "threads": 1,
            **distillation,
        },
    )


async def write_teachers_part(session: AsyncSession, run_id: UUID, config: RunConfig) -> None:
    """A run as it is when the teacher is done: all of its dialogues are accepted."""
    await runs.create(session, run_id, config)
    ids = [uuid4() for _ in range(DIALOGUES)]
    rows = [
        {
            "id": prompt_id,
            "run_id": run_id,
            "user_id": f"user-{number}",
            "history_number": 0,
            "stereotype": "curious_newcomer",
            "template_version": "1",
            "messages": [{"role": "user", "content": f"Write about <id_{number}>."}],
            "item_ids": [str(number)],
            "history": [],
            "history_shown": False,
            "target_item_id": str(number),
            "target_rating": 5.0,
            "target_liked": True,
            "draw": number,
        }
        for number, prompt_id in enumerate(ids)
    ]
    await prompts.add(session, rows)
    await runs.set_grounded(session, run_id, DIALOGUES, {})
    run = await runs.get(session, run_id, lock=True)
    assert await prompts.assign(session, run, Role.teacher, 1.0) == DIALOGUES
    turns = (Turn(speaker="user", text="Any film?"), Turn(speaker="assistant", text="One."))
    await dialogues.add_verdicts(
        session,
        [
            NewVerdict(
                dialogue_id=uuid4(),
                run_id=run_id,
                prompt_id=prompt_id,
                role=Role.teacher,
                attempt=1,
                turns=turns,
                verdict=Verdict.accepted,
                reasons=(),
            )
            for prompt_id in ids
        ],
    )


class QueuedTraining:
    """The training of one run, as the database and the shared folder show it."""

    def __init__(self, place: Cluster, base: Path, **distillation: Any) -> None:
        """Fill the store."""
        self.place = place
        self.run_id = uuid4()
        config = training_config(base, **distillation)
        place.store(lambda session: write_teachers_part(session, self.run_id, config))

    def request(self) -> None:
        """Tell the trainers that the teacher is done."""
        self.place.publish(TeacherCompleted(run_id=self.run_id))

    def job(self) -> tuple[str, int, str]:
        """State, fence and worker."""
        ((state, fence, worker),) = self.place.rows(
            "select state, fence, worker from jobs where kind = 'train'"
        )
        return state, fence, worker

    def sealed(self) -> list[int]:
        """The steps of the complete checkpoints."""
        folder = self.place.folder / "artifacts" / "checkpoints" / str(self.run_id)
        return [
            int(path.name.removesuffix(".seal.json").split("-")[1])
            for path in folder.glob("attempt-*/checkpoint-*.seal.json")
        ]
