"""A trainer that is killed: another goes on from its last checkpoint, and publishes once."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from recdial.contracts import TeacherCompleted
from recdial.domain import Role, Turn, Verdict
from recdial.store import dialogues, prompts, runs
from recdial.store.dialogues import NewVerdict
from tests.processes import Cluster, ServiceProcess, cluster, until
from tests.synthetic import scripted_config
from tests.tiny_llama import save_tiny_llama

pytest.importorskip("trl", reason="fine-tuning needs trl")

DIALOGUES = 6
STEPS = 60
CHECKPOINT_EVERY = 10
LEASE_S = "4"


class Training:
    """The training of one run, as the database and the shared folder show it."""

    def __init__(self, place: Cluster, base: Path) -> None:
        self.place = place
        self.run_id = uuid4()
        config = scripted_config(
            "takeover",
            student={"backend": "local", "model": str(base)},
            distillation={
                "teacher_share": 1.0,
                "min_examples": DIALOGUES,
                "max_steps": STEPS,
                "batch_size": 1,
                "lora_rank": 4,
                "checkpoint_every": CHECKPOINT_EVERY,
                "threads": 1,
            },
        )
        place.store(lambda session: runs.create(session, self.run_id, config))
        place.store(self._write_teachers_dialogues)

    async def _write_teachers_dialogues(self, session: AsyncSession) -> None:
        """The run as it is when the teacher is done: all of its dialogues are accepted."""
        ids = [uuid4() for _ in range(DIALOGUES)]
        rows = [
            {
                "id": prompt_id,
                "run_id": self.run_id,
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
        await runs.set_grounded(session, self.run_id, DIALOGUES, {})
        run = await runs.get(session, self.run_id, lock=True)
        assert await prompts.assign(session, run, Role.teacher, 1.0) == DIALOGUES
        turns = (Turn(speaker="user", text="Any film?"), Turn(speaker="assistant", text="One."))
        await dialogues.add_verdicts(
            session,
            [
                NewVerdict(
                    dialogue_id=uuid4(),
                    run_id=self.run_id,
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


def worker_of(trainers: list[ServiceProcess], worker: str) -> ServiceProcess:
    [found] = [trainer for trainer in trainers if f"-{trainer.pid}-" in worker]
    return found


def events(process: ServiceProcess, name: str) -> list[dict[str, object]]:
    """What a process logged under a name."""
    lines = [line for line in process.log.read_text().splitlines() if line.startswith("{")]
    return [entry for entry in map(json.loads, lines) if entry["event"] == name]


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_a_killed_trainers_job_is_finished_by_another(tmp_path: Path) -> None:
    base = save_tiny_llama(tmp_path / "tiny")
    with cluster(tmp_path) as place:
        place.migrate()
        trainers = [place.start("trainer", RECDIAL_LEASE_S=LEASE_S) for _ in range(2)]
        for process in (*trainers, place.start("prompter")):
            process.ready()
        training = Training(place, base)
        place.publish(TeacherCompleted(run_id=training.run_id))

        # Loading torch and trl is what takes long, on a machine that does other things too.
        until(training.sealed, "the first checkpoint is complete", 150)
        killed = worker_of(trainers, training.job()[2])
        killed.kill()
        known = max(training.sealed())
        assert place.count("adapters") == 0

        until(lambda: training.job()[0] == "done", "another trainer finishes it", 120)
        _, fence, worker = training.job()
        assert fence == 2
        survivor = worker_of(trainers, worker)
        assert survivor is not killed
        assert [event["step"] for event in events(survivor, "training.resumed")] == [known]

        ((adapter_id, result),) = place.rows("select id, training from adapters")
        assert (result["resumed_at"], result["steps"]) == (known, STEPS)
        assert len(result["loss_curve"]) == STEPS
        assert result["final_loss"] < result["loss_curve"][0]
        artifacts = place.folder / "artifacts"
        assert [path.name for path in (artifacts / "adapters").iterdir()] == [adapter_id]
        assert list((artifacts / "checkpoints").iterdir()) == []
        assert_published_once(place, training.run_id)


def assert_published_once(place: Cluster, run_id: UUID) -> None:
    """Nobody takes the student's prompts here, so they can be counted."""
    until(
        lambda: place.depth("generator.prompt.student") == DIALOGUES,
        "the student's prompts are released",
    )
    release = "select state, fence from jobs where run_id = :run and kind = 'release-student'"
    until(lambda: place.rows(release, run=run_id) == [("done", 1)], "the release ends")
    assert place.depth("generator.prompt.student") == DIALOGUES
