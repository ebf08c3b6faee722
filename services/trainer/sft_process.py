"""One process of a training: `accelerate launch … -m services.trainer.sft_process TASK`.

The first of the processes reports on standard output, a JSON object a line: `progress` after each
step, and at the end `result`, or `error` and `message`. It stops, with a checkpoint, when its
standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from recdial.llm.local_models import ModelNotInstalled
from services.trainer.examples import TooFewExamples
from services.trainer.outcome import TrainingRefused, TrainingStopped
from services.trainer.sft import fine_tune
from services.trainer.sft_task import SftTask


def main(path: Path) -> None:
    """Do the task that is in a file."""
    task = SftTask.model_validate_json(path.read_bytes())
    first = os.environ.get("RANK", "0") == "0"
    let_go = threading.Event()

    def report(**event: Any) -> None:
        if first:
            print(json.dumps(event), flush=True)

    def watch() -> None:
        sys.stdin.buffer.read()
        let_go.set()

    if first:
        threading.Thread(target=watch, daemon=True).start()
    try:
        result = fine_tune(
            task.base_model,
            task.examples,
            task.config,
            task.seed,
            task.output,
            on_progress=lambda progress: report(progress=asdict(progress)),
            should_stop=let_go.is_set,
            validation=task.validation,
            checkpoints=task.checkpoints,
        )
    except (TooFewExamples, TrainingRefused, TrainingStopped, ModelNotInstalled) as error:
        report(error=type(error).__name__, message=str(error))
    else:
        report(result=asdict(result))
    _leave_group()


def _leave_group() -> None:
    import torch.distributed as group

    if group.is_initialized():
        group.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
