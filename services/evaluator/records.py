"""One dialogue of a dataset: a line of `dataset.jsonl` (docs/dataset.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from recdial.domain import Frozen, Role, Turn
from recdial.mentions import mention, replace_mentions

_YEAR = re.compile(r" \(-?[0-9]+\)\Z")


class TargetItem(Frozen):
    """The item the assistant was to recommend, and what the user thought of it."""

    item_id: str
    title: str
    year: int | None
    """Year of release, where it is known."""
    rating: float
    """The user's, 0.5 to 5."""
    liked: bool
    """Whether the rating is above 3: always, in the strict profile."""


class RatedItem(Frozen):
    """One item of the user's history."""

    item_id: str
    title: str
    rating: float
    """The user's, 0.5 to 5."""
    liked: bool
    """Whether the rating is above 3."""


class Provenance(Frozen):
    """What the dialogue came from, enough to find it again and to make it again."""

    run_id: str
    run_name: str
    config_digest: str
    """SHA-256 of the resolved configuration (`run.yaml`), whatever its `until`."""
    template_version: str
    """Version of the prompt's templates."""
    backend: str
    """scripted (a program, not a language model), local or hub."""
    model: str
    """The model, as the backend was asked for it."""
    adapter_id: str | None
    """The LoRA adapter the model wrote with, if any."""
    adapter_sha256: str | None
    base_model: str | None
    """The model the adapter belongs to."""
    sampling: dict[str, float | int | None]
    """max_tokens, temperature, top_p, seed."""
    attempt: int
    """Which attempt at the prompt this is, from 1."""
    finish_reason: str
    """stop, or length where the model was cut off."""
    generated_at: datetime
    """When the text was stored (UTC)."""


class DialogueRecord(Frozen):
    """One dialogue with all that is known of it."""

    dialogue_id: str
    prompt_id: str
    """Dialogues of the two roles for the same user and history share it."""
    user_id: str
    """As in the source of the interactions."""
    history_number: int
    """Which of the user's histories, from 0."""
    stereotype: str
    """The kind of user simulated: one of `recdial.settings.STEREOTYPES`."""
    role: Role
    """Which model wrote it: teacher or student."""
    turns: tuple[Turn, ...]
    """The utterances: speaker, text with items mentioned as `<id_…>`, ids of the items."""
    target: TargetItem
    history: tuple[RatedItem, ...]
    """What the user rated before the target, oldest first."""
    history_shown: bool
    """Whether the writer was shown the history (newcomers' writers are not)."""
    items: dict[str, str]
    """By id: title, with the year where it is known, of every catalogue item mentioned."""
    provenance: Provenance


def titled_text(turn: Turn, items: Mapping[str, str]) -> str:
    """The utterance with titles in place of ids; an id that is not in `items` stays."""
    return replace_mentions(turn.text, lambda item_id: items.get(item_id, mention(item_id)))


def bare_title(title: str) -> str:
    """A title of a record's `items` without its year: `Heat` for `Heat (1995)`."""
    return _YEAR.sub("", title)
