"""What `recdial filter` does: reads a file of dialogues, judges each, writes what was found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from rich.progress import track
from rich.table import Table

from recdial.cli.console import err, explained, out, plural
from recdial.config_file import ConfigError
from recdial.domain import Frozen, ItemFacts, Reason, Turn, Verdict
from recdial.settings import FilteringConfig
from services.filter.judging import Judgement
from services.filter.outside import FileUnusable, Format, OutsideDialogue, OutsideFile, read_outside
from services.filter.outside_judging import Summary, all_items, judge_outside, summary


class JudgedLine(Frozen):
    """A line of `verdicts.jsonl`."""

    dialogue_id: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    notes: tuple[Reason, ...]
    turns: tuple[Turn, ...]


def judge_file(
    file: Path,
    to: Path | None,
    format_: Format | None,
    items: Path | None,
    tmdb: Path | None,
    settings: list[str],
) -> None:
    """Judge the dialogues of a file; see `filter_file` for what is given."""
    with explained():
        config = _filtering(settings)
        try:
            found = read_outside(file, format_)
        except FileUnusable as error:
            raise ConfigError(str(error)) from error
        catalogue = all_items(_catalogue(items, tmdb), found.dialogues)
    if not catalogue:
        err.print(
            "No catalogue is known: give --items or --tmdb, or every id counts as unknown and no "
            "title or fact is checked.",
            style="yellow",
        )
    folder = to or file.with_name(f"{file.name}.filter")
    folder.mkdir(parents=True, exist_ok=True)
    judged = []
    with (folder / "verdicts.jsonl").open("w", encoding="utf-8") as verdicts:
        judging = judge_outside(found.dialogues, catalogue, config)
        for one in track(judging, "judging", len(found.dialogues), console=err):
            judged.append(one)
            verdicts.write(_line(*one).model_dump_json(exclude_defaults=True) + "\n")
    counted = summary(judged)
    page = _page(file, found, len(catalogue), counted)
    (folder / "report.md").write_text(page, encoding="utf-8")
    out.print(_table(counted))
    for line in found.odd[:5]:
        err.print(f"{file}, line {line.line} was left out: {line.cause}", style="yellow")
    accepted = f"{counted.accepted:,} of {plural(counted.dialogues, 'dialogue')} accepted"
    out.print(f"{accepted}; {folder / 'report.md'}, {folder / 'verdicts.jsonl'}", soft_wrap=True)


def _filtering(settings: list[str]) -> FilteringConfig:
    values: dict[str, Any] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            raise ConfigError(f"--set {setting}: must be KEY=VALUE")
        name, _, rule = key.removeprefix("filtering.").partition(".")
        if rule:
            values.setdefault(name, {})[rule] = yaml.safe_load(value)
        else:
            values[name] = yaml.safe_load(value)
    try:
        return FilteringConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(f"--set: {error.errors()[0]['msg']}") from error


def _catalogue(items: Path | None, tmdb: Path | None) -> list[ItemFacts]:
    found: list[ItemFacts] = []
    if items is not None:
        one = TypeAdapter(ItemFacts)
        for number, line in enumerate(items.read_bytes().splitlines(), 1):
            try:
                found.append(one.validate_json(line))
            except ValidationError as error:
                what = error.errors()[0]
                where = ".".join(map(str, what["loc"]))
                raise ConfigError(f"{items}, line {number}: {where} {what['msg']}") from error
    if tmdb is not None:
        from services.grounding.catalogue import read_catalogue
        from services.grounding.files import SourceError

        try:
            found += read_catalogue(tmdb).items.values()
        except SourceError as error:
            raise ConfigError(str(error)) from error
    return found


def _line(dialogue: OutsideDialogue, judgement: Judgement) -> JudgedLine:
    return JudgedLine(
        dialogue_id=dialogue.dialogue_id,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        notes=judgement.notes,
        turns=judgement.turns,
    )


def _table(counted: Summary) -> Table:
    table = Table("rule", "dialogues", "share", "for example", box=None)
    for rule, count in counted.rules.items():
        detail = counted.examples[rule][0][1]
        table.add_row(rule, f"{count:,}", f"{count / counted.dialogues:.1%}", detail[:90])
    return table


def _page(file: Path, found: OutsideFile, items: int, counted: Summary) -> str:
    share = counted.accepted / counted.dialogues
    lines = [
        f"# What the filter says of {file.name}",
        "",
        f"Format {found.format}; {counted.dialogues:,} dialogues, a catalogue of {items:,} items. "
        f"**{counted.accepted:,} accepted ({share:.1%})**, "
        f"{counted.dialogues - counted.accepted:,} rejected; {len(found.odd):,} lines left out.",
        "",
        "| rule | dialogues | share |",
        "| --- | ---: | ---: |",
        *(
            f"| {rule} | {count:,} | {count / counted.dialogues:.1%} |"
            for rule, count in counted.rules.items()
        ),
        "",
        "A dialogue may break several rules. What was mended or only warned of: "
        + (", ".join(f"{rule} {count:,}" for rule, count in counted.notes.items()) or "nothing")
        + ".",
    ]
    for rule, examples in counted.examples.items():
        lines += ["", f"## {rule}", ""]
        lines += [f"- dialogue {dialogue_id}: {detail}" for dialogue_id, detail in examples]
    if found.odd:
        lines += ["", "## Lines left out", ""]
        lines += [f"- line {odd.line}: {odd.cause}" for odd in found.odd[:50]]
    return "\n".join(lines) + "\n"
