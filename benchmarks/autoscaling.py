"""How long a run takes and how many GPU-hours it costs, with fixed and with scaled replicas.

    python benchmarks/autoscaling.py                # 23,456 and 1,000,000 dialogues
    python benchmarks/autoscaling.py --window 256   # what the default window does to scaling

A simulation, in steps of a second: the window, the queues, what KEDA and the autoscaler behind it
do, cold starts, and how fast model servers write. Deterministic; nothing is measured but the rules.
The speeds are assumptions (docs/scaling.md has where they come from): put in your own. `DEFAULTS`
is what deploy/k8s/components/keda uses; a test compares them.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections import deque
from dataclasses import dataclass, replace

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class ServerSpeed:
    """How fast a model server writes: calls in flight share its tokens per second."""

    gpus: int
    tokens_per_s: float
    """Of all calls together, when there are many."""
    half_at: float
    """Calls in flight at which it writes half as fast as it can."""
    cold_start_s: float
    """From the pod's start to its first answer, with the weights in its cache."""

    def dialogues_per_s(self, calls: float, tokens: float) -> float:
        """Dialogues finished a second with so many calls in flight."""
        return self.tokens_per_s * calls / (calls + self.half_at) / tokens if calls else 0.0


TEACHER = ServerSpeed(gpus=4, tokens_per_s=1500.0, half_at=32.0, cold_start_s=420.0)
"""A 70B model in bfloat16 on four GPUs of 80 GB."""

STUDENT = ServerSpeed(gpus=1, tokens_per_s=3000.0, half_at=32.0, cold_start_s=120.0)
"""An 8B model with an adapter on one GPU of 80 GB."""


@dataclass(frozen=True)
class Scaling:
    """A ScaledObject: replicas by what a queue holds, unacknowledged messages included."""

    per_replica: int
    """`value`: messages for each replica."""
    most: int
    """`maxReplicaCount`."""
    least: int
    """`minReplicaCount`."""
    cooldown_s: int = 300
    """`cooldownPeriod`: the queue is empty this long before the last replica goes."""
    stabilisation_s: int = 300
    """`scaleDown.stabilizationWindowSeconds`: the highest wish of so long counts."""
    added: int = 4
    """`scaleUp`: pods added in one period, at most."""
    period_s: int = 15
    """`scaleUp`: that period; also the polling interval and the autoscaler's own."""


@dataclass(frozen=True)
class Defaults:
    """The numbers of deploy/k8s/components/keda."""

    generator: Scaling
    teacher: Scaling
    student: Scaling
    concurrency: int
    """`RECDIAL_*_CONCURRENCY` of a generator: calls in flight of one replica."""
    window: int
    """`window` of a run's configuration: what the docs tell to set."""


DEFAULTS = Defaults(
    generator=Scaling(per_replica=64, most=16, least=1),
    teacher=Scaling(per_replica=128, most=2, least=0, added=1, period_s=60),
    student=Scaling(per_replica=128, most=4, least=0, added=2, period_s=60),
    concurrency=64,
    window=1024,
)


@dataclass(frozen=True)
class Work:
    """What a run asks of the models."""

    dialogues: int
    teacher_share: float = 0.1
    tokens: float = 750.0
    """Of a dialogue: ten utterances of 75 (recdial/estimate.py)."""
    attempts: float = 1.12
    """Texts written for each dialogue: what the filter rejects is written again."""
    training_s: float = 3600.0


@dataclass(frozen=True)
class Outcome:
    """What a simulated run took."""

    hours: float
    gpu_hours: float
    """Of model servers and the trainer, from the start of a pod to its end."""
    generator_hours: float
    most_servers: int


class Replicas:
    """Pods that come late and go when they are no longer wanted."""

    def __init__(self, scaling: Scaling | None, fixed: int, cold_start_s: float) -> None:
        self._scaling = scaling
        self._cold_start_s = cold_start_s
        first = scaling.least if scaling else fixed
        # Fixed replicas are there before the run.
        self._ready_at = [0.0] * first
        self._wishes: deque[tuple[float, int]] = deque()
        self._last_work = 0.0
        self.pod_seconds = 0.0
        self.most = first

    def ready(self, now: float) -> int:
        """Pods that work."""
        return sum(at <= now for at in self._ready_at)

    def step(self, now: float, queued: float) -> None:
        """One second: count the pods, and let the autoscaler look when it is time to."""
        self.pod_seconds += len(self._ready_at)
        if self._scaling is not None and now % self._scaling.period_s == 0:
            self._scale(self._scaling, now, queued)
            self.most = max(self.most, len(self._ready_at))

    def _scale(self, scaling: Scaling, now: float, queued: float) -> None:
        if queued > 0:
            self._last_work = now
        there = len(self._ready_at)
        wish = min(scaling.most, max(scaling.least, math.ceil(queued / scaling.per_replica)))
        self._wishes.append((now, wish))
        while self._wishes[0][0] < now - scaling.stabilisation_s:
            self._wishes.popleft()
        if wish > there:
            ready_at = now + self._cold_start_s
            self._ready_at += [ready_at] * min(wish - there, scaling.added)
        elif (kept := max(wish for _, wish in self._wishes)) < there:
            # The last one is KEDA's: it goes after the cooldown, not by the autoscaler.
            idle = now - self._last_work >= scaling.cooldown_s
            floor = scaling.least if idle else max(1, scaling.least)
            del self._ready_at[max(kept, floor) :]


