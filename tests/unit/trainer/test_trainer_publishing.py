"""Where a trainer publishes to, and the card it publishes."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from recdial.contracts import Canary
from recdial.domain import AdapterRef, ChatMessage
from recdial.environment import EnvironmentInvalid, read_environment
from recdial.llm.adapter_cards import adapter_card
from recdial.llm.adapters import adapter_folder, directory_digest, verify_adapter
from services.trainer.adapters import add_card, publish_adapter
from services.trainer.settings import TrainerSettings

RUN = UUID("12345678-0000-0000-0000-000000000000")
REFERENCE = AdapterRef(adapter_id="run-1", uri="/a", sha256="f" * 64, base_model="org/base")
CANARY = Canary(
    messages=(ChatMessage(role="user", content="a user's own history"),),
    max_tokens=8,
    adapter_output="tuned\n```\n# not a heading",
    base_output="base",
)
TRAINING = {
    "examples_used": 40,
    "final_loss": 1.5,
    "hyperparameters": {"rank": 16},
    "versions": {"peft": "0.17"},
    "validation_curve": ((20, 1.25),),
}


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> TrainerSettings:
    for name, value in variables.items():
        monkeypatch.setenv(f"RECDIAL_{name.upper()}", value)
    return read_environment(TrainerSettings)


@pytest.mark.parametrize("url", ["s3://bucket/a", "gs://bucket", "hf://owner/name"])
def test_urls_stay_urls_and_need_a_folder_for_checkpoints(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(EnvironmentInvalid, match=r"RECDIAL_CHECKPOINTS: .*must be set to a folder"):
        read(monkeypatch, artifacts=url)

    settings = read(monkeypatch, artifacts=url, checkpoints="/work")
    assert (settings.artifacts, settings.checkpoint_folder) == (url, Path("/work"))


@pytest.mark.parametrize("url", ["s3://", "hf://owner", "://x"])
def test_what_names_no_place_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(EnvironmentInvalid, match="RECDIAL_ARTIFACTS"):
        read(monkeypatch, artifacts=url, checkpoints="/work")


@pytest.mark.parametrize("text", ["/a/b", "file:///a/b"])
def test_folders_hold_their_checkpoints(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    settings = read(monkeypatch, artifacts=text)

    assert settings.artifacts == Path("/a/b")
    assert settings.checkpoint_folder == Path("/a/b/checkpoints")


def test_a_card_does_not_change_which_adapter_it_is(tmp_path: Path) -> None:
    source = tmp_path / "out"
    source.mkdir()
    config = {"base_model_name_or_path": "?", "target_modules": ["q"]}
    (source / "adapter_config.json").write_text(json.dumps(config))
    (source / "adapter_model.safetensors").write_bytes(b"weights")
    adapter = publish_adapter(source, tmp_path, RUN, "base")
    folder = adapter_folder(adapter.uri)

    add_card(folder, "# one\n")
    add_card(folder, "# two\n")

    assert (folder / "README.md").read_text() == "# one\n"
    assert directory_digest(folder) == adapter.sha256
    assert verify_adapter(adapter) == folder
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
    assert publish_adapter(source, tmp_path, RUN, "base") == adapter


def test_the_card_says_what_a_reader_needs() -> None:
    card = adapter_card(REFERENCE, RUN, TRAINING, ("guided_explorer",), CANARY)

    front = yaml.safe_load(card.split("---")[1])
    assert front["base_model"] == "org/base"
    assert "# license:" in card.split("---")[1]
    for expected in (
        "f" * 64,
        str(RUN),
        "guided_explorer",
        "| 40 |",
        '"rank": 16',
        "--enable-lora",
    ):
        assert expected in card


def test_no_output_ends_its_block_and_no_prompt_is_shown() -> None:
    card = adapter_card(REFERENCE, RUN, TRAINING, (), CANARY)

    assert "\n    # not a heading" in card
    assert "\n# not a heading" not in card
    assert "own history" not in card


def test_a_model_that_is_a_folder_is_no_base_model_for_the_hub() -> None:
    card = adapter_card(REFERENCE.model_copy(update={"base_model": "/models/x"}), RUN, {}, (), None)

    assert "base_model" not in yaml.safe_load(card.split("---")[1])
    assert "None was recorded" in card
