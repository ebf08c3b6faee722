from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from recdial.contracts import SCHEMA_VERSION, TOPICS, Message, RunGrounded
from recdial.contracts_doc import messages_page

PAGE = Path(__file__).parents[3] / "docs" / "messages.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == messages_page(), "run `make docs`"


def test_topics_are_distinct_and_say_who_sends_them() -> None:
    topics = [message.topic for message in TOPICS]
    assert len(set(topics)) == len(topics) == 14
    assert all(message.producers for message in TOPICS)


def test_every_message_type_with_a_topic_is_listed() -> None:
    def leaves(kind: type[Message]) -> list[type[Message]]:
        below = kind.__subclasses__()
        return [leaf for sub in below for leaf in leaves(sub)] if below else [kind]

    assert set(leaves(Message)) == set(TOPICS)


@pytest.mark.parametrize("version", [-1, SCHEMA_VERSION - 2, SCHEMA_VERSION + 1, 99])
def test_an_unknown_schema_version_is_refused(version: int) -> None:
    with pytest.raises(ValidationError, match="upgrade the consumers"):
        RunGrounded(
            run_id="00000000-0000-0000-0000-000000000001",  # type: ignore[arg-type]
            profiles=1,
            schema_version=version,
        )


@pytest.mark.parametrize("version", [SCHEMA_VERSION - 1, SCHEMA_VERSION])
def test_a_consumer_accepts_its_version_and_the_one_before(version: int) -> None:
    message = RunGrounded(
        run_id="00000000-0000-0000-0000-000000000001",  # type: ignore[arg-type]
        profiles=1,
        schema_version=version,
    )
    assert RunGrounded.model_validate_json(message.model_dump_json()) == message
