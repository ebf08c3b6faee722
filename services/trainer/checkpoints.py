"""Checkpoints of a training: whole or not there, found again by whoever takes the job over.

`transformers` writes a checkpoint file by file into its final folder, so one that was cut off looks
like any other. Each is therefore sealed when it is complete, by a file beside it that holds its
digest. Only sealed checkpoints are gone on from.

Each attempt at a training writes to a folder of its own, so that a worker that was given up for
dead and comes back cannot touch what its successor writes:

    <run>/attempt-x7f3a/checkpoint-50/  checkpoint-50.seal.json
    <run>/attempt-k20b9/checkpoint-100/ checkpoint-100.seal.json
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp

from recdial.llm.adapters import directory_digest

_SEAL = ".seal.json"


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint."""

    folder: Path
    step: int
    seconds: float
    """What the training took up to here, over all attempts."""


@dataclass(frozen=True)
class _Seal:
    training: str
    """What was trained (`training_digest`)."""
    step: int
    seconds: float
    sha256: str
    """Of the checkpoint's folder."""


def training_digest(*parts: object) -> str:
    """SHA-256 of what a training depends on: one goes on from its own checkpoints only."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def new_attempt(root: Path) -> Path:
    """A new folder for the checkpoints of one attempt at a training."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix="attempt-", dir=root.resolve()))
    folder.chmod(0o755)  # a successor may be another user
    return folder


def seal(folder: Path, training: str, step: int, seconds: float) -> None:
    """Declare the checkpoint in `folder` complete, and see that it is on the disk."""
    for path in (*folder.rglob("*"), folder):
        _sync(path)
    written = _Seal(training, step, seconds, directory_digest(folder))
    draft = folder.parent / f".{folder.name}.draft"
    draft.write_text(json.dumps(asdict(written)), encoding="utf-8")
    _sync(draft)
    draft.rename(folder.parent / f"{folder.name}{_SEAL}")
    _sync(folder.parent)


def latest(root: Path, training: str) -> Checkpoint | None:
    """The complete checkpoint of a training that is furthest, of any attempt."""
    return next(_complete(root, training), None)


def at_step(root: Path, training: str, step: int) -> Checkpoint | None:
    """The complete checkpoint of a training after a step, of any attempt."""
    return next(_complete(root, training, step), None)


def _complete(root: Path, training: str, step: int | None = None) -> Iterator[Checkpoint]:
    """Checkpoints that are what they were when they were sealed, the furthest first.

    Lazily, for each costs a look at all its bytes.
    """
    seals = [(found, path) for path in root.glob(f"attempt-*/*{_SEAL}") if (found := _read(path))]
    for written, path in sorted(seals, key=lambda pair: (-pair[0].step, str(pair[1]))):
        folder = path.parent / path.name.removesuffix(_SEAL)
        if written.training != training or (step is not None and written.step != step):
            continue
        # Older checkpoints of an attempt are removed as it goes on; their seals stay behind.
        if folder.is_dir() and directory_digest(folder) == written.sha256:
            yield Checkpoint(folder, written.step, written.seconds)


def _read(path: Path) -> _Seal | None:
    try:
        return _Seal(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        # Not one of ours, or removed this moment: then it seals nothing.
        return None


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
