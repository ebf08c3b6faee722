"""The report on a comparison of generators: what was compared, the tables, and how to read them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recdial.domain import Frozen, SamplingParams
from services.evaluator.comparison import Comparison, Difference, Measures
from services.evaluator.held_out import Population
from services.evaluator.intervals import Estimate


class GeneratorFacts(Frozen):
    """What wrote the texts."""

    backend: str
    """scripted (a program, not a language model), local or hub."""
    model: str
    adapter_id: str | None
    sampling: SamplingParams
    """Without the seed, which differs from prompt to prompt."""


class ComparisonReport(Frozen):
    """A comparison of generators on prompts of a run."""

    recdial_version: str
    created_at: datetime
    run_id: str
    run_name: str
    config_digest: str
    profile: str
    seed: int
    """Of the draw of prompts and of the bootstrap."""
    population: Population
    users: int
    """Users there were to draw from."""
    prompts: int
    """Prompts that were drawn, one of each user."""
    prompts_in_training: int
    """Among them: of users whose dialogue by the teacher the student learned from."""
    generators: dict[str, GeneratorFacts]
    comparison: Comparison
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: ComparisonReport) -> list[Table]:
    """The measures of each generator, and the differences."""
    return [_measures(report), _differences(report)]


def notes(report: ComparisonReport) -> list[str]:
    """How the numbers are to be read."""
    compared = report.comparison
    drawn = (
        "of users the teacher wrote nothing for"
        if report.population is Population.held_out
        else "of any users of the run"
    )
    found = [
        *report.warnings,
        f"{report.prompts} prompts, one of each user, drawn from those of {report.users} users "
        f"({drawn}); for {report.prompts_in_training} of them the student learned from the same "
        "user's dialogue by the teacher.",
        f"Judged by the rules of the profile {report.profile}. A prompt without a text counts as "
        "invalid; all else is over the texts that were written, accepted or not.",
        "In brackets: 95 % confidence. Shares have Wilson's interval (a bootstrap of 0 of 20 has "
        "no width), means and differences a bootstrap's (BCa) over prompts, differences of shares "
        "that are the same for every prompt Newcombe's. No bracket: one text, or all texts alike.",
        f"distinct-1 and distinct-2 are counted on the first {compared.equal_words:,} words of "
        "each generator, since longer texts repeat more words; a mentioned item is one word.",
        "Seconds are from call to text, the wait for other calls of a batch included; those of "
        "texts of the run were measured in the run.",
    ]
    scripted = [name for name, facts in report.generators.items() if facts.backend == "scripted"]
    if scripted:
        found.insert(0, f"Scripted, a program and not a language model: {', '.join(scripted)}.")
    return found


def markdown(report: ComparisonReport) -> str:
    """The report as a page of Markdown."""
    parts = [f"# Generators of {report.run_name}\n"]
    for name, facts in report.generators.items():
        adapter = f", adapter {facts.adapter_id}" if facts.adapter_id else ""
        sampling = facts.sampling
        parts.append(
            f"- **{name}**: {facts.model} ({facts.backend}{adapter}), temperature "
            f"{sampling.temperature:g}, top-p {sampling.top_p:g}, {sampling.max_tokens} tokens"
        )
    for table in tables(report):
        rule = ["---", *("---:" for _ in table.head[1:])]
        rows = [table.head, tuple(rule), *table.rows]
        lines = "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows)
        parts.append(f"\n## {table.title}\n\n{lines}\n")
    parts += ["## How to read it\n", *(f"- {note}" for note in notes(report))]
    parts.append(
        f"\nRun {report.run_id}, configuration {report.config_digest[:12]}, seed {report.seed}; "
        f"recdial {report.recdial_version}, {report.created_at:%Y-%m-%d %H:%M} UTC."
    )
    return "\n".join(parts) + "\n"


def write_comparison(report: ComparisonReport, folder: Path) -> list[Path]:
    """Write `comparison.json` and `comparison.md`; each appears whole or not at all."""
    contents = {
        folder / "comparison.json": report.model_dump_json(indent=2) + "\n",
        folder / "comparison.md": markdown(report),
    }
    for path, content in contents.items():
        partial = path.with_name(f"{path.name}.partial")
        partial.write_text(content, encoding="utf-8")
        os.replace(partial, path)
    return list(contents)


def _measures(report: ComparisonReport) -> Table:
    found = report.comparison.measures
    rules = list(dict.fromkeys(rule for one in found.values() for rule in one.rules))
    lines: list[tuple[str, Callable[[Measures], str]]] = [
        ("texts", _texts),
        ("valid", lambda one: f"{one.accepted}/{one.prompts} = {_share(one.validity)}"),
        *((f"rejected: {rule}", _rule(rule)) for rule in rules),
        ("cut off", lambda one: _share(one.cut_off)),
        ("utterances", lambda one: _number(one.utterances)),
        ("words", lambda one: _number(one.words)),
        ("repetition in a text", lambda one: _number(one.repetition, 3)),
        ("distinct-1", lambda one: _plain(one.distinct_1)),
        ("distinct-2", lambda one: _plain(one.distinct_2)),
        ("similarity of texts", lambda one: _plain(one.similarity)),
        ("tokens in", lambda one: _number(one.tokens_in)),
        ("tokens out", lambda one: _number(one.tokens_out)),
        ("seconds", lambda one: _number(one.seconds)),
    ]
    return Table(
        "Each generator",
        ("", *found),
        tuple((name, *(cell(one) for one in found.values())) for name, cell in lines),
    )


def _texts(one: Measures) -> str:
    parts = [str(one.written)]
    if one.from_run:
        parts.append(f"{one.from_run} of the run")
    if failed := sum(one.failures.values()):
        parts.append(f"{failed} failed")
    return ", ".join(parts)


def _rule(rule: str) -> Callable[[Measures], str]:
    return lambda one: str(one.rules.get(rule, 0))


def _differences(report: ComparisonReport) -> Table:
    found = report.comparison.differences
    columns = list(dict.fromkeys((one.left, one.right) for one in found))
    by_place = {(one.measure, one.left, one.right): one for one in found}
    return Table(
        "Differences on the same prompts",
        ("", *(f"{left} \N{MINUS SIGN} {right}" for left, right in columns)),
        tuple(
            (measure, *(_difference(by_place[measure, *column]) for column in columns))
            for measure in dict.fromkeys(one.measure for one in found)
        ),
    )


def _difference(one: Difference) -> str:
    if one.measure == "validity":
        return _share(one.estimate, signed=True)
    return _number(one.estimate, 3 if one.measure == "repetition" else 1, signed=True)


def _share(estimate: Estimate, *, signed: bool = False) -> str:
    return _shown(estimate, ("+" if signed else "") + ".0%")


def _number(estimate: Estimate, digits: int = 1, *, signed: bool = False) -> str:
    return _shown(estimate, f"{'+' if signed else ''},.{digits}f")


def _plain(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.3f}"


def _shown(estimate: Estimate, form: str) -> str:
    if estimate.value is None:
        return "\N{EN DASH}"
    shown = format(estimate.value, form)
    interval = estimate.interval
    if interval is None:
        return shown
    return f"{shown} [{format(interval.low, form)}, {format(interval.high, form)}]"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
