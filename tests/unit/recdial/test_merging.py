"""Adapters merged for a server that loads none."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

pytest.importorskip("peft", reason="needs torch and peft: pip install 'distillrecdial[local]'")

from recdial.llm.adapters import adapter_folder
from recdial.llm.loading import load_causal_lm
from recdial.llm.merging import AdapterUnusable, merge_adapter
from recdial.llm.serving import offer_installed, unmerged
from services.trainer.adapters import publish_adapter
from tests.tiny_llama import save_random_adapter, save_tiny_llama

GENERATION = "generation_config.json"
RUN = UUID("12345678-0000-0000-0000-000000000000")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("models") / "smollm2-135m")


@pytest.fixture
def adapter(base: Path, tmp_path: Path) -> Path:
    trained = save_random_adapter(base, tmp_path / "trained", seed=1)
    return adapter_folder(publish_adapter(trained, tmp_path, RUN, "smollm2-135m").uri)


def written(folder: Path) -> list[int]:
    model, tokenizer = load_causal_lm(str(folder))
    ids = tokenizer("Hello", return_tensors="pt")
    tokens: list[int] = model.generate(**ids, max_new_tokens=12, do_sample=False)[0].tolist()  # type: ignore[operator]
    return tokens


def test_the_merged_model_writes_what_base_and_adapter_write(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    from peft import PeftModel

    served = tmp_path / "served"
    served.mkdir()

    merged = merge_adapter(adapter, base.parent, served)

    model, tokenizer = load_causal_lm(str(base))
    beside = PeftModel.from_pretrained(model, adapter).merge_and_unload()
    ids = tokenizer("Hello", return_tensors="pt")
    expected = beside.generate(**ids, max_new_tokens=12, do_sample=False)[0].tolist()
    assert written(merged) == expected != written(base)


def test_it_is_served_by_the_adapters_id_and_nothing_else_is_left(
    base: Path, adapter: Path, tmp_path: Path
) -> None:
    served = tmp_path / "served"
    served.mkdir()
    assert unmerged(adapter.parent, served) == [adapter]

    merge_adapter(adapter, base.parent, served)

    assert [path.name for path in served.iterdir()] == [adapter.name]
    assert unmerged(adapter.parent, served) == []


def test_an_interrupted_merge_is_done_again(base: Path, adapter: Path, tmp_path: Path) -> None:
    served = tmp_path / "served"
    (served / f".{adapter.name}.partial").mkdir(parents=True)
    (served / f".{adapter.name}.partial" / "model.safetensors").write_bytes(b"half")

    assert written(merge_adapter(adapter, base.parent, served))


def test_an_adapter_with_other_bytes_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    (adapter / "adapter_model.safetensors").write_bytes(b"other")

    with pytest.raises(AdapterUnusable, match="is not what was published"):
        merge_adapter(adapter, base.parent, tmp_path)


def test_an_adapter_being_published_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "adapters" / ".draft-x").mkdir(parents=True)

    assert unmerged(tmp_path / "adapters", tmp_path) == []
    assert unmerged(tmp_path / "none yet", tmp_path) == []


def test_an_installed_model_is_served_by_its_short_name(base: Path, tmp_path: Path) -> None:
    (tmp_path / "smollm2-135m").symlink_to(base)
    offer_installed(base.parent, tmp_path)
    offer_installed(base.parent, tmp_path)

    assert written(tmp_path / "smollm2-135m") == written(base)
    assert '"do_sample": true' in (tmp_path / "smollm2-135m" / GENERATION).read_text()
    assert '"do_sample": true' not in (base / GENERATION).read_text()
    offer_installed(tmp_path / "no models", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()
