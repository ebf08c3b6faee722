"""Clean dialogues: prompts of the prompter about made-up users, answered by the scripted writer."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple
from uuid import UUID

from recdial.domain import Interaction, ItemFacts, UserProfile
from recdial.promptfacts import history_is_shown, parse_facts, parse_length_rule
from recdial.settings import RunConfig
from services.generator.scripted.dialogue import write_dialogue
from services.prompter.prompts import build_prompt
from tests.gate.records import GatePrompt

CONFIG = RunConfig.model_validate(
    {
        "name": "gate",
        "source": {"reviews": "none.jsonl", "tmdb": "none.json"},
        "prompting": {"min_utterances": 6, "max_utterances": 10, "max_keywords": 3},
        "teacher": {"backend": "scripted"},
        "student": {"backend": "scripted"},
        "distillation": {"mode": "none"},
    }
)


class Utterance(NamedTuple):
    """What is said, behind its label."""

    label: str
    text: str


class Base(NamedTuple):
    """A clean dialogue with its prompt."""

    stereotype: str
    prompt: GatePrompt
    utterances: tuple[Utterance, ...]


def write(catalogue: Mapping[str, ItemFacts], stereotype: str, number: int) -> Base:
    """The dialogue of the made-up user of a number; equal arguments give equal text."""
    rng = Random(f"gate {stereotype} {number}")
    profile = _profile(list(catalogue.values()), number, rng)
    prompt = build_prompt(UUID(int=0), profile, stereotype, CONFIG)
    system, user = (message.content for message in prompt.messages)
    facts = parse_facts(user)
    text = write_dialogue(facts, stereotype, parse_length_rule(system), rng.getrandbits(32))
    shown = history_is_shown(user)
    return Base(
        stereotype=stereotype,
        prompt=GatePrompt(
            liked=tuple(item.item_id for item in facts.liked) if shown else (),
            disliked=tuple(item.item_id for item in facts.disliked) if shown else (),
            target=facts.target.item_id,
        ),
        utterances=tuple(Utterance(*line.split(" ", 1)) for line in text.split("\n")),
    )


def render(utterances: tuple[Utterance, ...]) -> str:
    """The raw text of a dialogue."""
    return "\n".join(f"{label} {text}".rstrip(" ") for label, text in utterances)


def _profile(films: list[ItemFacts], number: int, rng: Random) -> UserProfile:
    chosen = rng.sample(films, rng.randint(5, 8))
    *history, target = chosen
    # The first two are sure to be a like and a dislike, for defects that need one.
    ratings = [5.0, 1.5, *(rng.choice((1.0, 2.0, 4.0, 4.5, 5.0)) for _ in history[2:])]
    return UserProfile(
        user_id=f"gate-{number}",
        history=tuple(
            Interaction(item=film, rating=rating, timestamp=at)
            for at, (film, rating) in enumerate(zip(history, ratings, strict=True))
        ),
        target=Interaction(item=target, rating=5.0, timestamp=len(history)),
    )
