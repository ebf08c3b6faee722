"""A dialogue no rule objects to, and a way to judge variations of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recdial.domain import ItemFacts, Turn
from recdial.mentions import mentioned_items
from recdial.settings import FilteringConfig
from recdial.transcript import render_turns
from services.filter.judging import Judgement, JudgingContext, judge
from services.filter.parsing import ParsedDialogue
from services.filter.rules.candidate import Candidate

GOOD = """[USR] I liked <id_T1> a lot. What else is there?
[AI] Then <id_T2> might be for you.
[USR] I know that one already.
[AI] Have you seen <id_T9>?
[USR] No, I will watch it tonight."""

CONTEXT = JudgingContext(
    prompt_item_ids=frozenset({"T1", "T9"}),
    target_item_id="T9",
    items={"T2": ItemFacts(item_id="T2", title="A Second")},
)


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def judged() -> Callable[..., Judgement]:
    """Judges a text about the target T9, with T1 in the prompt and T2 in the catalogue."""

    def run(text: str, finish_reason: str = "stop", profile: str = "strict") -> Judgement:
        return judge(text, finish_reason, CONTEXT, FilteringConfig(), profile)  # type: ignore[arg-type]

    return run


@pytest.fixture
def said() -> Callable[..., Candidate]:
    """A dialogue of these utterances, the user's first, before its verdict."""

    def of(*texts: str, finish_reason: str = "stop", **filtering: object) -> Candidate:
        turns = tuple(
            Turn(
                speaker="assistant" if number % 2 else "user",
                text=text,
                items=tuple(mentioned_items(text)),
            )
            for number, text in enumerate(texts)
        )
        return Candidate(
            text=render_turns(turns),
            dialogue=ParsedDialogue(turns=turns),
            finish_reason=finish_reason,
            context=CONTEXT,
            config=FilteringConfig.model_validate(filtering),
        )

    return of
