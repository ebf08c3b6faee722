"""Trains in processes of their own, one for each GPU, with `accelerate launch`.

The child (`sft_process.py`) gets its task as a file and reports in lines of JSON on its standard
output. Its standard input is the leash: when it ends, because this process closes it or is killed,
the child writes a checkpoint after the step in hand and stops.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import structlog
from pydantic import TypeAdapter

from recdial.llm.local_models import ModelNotInstalled
from recdial.settings import DistillationConfig
from services.trainer.examples import Example, TooFewExamples
from services.trainer.outcome import (
    TrainingProgress,
    TrainingRefused,
    TrainingResult,
    TrainingStopped,
)
from services.trainer.sft_task import SftTask

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""How often it is looked whether training is to stop."""

_ENDING_S = 30.0
"""How long the child may take to end after it was told to, before it is killed."""

_FINAL = {
    kind.__name__: kind
    for kind in (TooFewExamples, TrainingRefused, TrainingStopped, ModelNotInstalled)
}


class LaunchFailed(Exception):
    """The processes that train ended without a result."""


def launch_fine_tune(
    accelerate_config: Path,
    base_model: str,
    examples: Sequence[Example],
    config: DistillationConfig,
    seed: int,
    output: Path,
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
    *,
    validation: Sequence[Example],
    checkpoints: Path,
) -> TrainingResult:
    """`fine_tune` in the processes a configuration of accelerate describes.

    Raises what `fine_tune` does, and LaunchFailed.
    """
    task = SftTask(
        base_model=base_model,
        examples=tuple(examples),
        validation=tuple(validation),
        config=config,
        seed=seed,
        output=output.absolute(),
        checkpoints=checkpoints.absolute(),
    )
    with TemporaryDirectory(prefix="recdial-launch-") as folder:
        path = Path(folder) / "task.json"
        path.write_text(task.model_dump_json(), encoding="utf-8")
        errors = Path(folder) / "stderr"
        with _launched(accelerate_config, path, errors) as child:
            try:
                return _follow(child, on_progress, should_stop)
            except EOFError as error:
                raise LaunchFailed(
                    f"accelerate launch ended with status {child.wait()} and without a result: "
                    f"{_last_lines(errors)}"
                ) from error


@contextmanager
def _launched(
    accelerate_config: Path, task: Path, errors: Path
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "accelerate.commands.launch"]
    command += ["--config_file", str(accelerate_config), "-m", "services.trainer.sft_process"]
    with errors.open("wb") as target:
        child = subprocess.Popen(
            [*command, str(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=target,
            # A signal of the terminal is ours to pass on: the child has a checkpoint to write.
            start_new_session=True,
        )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Let it end by itself, then ask it to, then make it."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    # Nobody reads any more: what it still writes must not hold it up.
    child.stdout.close()
    for ask in (None, signal.SIGTERM, signal.SIGKILL):
        if ask is not None and child.poll() is None:
            os.killpg(child.pid, ask)
        try:
            child.wait(None if ask is signal.SIGKILL else _ENDING_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _follow(
    child: subprocess.Popen[bytes],
    on_progress: Callable[[TrainingProgress], None],
    should_stop: Callable[[], bool],
) -> TrainingResult:
    """What the child ends with. Raises EOFError if it ends without a word."""
    assert child.stdin is not None
    assert child.stdout is not None
    progress = TypeAdapter(TrainingProgress)
    for line in _lines(child.stdout):
        if should_stop():
            child.stdin.close()
        event = _event(line)
        match event:
            case {"progress": what}:
                on_progress(progress.validate_python(what))
            case {"result": what}:
                return TypeAdapter(TrainingResult).validate_python(what)
            case {"error": str(kind), "message": str(message)}:
                raise _FINAL[kind](message)
    raise EOFError


def _event(line: bytes) -> dict[str, Any] | None:
    """What a line reports; None if it is an empty one, or some library's talk."""
    try:
        event = json.loads(line)
    except ValueError:
        if line.strip():
            log.debug("training.output", line=line.decode(errors="replace").rstrip())
        return None
    return event if isinstance(event, dict) else None


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Whole lines as they come; an empty one after each LOOK_S seconds of silence."""
    held = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(LOOK_S):
                yield b""
                continue
            chunk = os.read(stream.fileno(), 1 << 16)
            if not chunk:
                return
            *whole, held = (held + chunk).split(b"\n")
            yield from whole


def _last_lines(path: Path, count: int = 12) -> str:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return "".join(deque(lines, maxlen=count)).strip() or "it wrote no error"
