"""A profile and a stereotype become the prompt a model writes a dialogue from (paper, §3.2)."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined

from recdial.domain import ChatMessage, Frozen, UserProfile
from recdial.ids import prompt_id, seeded_draw
from recdial.promptfacts import (
    DATA_BEGINS,
    DATA_ENDS,
    PromptFacts,
    UserType,
    length_rule,
    render_facts,
    section_lines,
    user_type_line,
)
from recdial.settings import RunConfig
from recdial.stereotypes import Stereotype
from services.prompter.budget import Fitted, fit
from services.prompter.features import prompt_facts
from services.prompter.stereotypes import stereotypes_of
from services.prompter.tokens import ESTIMATE, TokenCounter

PROMPT_FORMAT = "2"
"""Raised when the text of a prompt changes for a reason other than its template and stereotype."""

_TEMPLATE = "system.j2"


class Budget(Frozen):
    """How a prompt was kept within `prompting.max_prompt_tokens`."""

    limit: int
    tokens: int
    counted_by: str
    """`estimate`, or the model whose tokenizer counted."""
    cut: dict[str, int]
    """Of how many items what was cut, e.g. `history.overview: 3`; empty where all fitted."""


class Prompt(Frozen):
    """One prompt, with what is needed to release it and to judge what comes back."""

    prompt_id: UUID
    user_id: str
    history_number: int
    stereotype: str
    template_version: str
    """`PROMPT_FORMAT` and a short hash of template and stereotype, e.g. `2-3fa9c07d`."""
    messages: tuple[ChatMessage, ...]
    """The system message (the rules) and the user message (the facts)."""
    item_ids: tuple[str, ...]
    """Ids the dialogue may mention: the history as far as it is shown, and the target."""
    history_shown: bool
    target_item_id: str
    draw: int
    """Place in the lottery for the teacher's prompts: the lowest of a stereotype are its share."""
    budget: Budget | None = None
    """None where the run sets no limit."""


def build_prompt(
    run_id: UUID,
    profile: UserProfile,
    stereotype: str,
    config: RunConfig,
    counter: TokenCounter = ESTIMATE,
) -> Prompt:
    """The prompt of one profile under the stereotype of a name.

    Its text depends on the profile, the config and, if that sets a limit, on how tokens are
    counted, but not on the run. Raises PromptTooLong if the rules and the target alone exceed the
    limit, and pydantic.ValidationError for an item whose id cannot be written as `<id_…>`.
    """
    kind = stereotypes_of(config.prompting)[stereotype]
    system = system_message(stereotype, config)
    facts = prompt_facts(profile, kind, config.prompting, config.profile)
    budget = None
    if config.prompting.max_prompt_tokens is not None:
        fitted = _fit(facts, profile, system, config.prompting.max_prompt_tokens, counter)
        facts = fitted.facts
        budget = Budget(
            limit=config.prompting.max_prompt_tokens,
            tokens=fitted.tokens,
            counted_by=counter.name,
            cut=fitted.cut,
        )
    return Prompt(
        prompt_id=prompt_id(run_id, profile.user_id, profile.history_number, stereotype),
        user_id=profile.user_id,
        history_number=profile.history_number,
        stereotype=stereotype,
        template_version=template_version(kind),
        messages=(
            ChatMessage(role="system", content=system),
            ChatMessage(role="user", content=render_facts(facts, history_shown=kind.shows_history)),
        ),
        item_ids=facts.item_ids,
        history_shown=kind.shows_history,
        target_item_id=facts.target.item_id,
        draw=seeded_draw(config.seed, "teacher", profile.user_id, profile.history_number),
        budget=budget,
    )


def _fit(
    facts: PromptFacts, profile: UserProfile, system: str, limit: int, counter: TokenCounter
) -> Fitted:
    oldest_first = [rated.item.item_id for rated in profile.history]
    return fit(facts, oldest_first, (*system.split("\n"), *section_lines()), limit, counter)


def prompt_row(
    run_id: UUID, prompt: Prompt, profile: UserProfile, traceparent: str | None = None
) -> dict[str, Any]:
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
        "target_rating": profile.target.rating,
        "target_liked": profile.target.liked,
        "traceparent": traceparent,
    }


def system_message(stereotype: str, config: RunConfig) -> str:
    """The rules for one stereotype. What all stereotypes share comes first, for prefix caches."""
    prompting = config.prompting
    return _system_message(
        stereotypes_of(prompting)[stereotype],
        prompting.min_utterances,
        prompting.max_utterances,
        config.profile == "strict",
    )


@lru_cache(maxsize=256)
def _system_message(kind: Stereotype, minimum: int, maximum: int, strict: bool) -> str:
    return (
        _environment()
        .get_template(_TEMPLATE)
        .render(
            stereotype=kind,
            user_type_line=user_type_line(
                UserType(kind.display_name, kind.preference, kind.clarity)
            ),
            length_rule=length_rule(minimum, maximum),
            data_begins=DATA_BEGINS,
            data_ends=DATA_ENDS,
            strict=strict,
        )
    )


@lru_cache(maxsize=256)
def template_version(stereotype: Stereotype) -> str:
    """Identifies template and stereotype: it changes whenever one of them does."""
    source = _loader().get_source(_environment(), _TEMPLATE)[0]
    digest = hashlib.sha256(f"{source}\0{stereotype.model_dump_json()}".encode())
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
