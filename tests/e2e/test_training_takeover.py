"""A trainer that is killed: another goes on from its last checkpoint, and publishes once."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from tests.processes import Cluster, ServiceProcess, cluster, until
from tests.queued_training import DIALOGUES, QueuedTraining
from tests.tiny_llama import save_tiny_llama

pytest.importorskip("trl", reason="fine-tuning needs trl")

STEPS = 60
CHECKPOINT_EVERY = 10
LEASE_S = "4"


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
        training = QueuedTraining(place, base, max_steps=STEPS, checkpoint_every=CHECKPOINT_EVERY)
        training.request()

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
