"""A trainer that ends when there is nothing to train, and what it published fetched elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from recdial.llm.adapters import directory_digest
from recdial.store import jobs
from tests.processes import Cluster, cluster
from tests.queued_training import QueuedTraining
from tests.tiny_llama import save_tiny_llama

pytest.importorskip("trl", reason="fine-tuning needs trl")

STEPS = 2


@pytest.mark.timeout(300)
def test_it_trains_what_is_queued_publishes_to_a_url_and_ends(tmp_path: Path) -> None:
    base = save_tiny_llama(tmp_path / "tiny")
    storage = tmp_path / "storage"
    storage.mkdir()
    with cluster(tmp_path) as place:
        place.migrate()
        place.environment |= {
            "RECDIAL_ARTIFACTS": f"local://{storage}",
            "RECDIAL_CHECKPOINTS": str(tmp_path / "checkpoints"),
        }
        training = QueuedTraining(place, base, max_steps=STEPS)
        place.store(lambda session: jobs.add(session, training.run_id, jobs.JobName.train))

        assert place.start("trainer", "--once").wait(240) == 0

        assert training.job()[0] == "done"
        ((adapter_id, uri, sha256),) = place.rows("select id, uri, sha256 from adapters")
        assert uri == f"local://{storage}/adapters/{adapter_id}"
        assert directory_digest(storage / "adapters" / adapter_id) == sha256
        assert not list((tmp_path / "checkpoints").glob("*"))
        _is_fetched_and_damage_is_found(place, training, adapter_id, sha256, storage)


def _is_fetched_and_damage_is_found(
    place: Cluster, training: QueuedTraining, adapter_id: str, sha256: str, storage: Path
) -> None:
    fetch = ("adapters", "fetch", "--run", str(training.run_id), "--wait", "1", "--to")
    fetched = place.recdial(*fetch, place.folder / "fetched")
    assert (fetched.returncode, fetched.stdout.strip()) == (
        0,
        str(place.folder / "fetched" / adapter_id),
    ), fetched.stderr
    assert directory_digest(place.folder / "fetched" / adapter_id) == sha256

    (storage / "adapters" / adapter_id / "adapter_model.safetensors").write_bytes(b"other")

    refused = place.recdial(*fetch, place.folder / "elsewhere")
    assert (refused.returncode, "SHA-256" in refused.stderr) == (1, True), refused.stderr
    assert not (place.folder / "elsewhere" / adapter_id).exists()
