"""Judges one dialogue: all rules of the run's profile, and all they have against it."""

from __future__ import annotations

from recdial.domain import Frozen, Reason, Span, Turn, Verdict
from recdial.linking import Link
from recdial.settings import FilteringConfig
from services.filter.parsing import ParsedDialogue, parse_turns
from services.filter.rules import RULES, Candidate, JudgingContext, Profile
from services.filter.title_mentions import mention_titles

__all__ = ["Judgement", "JudgingContext", "judge"]


class Judgement(Frozen):
    """The verdict on a dialogue."""

    turns: tuple[Turn, ...]
    """As parsed, of a rejected dialogue too; titles in prose are ids where it is clear which."""
    verdict: Verdict
    """accepted or rejected."""
    reasons: tuple[Reason, ...]
    """Every rule that rejects it, each once; none for an accepted dialogue."""
    notes: tuple[Reason, ...] = ()
    """What was mended (`parsing`, `title_in_prose`), and the rules that warn."""


def judge(
    text: str,
    finish_reason: str,
    context: JudgingContext,
    config: FilteringConfig,
    profile: Profile = "strict",
) -> Judgement:
    """Judge the text a model wrote (paper, §3.4).

    `finish_reason` is the completion's (`stop` or `length`). Never raises, whatever the text.
    """
    parsed = parse_turns(text)
    dialogue, notes = parsed, _parsing_notes(parsed)
    if profile == "strict" and context.linker is not None:
        turns, titles = mention_titles(parsed.turns, context.linker, context.prompt_item_ids)
        dialogue = parsed.model_copy(update={"turns": turns})
        notes += _title_notes(titles)
    candidate = Candidate(text, dialogue, finish_reason, context, config, _links(dialogue, context))
    reasons = []
    for rule in RULES[profile]:
        switch = config.switch(rule.__name__) if profile == "strict" else "reject"
        found = rule(candidate) if switch != "off" else None
        if found is None:
            continue
        if switch == "reject":
            reasons.append(found.model_copy(update={"severity": "reject"}))
        else:
            notes += (found.model_copy(update={"severity": "warn"}),)
    return Judgement(
        turns=dialogue.turns,
        verdict=Verdict.rejected if reasons else Verdict.accepted,
        reasons=tuple(reasons),
        notes=notes,
    )


def _links(dialogue: ParsedDialogue, context: JudgingContext) -> tuple[tuple[Link, ...], ...]:
    if context.linker is None:
        return ()
    return tuple(
        context.linker.link(turn.text, favoured=context.prompt_item_ids) for turn in dialogue.turns
    )


def _parsing_notes(parsed: ParsedDialogue) -> tuple[Reason, ...]:
    if not parsed.repairs:
        return ()
    detail = f"understood in spite of its form: {', '.join(parsed.repairs)}"
    return (Reason(rule="parsing", detail=detail, severity="repair"),)


def _title_notes(titles: tuple[Span, ...]) -> tuple[Reason, ...]:
    if not titles:
        return ()
    return (
        Reason(
            rule="title_in_prose",
            detail="titles turned into ids: " + ", ".join(title.text for title in titles),
            turn=titles[0].turn,
            spans=titles,
            severity="repair",
        ),
    )
