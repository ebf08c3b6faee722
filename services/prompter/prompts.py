"""A profile and a stereotype become the prompt a model writes a dialogue from (paper, §3.2)."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined

from recdial.domain import ChatMessage, Frozen, UserProfile
from recdial.ids import prompt_id, seeded_draw
from recdial.promptfacts import (
    DATA_BEGINS,
    DATA_ENDS,
    length_rule,
    render_facts,
    user_type_line,
)
from recdial.settings import RunConfig
from services.prompter.features import prompt_facts
from services.prompter.stereotypes import STEREOTYPE_TABLE

PROMPT_FORMAT = "1"
"""Raised when the text of a prompt changes for a reason other than its templates."""


class Prompt(Frozen):
    """One prompt, with what is needed to release it and to judge what comes back."""

    prompt_id: UUID
    user_id: str
    history_number: int
    stereotype: str
    template_version: str
    """`PROMPT_FORMAT` and a short hash of the templates, e.g. `1-3fa9c07d`."""
    messages: tuple[ChatMessage, ...]
    """The system message (the rules) and the user message (the facts)."""
    item_ids: tuple[str, ...]
    """Ids the dialogue may mention: the history where it is shown, and the target."""
    target_item_id: str
    draw: int
    """Place in the lottery for the teacher's prompts: the lowest of a stereotype are its share."""


def build_prompt(run_id: UUID, profile: UserProfile, stereotype: str, config: RunConfig) -> Prompt:
    """The prompt of one profile. Its text depends on the profile and the config, not on the run.

    Raises pydantic.ValidationError for an item whose id cannot be written as `<id_…>`.
    """
    kind = STEREOTYPE_TABLE[stereotype]
    facts = prompt_facts(profile, kind, config.prompting, config.profile)
    return Prompt(
        prompt_id=prompt_id(run_id, profile.user_id, profile.history_number, stereotype),
        user_id=profile.user_id,
        history_number=profile.history_number,
        stereotype=stereotype,
        template_version=template_version(),
        messages=(
            ChatMessage(role="system", content=system_message(stereotype, config)),
            ChatMessage(role="user", content=render_facts(facts, history_shown=kind.shows_history)),
        ),
        item_ids=facts.item_ids,
        target_item_id=facts.target.item_id,
        draw=seeded_draw(config.seed, "teacher", profile.user_id, profile.history_number),
    )


def prompt_row(run_id: UUID, prompt: Prompt, profile: UserProfile) -> dict[str, Any]:
    """The row of the table `prompts` (recdial.store.models.Prompt) for a prompt of a profile."""
    values = prompt.model_dump(mode="json", exclude={"prompt_id"})
    return values | {
        "id": prompt.prompt_id,
        "run_id": run_id,
        "history": [
            {
                "item_id": rated.item.item_id,
                "title": rated.item.title,
                "rating": rated.rating,
                "liked": rated.liked,
            }
            for rated in profile.history
        ],
        "history_shown": STEREOTYPE_TABLE[prompt.stereotype].shows_history,
        "target_rating": profile.target.rating,
        "target_liked": profile.target.liked,
    }


def system_message(stereotype: str, config: RunConfig) -> str:
    """The rules for one stereotype. What all stereotypes share comes first, for prefix caches."""
    return (
        _environment()
        .get_template("system.j2")
        .render(
            stereotype=stereotype,
            user_type_line=user_type_line(stereotype),
            length_rule=length_rule(
                config.prompting.min_utterances, config.prompting.max_utterances
            ),
            data_begins=DATA_BEGINS,
            data_ends=DATA_ENDS,
            strict=config.profile == "strict",
        )
    )


@cache
def template_version() -> str:
    """Identifies the templates in use: it changes whenever one of them does."""
    environment = _environment()
    digest = hashlib.sha256()
    for name in environment.list_templates(extensions=["j2"]):
        digest.update(f"{name}\0{_loader().get_source(environment, name)[0]}\0".encode())
    return f"{PROMPT_FORMAT}-{digest.hexdigest()[:8]}"


def as_text(prompt: Prompt) -> str:
    """The prompt to read: each message under its role."""
    return "\n\n".join(f"--- {part.role} ---\n{part.content}" for part in prompt.messages)


@cache
def _loader() -> PackageLoader:
    return PackageLoader("services.prompter", "templates")


@cache
def _environment() -> Environment:
    return Environment(loader=_loader(), undefined=StrictUndefined, trim_blocks=True)
