"""Judges what is said with the films of the gate set as catalogue."""

from __future__ import annotations

from functools import cache

from recdial.linking import Linker
from recdial.settings import FilteringConfig
from services.filter.judging import Judgement, JudgingContext, judge
from tests.gate.records import read_catalogue


@cache
def _context() -> JudgingContext:
    films = read_catalogue()
    return JudgingContext(
        prompt_item_ids=frozenset({"M0090"}),
        target_item_id="M0090",
        items=films,
        linker=Linker(films.values()),
    )


def judged(user: str, assistant: str) -> Judgement:
    """A short dialogue in which the user opens with one text and the assistant answers another."""
    text = f"[USR] {user}\n[AI] {assistant}\n[USR] I see.\n[AI] Then I recommend <id_M0090>."
    return judge(text, "stop", _context(), FilteringConfig())


def judged_by(rule: str, said: str, *, speaker: str = "assistant") -> tuple[str, ...] | None:
    """What a rule points at in an utterance; None where it has nothing to say."""
    texts = ("Hello, what do you have?", said) if speaker == "assistant" else (said, "Go on.")
    found = [one for one in judged(*texts).reasons if one.rule == rule]
    return tuple(span.text for span in found[0].spans) if found else None
