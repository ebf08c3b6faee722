"""Judges one dialogue: all rules of the run's profile, and all they have against it."""

from __future__ import annotations

from recdial.domain import Frozen, Reason, Turn, Verdict
from recdial.settings import FilteringConfig
from services.filter.parsing import parse_turns
from services.filter.rules import RULES, Candidate, JudgingContext, Profile
from services.filter.rules.mentions import bracketed

__all__ = ["Judgement", "JudgingContext", "judge", "mentioned"]


class Judgement(Frozen):
    """The verdict on a dialogue."""

    turns: tuple[Turn, ...]
    """As parsed, of a rejected dialogue too."""
    verdict: Verdict
    """accepted or rejected."""
    reasons: tuple[Reason, ...]
    """Every rule that rejects it, each once; none for an accepted dialogue."""


def mentioned(text: str) -> tuple[str, ...]:
    """Ids a caller should look up in the catalogue before `judge`, each once.

    Besides the mentions `<id_X>` these are what stands in plain brackets: `<X>` is a malformed
    mention where X is an item.
    """
    turns = parse_turns(text).turns
    return tuple(
        dict.fromkeys(item for turn in turns for item in (*turn.items, *bracketed(turn.text)))
    )


def judge(
    text: str,
    finish_reason: str,
    context: JudgingContext,
    config: FilteringConfig,
    profile: Profile = "strict",
) -> Judgement:
    """Judge the text a model wrote (paper, §3.4).

    `finish_reason` is the completion's (`stop` or `length`). Text before the first marker is left
    out without being held against the dialogue. Never raises, whatever the text.
    """
    candidate = Candidate(text, parse_turns(text), finish_reason, context, config)
    found = (rule(candidate) for rule in RULES[profile])
    reasons = tuple(reason for reason in found if reason is not None)
    return Judgement(
        turns=candidate.dialogue.turns,
        verdict=Verdict.rejected if reasons else Verdict.accepted,
        reasons=reasons,
    )
