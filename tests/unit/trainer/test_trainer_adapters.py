"""Publishing an adapter's folder."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest

from recdial.llm.adapters import AdapterDamaged, adapter_folder, directory_digest
from services.trainer.adapters import publish_adapter

RUN = UUID("12345678-0000-0000-0000-000000000000")


def trained(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir()
    config = {"base_model_name_or_path": str(folder), "target_modules": ["v", "q"], "r": 16}
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / "adapter_model.safetensors").write_bytes(weights)
    (folder / "training_args.bin").write_bytes(b"not part of the adapter")
    return folder


def test_the_folder_is_named_after_the_run_and_its_digest(tmp_path: Path) -> None:
    adapter = publish_adapter(trained(tmp_path / "out"), tmp_path, RUN, "student")

    folder = adapter_folder(adapter.uri)
    assert folder.parent == tmp_path / "adapters"
    assert folder.name == adapter.adapter_id == f"12345678-{adapter.sha256[:12]}"
    assert adapter.sha256 == directory_digest(folder)


def test_only_the_adapter_is_published_and_nothing_else_is_left(tmp_path: Path) -> None:
    adapter = publish_adapter(trained(tmp_path / "out"), tmp_path, RUN, "student")

    assert [path.name for path in (tmp_path / "adapters").iterdir()] == [adapter.adapter_id]
    assert sorted(path.name for path in adapter_folder(adapter.uri).iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_the_configuration_names_the_base_model_as_it_is_served(tmp_path: Path) -> None:
    adapter = publish_adapter(trained(tmp_path / "out"), tmp_path, RUN, "student")

    config = json.loads((adapter_folder(adapter.uri) / "adapter_config.json").read_text())
    assert config == {"base_model_name_or_path": "student", "target_modules": ["q", "v"], "r": 16}
    assert adapter.base_model == "student"


def test_the_same_training_has_the_same_digest_wherever_it_was_written(tmp_path: Path) -> None:
    one = publish_adapter(trained(tmp_path / "one"), tmp_path / "a", RUN, "student")
    other = publish_adapter(trained(tmp_path / "other"), tmp_path / "b", RUN, "student")

    assert one.sha256 == other.sha256


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    source = trained(tmp_path / "out")
    first = publish_adapter(source, tmp_path, RUN, "student")
    before = adapter_folder(first.uri).stat().st_mtime_ns

    assert publish_adapter(source, tmp_path, RUN, "student") == first
    assert adapter_folder(first.uri).stat().st_mtime_ns == before
    assert len(list((tmp_path / "adapters").iterdir())) == 1


def test_other_weights_are_another_adapter(tmp_path: Path) -> None:
    first = publish_adapter(trained(tmp_path / "one", b"1"), tmp_path, RUN, "student")
    second = publish_adapter(trained(tmp_path / "two", b"2"), tmp_path, RUN, "student")

    assert first.adapter_id != second.adapter_id


def test_a_published_adapter_that_was_changed_is_reported(tmp_path: Path) -> None:
    source = trained(tmp_path / "out")
    folder = adapter_folder(publish_adapter(source, tmp_path, RUN, "student").uri)
    (folder / "adapter_model.safetensors").write_bytes(b"other")

    with pytest.raises(AdapterDamaged, match="was changed after it was published"):
        publish_adapter(source, tmp_path, RUN, "student")


def test_an_incomplete_adapter_is_not_published(tmp_path: Path) -> None:
    source = trained(tmp_path / "out")
    (source / "adapter_model.safetensors").unlink()

    with pytest.raises(AdapterDamaged, match=r"adapter_model\.safetensors is missing"):
        publish_adapter(source, tmp_path, RUN, "student")

    assert list((tmp_path / "adapters").iterdir()) == []


def test_a_relative_root_gives_an_absolute_uri(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    adapter = publish_adapter(trained(tmp_path / "out"), Path("artifacts"), RUN, "student")

    assert adapter_folder(adapter.uri).is_relative_to(tmp_path / "artifacts")