@dataclass(frozen=True)
class Plan:
    """How many of each there are: scaled where there is a Scaling, else fixed."""

    generator: Scaling | int
    teacher: Scaling | int
    student: Scaling | int
    window: int
    concurrency: int = DEFAULTS.concurrency


GENERATOR_COLD_START_S = 20.0

_DONE = 1.0
"""Less than a dialogue is none: what flows would never be over."""


def simulate(work: Work, plan: Plan) -> Outcome:
    """One run, from its first prompt to its last dialogue."""
    teacher, student = _replicas(plan.teacher, TEACHER), _replicas(plan.student, STUDENT)
    both = (teacher, student)
    now, generators = 0.0, 0.0
    phases = ((TEACHER, teacher, work.teacher_share), (STUDENT, student, 1.0))
    for speed, servers, share in phases:
        left = work.dialogues * share * work.attempts
        writers = _generators(plan)
        while left >= _DONE:
            queued = float(math.ceil(min(left, plan.window)))
            for pods in both:
                pods.step(now, queued if pods is servers else 0.0)
            writers.step(now, queued)
            calls = min(queued, writers.ready(now) * plan.concurrency)
            ready = servers.ready(now)
            each = speed.dialogues_per_s(calls / ready, work.tokens) if ready else 0.0
            left -= each * ready
            now += 1.0
        generators += writers.pod_seconds
        if speed is TEACHER:
            for _ in range(int(work.training_s)):
                for pods in both:
                    pods.step(now, 0.0)
                now += 1.0
    # The last servers stay for the cooldown.
    for pods, scaling in ((teacher, plan.teacher), (student, plan.student)):
        if isinstance(scaling, Scaling):
            pods.pod_seconds += scaling.cooldown_s * pods.ready(now)
    seconds = (
        teacher.pod_seconds * TEACHER.gpus + student.pod_seconds * STUDENT.gpus + work.training_s
    )
    return Outcome(now / 3600, seconds / 3600, generators / 3600, teacher.most + student.most)


def _replicas(of: Scaling | int, speed: ServerSpeed) -> Replicas:
    if isinstance(of, Scaling):
        return Replicas(of, 0, speed.cold_start_s)
    return Replicas(None, of, speed.cold_start_s)


def _generators(plan: Plan) -> Replicas:
    if isinstance(plan.generator, Scaling):
        return Replicas(plan.generator, 0, GENERATOR_COLD_START_S)
    return Replicas(None, plan.generator, GENERATOR_COLD_START_S)


def plans(window: int) -> dict[str, Plan]:
    """What is compared."""
    scaled = Plan(DEFAULTS.generator, DEFAULTS.teacher, DEFAULTS.student, window)
    return {
        "fixed: 1 teacher, 1 student": Plan(2, 1, 1, window),
        "fixed: 1 teacher, 4 students": Plan(8, 1, 4, window),
        "fixed: 2 teachers, 4 students": Plan(8, 2, 4, window),
        "keda: servers from zero": scaled,
        "keda: generators only": replace(scaled, teacher=1, student=1),
    }


def grid(work: Work) -> list[tuple[int, int, Outcome]]:
    """Messages for each server, most students, and what they lead to."""
    found = []
    for per_replica, most in itertools.product((64, 128, 256, 512), (2, 4, 8)):
        student = replace(DEFAULTS.student, per_replica=per_replica, most=most)
        teacher = replace(DEFAULTS.teacher, per_replica=per_replica)
        plan = Plan(DEFAULTS.generator, teacher, student, DEFAULTS.window)
        found.append((per_replica, most, simulate(work, plan)))
    return found


def _print_plans(console: Console, work: Work, window: int) -> None:
    table = Table(
        "replicas", "hours", "GPU-hours", "generator-hours", "servers", title=f"{work.dialogues:,}"
    )
    for name, plan in plans(window).items():
        out = simulate(work, plan)
        table.add_row(name, *_cells(out))
    console.print(table)


def _print_grid(console: Console, work: Work) -> None:
    table = Table(
        "messages a server",
        "most students",
        *("hours", "GPU-hours", "generator-hours", "servers"),
        title=f"{work.dialogues:,} dialogues, scaled",
    )
    for per_replica, most, out in grid(work):
        table.add_row(str(per_replica), str(most), *_cells(out))
    console.print(table)


def _cells(out: Outcome) -> tuple[str, ...]:
    return (
        f"{out.hours:.1f}",
        f"{out.gpu_hours:.1f}",
        f"{out.generator_hours:.1f}",
        str(out.most_servers),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dialogues", type=int, nargs="+", default=[23_456, 1_000_000])
    parser.add_argument("--window", type=int, default=DEFAULTS.window)
    options = parser.parse_args()
    console = Console()
    for dialogues in options.dialogues:
        work = Work(dialogues)
        _print_plans(console, work, options.window)
        _print_grid(console, work)


if __name__ == "__main__":
    main()
