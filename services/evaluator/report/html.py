"""Renders a report as one self-contained page: no script, and nothing is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from recdial import evidence
from recdial.domain import Role
from recdial.mentions import mention, split_mentions
from recdial.promptfacts import DISPLAY_NAMES
from services.evaluator.records import DialogueRecord
from services.evaluator.report import plots
from services.evaluator.report.catalogue import catalogue_view
from services.evaluator.report.model import RejectedDialogue, RunReport, VerdictCounts
from services.evaluator.report.reference import DISTILLRECDIAL, DOI, PUBLISHED, SOURCE
from services.evaluator.statistics import GroupStatistics, Histogram


def render_html(report: RunReport) -> str:
    """The page. Equal reports give equal pages; all texts of users and models are escaped."""
    roles = [role for role in Role if report.verdicts.get(role, VerdictCounts()).total]
    # The last role to write makes the dataset.
    main = roles[-1] if roles else Role.student
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            roles=roles,
            main=main,
            verdicts={role: report.verdicts.get(role, VerdictCounts()) for role in Role},
            statistics=report.statistics[main].overall if main in report.statistics else None,
            scripted=[role for role in roles if role in report.models and _scripted(report, role)],
            steps=_funnel(report, main),
            published=PUBLISHED,
            source=SOURCE,
            doi=DOI,
            stereotypes=_stereotypes(report, main),
            figures=_figures(report),
            catalogue=catalogue_view(report.grounding),
            dialogues=[_dialogue(record) for record in report.samples.accepted],
            display_names=DISPLAY_NAMES,
        )
        + "\n"
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "evidence": _evidence,
        "count": _count,
        "fixed": _fixed,
        "share": _share,
        "spaced": _spaced,
        "stereotype": _stereotype,
    }
    environment.tests |= {"table": _is_table, "vacant": _is_vacant}
    return environment


def _count(number: int) -> str:
    return f"{number:,}"


def _fixed(number: float, digits: int = 2) -> str:
    return f"{number:,.{digits}f}"


def _share(share: float | None) -> str:
    return "\N{EN DASH}" if share is None else f"{share:.1%}"


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _stereotype(name: str) -> str:
    return DISPLAY_NAMES.get(name, _spaced(name))


def _is_table(value: object) -> bool:
    """Whether a value is a list of rows with the same columns."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(row, dict) and list(row) == list(value[0]) for row in value)
    )


def _is_vacant(value: object) -> bool:
    """Whether there is nothing in a list or mapping, however deep."""
    if isinstance(value, dict):
        return all(_is_vacant(inner) for inner in value.values())
    return value == []


def _scripted(report: RunReport, role: Role) -> bool:
    return report.models[role].scripted


@dataclass(frozen=True)
class _Step:
    """One step of the funnel: how much is left, and what happened on the way to it."""

    name: str
    number: int
    note: str


def _funnel(report: RunReport, main: Role) -> list[_Step]:
    verdicts = report.verdicts.get(main, VerdictCounts())
    each = f"{report.interactions / report.users:.1f} of each user" if report.users else ""
    dropped = ", ".join(
        f"{_count(number)} dropped: {_spaced(reason)}"
        for reason, number in report.dropped_profiles.items()
    )
    kept = f"{verdicts.acceptance:.1%} of {verdicts.total:,}" if verdicts.total else ""
    return [
        _Step("interactions", report.interactions, f"with {report.items:,} items"),
        _Step("users", report.users, each),
        _Step("prompts", report.prompts, dropped or ("no user dropped" if report.prompts else "")),
        _Step(f"accepted {main.value} dialogues", verdicts.accepted, kept),
    ]


@dataclass(frozen=True)
class _StereotypeRow:
    """One stereotype's line in the table."""

    name: str
    prompts: int
    verdicts: Mapping[Role, VerdictCounts]
    statistics: GroupStatistics | None


