"""The API's own decisions: which sources it takes, and what a dead letter says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

pytest.importorskip("fastapi", reason="the API needs the extra `service`")

from recdial.bus import DeadLetter
from recdial.bus.topology import contract_queues
from recdial.config_file import ConfigError
from recdial.contracts import RunGrounded
from recdial.settings import RunConfig
from services.grounding.api import message_in, source_in


def config(**source: str) -> RunConfig:
    return RunConfig.model_validate(
        {
            "name": "api",
            "source": source,
            "teacher": {"backend": "scripted"},
            "student": {"backend": "scripted"},
            "distillation": {"mode": "none"},
        }
    )


def test_relative_sources_are_in_the_data_folder(tmp_path: Path) -> None:
    found = source_in(config(reviews="a/r.jsonl", tmdb=str(tmp_path / "t.json")), tmp_path)
    assert found.source.reviews == tmp_path / "a" / "r.jsonl"
    assert found.source.tmdb == tmp_path / "t.json"


@pytest.mark.parametrize("path", ["/etc/passwd", "../r.jsonl", "a/../../r.jsonl", "~/r.jsonl"])
def test_no_source_outside_the_data_folder_is_read(path: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"source\.reviews: .* is not in .*RECDIAL_DATA"):
        source_in(config(reviews=path, tmdb="t.json"), tmp_path)


def test_a_link_out_of_the_data_folder_is_seen_through(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "link").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match=r"source\.reviews"):
        source_in(config(reviews="link/r.jsonl", tmdb="t.json"), data)


def letter(queue: str, body: bytes) -> DeadLetter:
    return DeadLetter(queue, body, 5, "an error", datetime.now(UTC))


def test_a_dead_letter_is_read_by_the_contract_of_its_queue() -> None:
    sent = RunGrounded(run_id=UUID(int=1), profiles=3)
    assert message_in(letter("filter.run.grounded", sent.model_dump_json().encode())) == sent


@pytest.mark.parametrize("queue", sorted(contract_queues()))
def test_a_body_that_is_no_message_is_none(queue: str) -> None:
    assert message_in(letter(queue, b"\xff no message")) is None
