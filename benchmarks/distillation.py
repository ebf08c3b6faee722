"""Distils a real student through the six services and a real model server, and counts what it got.

    python benchmarks/distillation.py --source ../shared/data/critics --users 160
    python benchmarks/distillation.py --source ../shared/data/critics --users 160 --vllm ~/vllm

The teacher is the scripted one behind HTTP, the student SmolLM2-135M, fine-tuned by the trainer and
served by `transformers serve` with the adapter merged, or, with `--vllm`, by vLLM in an environment
of its own (docs/adapters.md), which loads the adapter at run time: by its resolver, or, with
`--tell`, because the generator has it load it. RabbitMQ and Postgres are those
of the tests (`make services`). The run's configuration, its dataset and its report are left in
`--out`, the logs of all processes beside them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections import Counter
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

MODEL = "smollm2-135m"
ROLES = ("teacher", "student")
HOURS_S = 4 * 3600.0
TELL_S = 60.0

console = Console(width=120)


def vllm_student(
    environment: Path, folder: Path, artifacts: Path, *, finds: bool
) -> AbstractContextManager[str]:
    """The student's server: it finds adapters by name when they are first asked for, or is told."""
    from recdial.llm.precision import fitting_precision
    from recdial.process_settings import ProcessSettings
    from tests.model_processes import http_process
    from tests.ports import free_port

    port = free_port()

    (artifacts / "adapters").mkdir(parents=True, exist_ok=True)
    command = [str(environment / "bin" / "vllm"), "serve"]
    # By its name, in the folder of models: vLLM's resolver compares it with the adapter's base.
    command += [MODEL]
    command += ["--enable-lora", "--max-lora-rank", "16", "--port", str(port)]
    command += ["--max-model-len", "4096", "--max-num-seqs", "8", "--enforce-eager"]
    # Chunks of a prompt with a seed end vLLM 0.32 on a CPU (its generators have no offset).
    command += ["--no-enable-chunked-prefill", "--max-num-batched-tokens", "8192"]
    command += ["--dtype", fitting_precision()]
    changes = {
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
        "HF_HUB_OFFLINE": "1",
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    if finds:
        changes["VLLM_PLUGINS"] = "lora_filesystem_resolver"
        changes["VLLM_LORA_RESOLVER_CACHE_DIR"] = str((artifacts / "adapters").resolve())
    models = ProcessSettings().models
    return http_process(command, port, folder / "student.log", changes, 900, models)


def configuration(source: Path, k: int, users: int, steps: int, share: float) -> dict[str, Any]:
    """The run, without its servers: prompts short enough for a small model on a CPU."""
    names = {"reviews": "reviews.jsonl", "metadata": "meta.jsonl", "tmdb": "tmdb.json"}
    return {
        "name": f"distilled-{users}",
        "source": {
            key: str((source / name).resolve())
            for key, name in names.items()
            if (source / name).exists()
        },
        "grounding": {
            "min_user_interactions": k,
            "min_item_interactions": k,
            "history": 3,
            "users": users,
        },
        "prompting": {
            # Short: two processors train on about 250 tokens a second.
            "max_utterances": 6,
            "max_keywords": 3,
            "max_actors": 2,
            "max_overview_chars": 0,
            "max_review_chars": 60,
        },
        "distillation": {"teacher_share": share, "max_steps": steps},
        "student": {
            "backend": "hub",
            "model": MODEL,
            "longer": 1,
            "timeout_s": 900,
            "sampling": {"max_tokens": 320},
        },
    }


def run(place: Any, config: dict[str, Any], grounding_url: str, say: str) -> UUID:
    """Submit a run and wait for its end, telling its stages."""
    from tests.processes import until, verdicts

    run_id: UUID = place.submit(config, grounding_url)
    began, told = time.monotonic(), 0.0

    def ended() -> bool:
        nonlocal told
        state, now = place.state(run_id), time.monotonic()
        assert state != "failed", place.rows("select failure_stage, failure_cause from runs")
        if now - told >= TELL_S or state == "completed":
            told = now
            counts = ", ".join(f"{role} {verdicts(place, run_id, role)}" for role in ROLES)
            console.print(f"{now - began:6.0f} s {say} {state}: {counts}", highlight=False)
        return bool(state == "completed")

    until(ended, "the run completes", HOURS_S, every_s=2)
    return run_id


def outcome(place: Any, run_id: UUID, role: str) -> list[str]:
    """A row of the table: who wrote how many, how many were accepted, and why not."""
    from tests.processes import verdicts

    found = verdicts(place, run_id, role)
    ((first,),) = place.rows(
        "select count(*) from dialogues where run_id = :run and role = :role and attempt = 1 "
        "and verdict = 'accepted'",
        run=run_id,
        role=role,
    )
    ((tokens, seconds),) = place.rows(
        "select sum(completion_tokens), extract(epoch from max(created_at) - min(created_at)) "
        "from completions where run_id = :run and role = :role",
        run=run_id,
        role=role,
    )
    reasons: Counter[str] = Counter()
    for (listed,) in place.rows(
        "select reasons from dialogues where run_id = :run and role = :role and attempt = 1",
        run=run_id,
        role=role,
    ):
        reasons.update(reason["rule"] for reason in listed or ())
    whole = sum(found.values())
    accepted = found.get("accepted", 0)
    rate = float(tokens or 0) / max(1.0, float(seconds or 0))
    return [
        str(whole),
        f"{first} ({first / max(1, whole):.0%})",
        f"{accepted} ({accepted / max(1, whole):.0%})",
        f"{rate:.0f}",
        ", ".join(f"{rule} {count}" for rule, count in reasons.most_common(6)),
    ]


def main() -> None:
    """Run it."""
    from tests.model_processes import scripted_teacher, served_student
    from tests.processes import SERVICES, cluster

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--source", type=Path, required=True, help="reviews.jsonl, tmdb.json, …")
    parser.add_argument("--k", type=int, default=12, help="of the k-core")
    parser.add_argument("--users", type=int, default=160)
    parser.add_argument("--base-users", type=int, default=40, help="for the student as it is")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--share", type=float, default=0.5, help="of the users, for the teacher")
    parser.add_argument("--attempts", type=int, default=3, help="at a prompt")
    parser.add_argument("--temperature", type=float, default=0.5, help="of the student")
    parser.add_argument("--vllm", type=Path, help="an environment with vLLM")
    parser.add_argument(
        "--tell", action="store_true", help="have the generator tell vLLM to load the adapter"
    )
    parser.add_argument("--out", type=Path, default=Path("runs/distillation"))
    options = parser.parse_args()
    out: Path = options.out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    table = Table("writer", "prompts", "at first", "at last", "tokens/s", "against first attempts")
    with ExitStack() as held:
        place = held.enter_context(cluster(out))
        place.migrate()
        place.environment |= {"RECDIAL_DATA": "/", "RECDIAL_STUDENT_CONCURRENCY": "8"}
        artifacts = out / "artifacts"
        teacher = held.enter_context(scripted_teacher(out))
        student = held.enter_context(
            vllm_student(options.vllm, out, artifacts, finds=not options.tell)
            if options.vllm
            else served_student(out, artifacts)
        )
        started = [place.start(service) for service in SERVICES]
        for process in started:
            process.ready()
        config = configuration(
            options.source, options.k, options.users, options.steps, options.share
        )
        config["student"]["sampling"]["temperature"] = options.temperature
        config["filtering"] = {"attempts": options.attempts}
        config["teacher"] = {"backend": "hub", "base_url": teacher, "model": "scripted"}
        config["student"]["base_url"] = student
        if options.tell:
            config["student"]["adapter_loading"] = "vllm"
        run_id = run(place, config, started[0].url, "distilled:")
        table.add_row("teacher (scripted)", *outcome(place, run_id, "teacher"))
        table.add_row("student, distilled", *outcome(place, run_id, "student"))
        config["name"] = "undistilled"
        config["distillation"] = {"mode": "none", "teacher_share": 0.0}
        config["grounding"]["users"] = options.base_users
        base_id = run(place, config, started[0].url, "undistilled:")
        table.add_row("student as it is", *outcome(place, base_id, "student"))
        adapters = place.rows(
            "select distinct adapter_id, adapter_sha256 from completions where run_id = :run "
            "and role = 'student'",
            run=run_id,
        )
        training = place.rows("select training from adapters where run_id = :run", run=run_id)
    console.print(table)
    console.print(f"adapter of the student's dialogues: {adapters}")
    console.print(f"training: {training}")


if __name__ == "__main__":
    main()