def _stereotypes(report: RunReport, main: Role) -> list[_StereotypeRow]:
    known = [name for name in DISPLAY_NAMES if name in report.prompts_by_stereotype]
    others = sorted(set(report.prompts_by_stereotype) - set(known))
    measured = report.statistics[main].by_stereotype if main in report.statistics else {}
    return [
        _StereotypeRow(
            name=name,
            prompts=report.prompts_by_stereotype[name],
            verdicts={
                role: report.verdicts_by_stereotype.get(role, {}).get(name, VerdictCounts())
                for role in Role
            },
            statistics=measured.get(name),
        )
        for name in (*known, *others)
    ]


@dataclass(frozen=True)
class _Figure:
    """A plot and the same in words."""

    title: str
    svg: Markup
    words: str
    roles: tuple[Role, ...] = ()
    """Whose bars are in it."""


def _figures(report: RunReport) -> dict[str, _Figure]:
    """The plots there is something to draw for, by name."""
    figures: dict[str, _Figure] = {}
    measured = {
        role: found.overall for role, found in report.statistics.items() if found.overall.dialogues
    }
    if measured:
        turns = {role: group.utterances_histogram for role, group in measured.items()}
        tokens = {role: group.tokens_histogram for role, group in measured.items()}
        figures["turns"] = _Figure(
            "Utterances of a dialogue",
            Markup(
                plots.histogram_plot(
                    "turns",
                    turns,
                    quantity="utterances of a dialogue",
                    counted="dialogues",
                    published=(DISTILLRECDIAL.name, DISTILLRECDIAL.turns),
                )
            ),
            _in_words(turns, "utterances"),
            tuple(measured),
        )
        figures["tokens"] = _Figure(
            "Tokens of an utterance",
            Markup(
                plots.histogram_plot(
                    "tokens",
                    tokens,
                    quantity="tokens of an utterance",
                    counted="utterances",
                    published=(DISTILLRECDIAL.name, DISTILLRECDIAL.tokens),
                )
            ),
            _in_words(tokens, "tokens"),
            tuple(measured),
        )
    reasons = {role: counts for role, counts in report.reasons_by_role.items() if counts}
    if reasons:
        figures["reasons"] = _Figure(
            "Rules broken",
            Markup(plots.reasons_plot("reasons", reasons)),
            "; ".join(
                f"{role.value}: "
                + ", ".join(f"{rule} {number:,}" for rule, number in counts.items())
                for role, counts in reasons.items()
            ),
            tuple(reasons),
        )
    if report.training is not None and len(report.training.loss_curve) > 1:
        losses, validation = report.training.loss_curve, report.training.validation_curve
        told = (
            f"from {losses[0]:.2f} at step 1 to {losses[-1]:.2f} at step {len(losses):,}, "
            f"lowest {min(losses):.2f}"
        )
        if validation:
            step, lowest = min(validation, key=lambda point: point[1])
            told += f"; on validation examples lowest {lowest:.2f} at step {step:,}"
        figures["loss"] = _Figure(
            "Training loss", Markup(plots.loss_plot("loss", losses, validation)), told
        )
    return figures


def _in_words(histograms: Mapping[Role, Histogram], unit: str) -> str:
    return "; ".join(
        f"{role.value}: {min(histogram)} to {max(histogram)} {unit}, "
        f"most often {max(histogram, key=histogram.__getitem__)}"
        for role, histogram in histograms.items()
    )


@dataclass(frozen=True)
class _Piece:
    """A part of an utterance: plain text, or an item by its title."""

    text: str
    item_id: str | None = None
    target: bool = False


def _evidence(sample: RejectedDialogue) -> list[tuple[str, list[evidence.Piece]]]:
    """The utterances of a rejected dialogue, cut where its reasons point."""
    return [
        (turn.speaker, evidence.pieces(turn.text, number, sample.reasons))
        for number, turn in enumerate(sample.turns, 1)
    ]


def _dialogue(record: DialogueRecord) -> dict[str, Any]:
    return {
        "record": record,
        "bubbles": [(turn.speaker, _pieces(turn.text, record)) for turn in record.turns],
    }


def _pieces(text: str, record: DialogueRecord) -> list[_Piece]:
    parts = split_mentions(text)
    return [
        _Piece(part)
        if place % 2 == 0
        else _Piece(record.items.get(part, mention(part)), part, part == record.target.item_id)
        for place, part in enumerate(parts)
        if part
    ]
