"""Shows a run's progress, stage by stage: bars on a terminal, lines in a log file."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from recdial.domain import Role, Verdict
from recdial.settings import RunConfig
from recdial.store.progress import RunProgress

LINE_EVERY_S = 10.0


@dataclass(frozen=True)
class Stage:
    """One line of the display. `total` is None while it is not known."""

    name: str
    done: int
    total: int | None
    note: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.total is not None and self.done >= self.total


def stages(progress: RunProgress, config: RunConfig) -> list[Stage]:
    """The stages of a run and how far each is."""
    found = [
        Stage(
            "profiles to prompts",
            progress.prompted,
            None if progress.profiles is None else progress.profiles - progress.unprompted,
            _dropped_note(progress),
        )
    ]
    for role in config.roles:
        state = progress.roles[role]
        found.append(
            Stage(
                f"{role.value} dialogues",
                state.final,
                state.assigned or None,
                _note(progress, role),
            )
        )
        if role is Role.teacher and config.trains:
            found.append(_training(progress, config))
    done = progress.jobs.get("evaluate") == "done"
    found.append(Stage("dataset and report", int(done), 1))
    return found


class StageDisplay:
    """A context in which `show` keeps the stages of a run visible."""

    def __init__(self, console: Console, config: RunConfig) -> None:
        self._console = console
        self._config = config
        self._tasks: dict[str, TaskID] = {}
        self._lines: dict[str, tuple[float, int]] = {}
        self._bars = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def show(self, progress: RunProgress) -> None:
        """Bring the display up to date."""
        for stage in stages(progress, self._config):
            if self._console.is_terminal:
                self._show_bar(stage)
            else:
                self._show_line(stage)

    def _show_bar(self, stage: Stage) -> None:
        if stage.name not in self._tasks:
            # A resumed run's earlier work must not count as speed: the task starts where it is.
            self._tasks[stage.name] = self._bars.add_task(
                stage.name, total=stage.total, completed=stage.done, note="", start=False
            )
        task = self._tasks[stage.name]
        if stage.total is not None and not self._bars.tasks[task].started:
            self._bars.start_task(task)
        self._bars.update(task, total=stage.total, completed=stage.done, note=stage.note)

    def _show_line(self, stage: Stage) -> None:
        now = time.monotonic()
        shown_at, shown = self._lines.get(stage.name, (0.0, 0))
        if stage.done == shown or (now - shown_at < LINE_EVERY_S and not stage.finished):
            return
        self._lines[stage.name] = (now, stage.done)
        total = "?" if stage.total is None else f"{stage.total:,}"
        note = f"  {stage.note}" if stage.note else ""
        self._console.print(f"{stage.name}: {stage.done:,}/{total}{note}", markup=False)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.1f}/s" if speed else "", style="dim")


def _note(progress: RunProgress, role: Role) -> str:
    state = progress.roles[role]
    parts = [
        f"{state.verdicts[verdict]:,} {verdict.value}"
        for verdict in Verdict
        if state.verdicts.get(verdict)
    ]
    parts += [f"{rule} {count:,}" for rule, count in list(state.reasons.items())[:4]]
    return ", ".join(parts)


def _training(progress: RunProgress, config: RunConfig) -> Stage:
    step = progress.training.get("step", 0)
    done = step if isinstance(step, int) else 0
    if progress.adapter_id is not None:  # maybe stopped early: then fewer steps were all of them
        return Stage("fine-tuning", done, done)
    # `epochs` may make them fewer than the configuration's max_steps.
    steps = progress.training.get("steps", config.distillation.max_steps)
    loss = progress.training.get("loss")
    return Stage(
        "fine-tuning",
        done,
        steps if "train" in progress.jobs and isinstance(steps, int) else None,
        f"loss {loss:.3f}" if isinstance(loss, float) else "",
    )


def _dropped_note(progress: RunProgress) -> str:
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in progress.dropped.items())
    return f"dropped: {reasons}" if reasons else ""
