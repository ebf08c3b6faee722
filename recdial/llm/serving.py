"""A tiny model server for CPUs: `transformers serve`, and each published adapter by its id.

    python -m recdial.llm.serving --artifacts DIR --served DIR --port 8000

`transformers serve` loads no adapters, but any model folder in its working folder by name. So this
watches where adapters are published, merges each into its base model, and puts the result there
under the adapter's id: asked for before, the server answers 500; a moment later it serves it. That
is how vLLM's resolver of adapters behaves, without a GPU. Every installed model is served under its
short name.

One text is written after the other: with continuous batching `transformers serve` samples for ever
as its first request asks, which is a canary's, greedily. Its seeds are the process's, so a text can
be had again by its seed only where no other is being written.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from recdial.llm.local_models import PACKAGED, is_installed
from recdial.llm.precision import fitting_precision
from recdial.process_settings import ProcessSettings
from recdial.telemetry import configure_logging

log = structlog.get_logger(__name__)

_POLL_S = 1.0
_GENERATION = "generation_config.json"


def unmerged(adapters: Path, served: Path) -> list[Path]:
    """The published adapters that are not served yet, in order of name."""
    return sorted(
        folder
        for folder in adapters.glob("[!.]*")
        if folder.is_dir() and not (served / folder.name).is_dir()
    )


def offer_installed(models_dir: Path, served: Path) -> None:
    """Serve every installed model under its short name, and sample where that is asked for."""
    for name in PACKAGED:
        if not is_installed(name, models_dir):
            continue
        folder = served / name
        if folder.is_symlink():  # by an older version: what is written would be the model's own
            folder.unlink()
        folder.mkdir(exist_ok=True)
        for file in (models_dir / name).iterdir():
            link = folder / file.name
            if file.name != _GENERATION and not link.is_symlink():
                link.symlink_to(file)
        let_sample(folder, models_dir / name)


def let_sample(folder: Path, model: Path) -> None:
    """Write a model's generation settings to a folder, so that a temperature is heeded.

    The server samples by its default alone, and that of most models is to be greedy; a request
    with temperature 0 is greedy all the same.
    """
    settings = json.loads((model / _GENERATION).read_text(encoding="utf-8"))
    text = json.dumps(settings | {"do_sample": True}, indent=2)
    (folder / _GENERATION).write_text(f"{text}\n", encoding="utf-8")


def watch(adapters: Path, models_dir: Path, served: Path, stopping: threading.Event) -> None:
    """Merge adapters as they appear, each in a process of its own, until `stopping` is set.

    One that cannot be merged is logged and not tried again: its files never change.
    """
    given_up: set[Path] = set()
    while not stopping.wait(_POLL_S):
        for adapter in unmerged(adapters, served):
            if adapter in given_up or stopping.is_set():
                continue
            command = [sys.executable, "-m", "recdial.llm.merging"]
            command += [str(adapter), str(models_dir), str(served)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                log.info("adapter.served", adapter_id=adapter.name)
            else:
                given_up.add(adapter)
                log.error("adapter.unusable", adapter_id=adapter.name, cause=done.stderr[-2000:])


def main(arguments: list[str] | None = None) -> int:
    """Serve until the server ends or a signal ends it; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m recdial.llm.serving")
    parser.add_argument(
        "--artifacts", type=Path, required=True, help="where adapters are published"
    )
    parser.add_argument("--served", type=Path, required=True, help="where merged models are kept")
    parser.add_argument("--models", type=Path, default=ProcessSettings().models)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    options = parser.parse_args(arguments)
    configure_logging("info")
    options.served.mkdir(parents=True, exist_ok=True)
    offer_installed(options.models, options.served)
    # Offline, a name that is not served is an error at once and never a download.
    environment = {"GOMP_SPINCOUNT": "1000", **os.environ, "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", "--device", "cpu"]
    command += ["--dtype", fitting_precision()]
    command += ["--host", options.host, "--port", str(options.port)]
    server = subprocess.Popen(command, cwd=options.served, env=environment)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.terminate())
    stopping = threading.Event()
    watcher = threading.Thread(
        target=watch,
        args=(options.artifacts / "adapters", options.models, options.served, stopping),
    )
    watcher.start()
    try:
        return server.wait()
    finally:
        stopping.set()
        watcher.join()


if __name__ == "__main__":
    sys.exit(main())
