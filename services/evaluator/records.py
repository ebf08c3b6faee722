"""One dialogue of a dataset: a line of `dataset.jsonl` (docs/dataset.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from recdial.domain import Frozen, Role, Turn
from recdial.mentions import replace_mentions


class TargetItem(Frozen):
    """The item the assistant was to recommend, and what the user thought of it."""

    item_id: str
    title: str
    year: int | None
    rating: float
    liked: bool


class RatedItem(Frozen):
    """One item of the user's history."""

    item_id: str
    title: str
    rating: float
    liked: bool


class Provenance(Frozen):
    """What the dialogue came from, enough to find it again and to make it again."""

    run_id: str
    run_name: str
    config_digest: str
    """SHA-256 of the resolved configuration."""
    template_version: str
    """Version of the prompt's templates."""
    backend: str
    model: str
    adapter_id: str | None
    adapter_sha256: str | None
    base_model: str | None
    """The model the adapter belongs to."""
    sampling: dict[str, float | int | None]
    attempt: int
    finish_reason: str
    generated_at: datetime


class DialogueRecord(Frozen):
    """One dialogue with all that is known of it."""

    dialogue_id: str
    prompt_id: str
    user_id: str
    history_number: int
    """Which of the user's histories, from 0."""
    stereotype: str
    role: Role
    """Which model wrote it."""
    turns: tuple[Turn, ...]
    """The utterances; items are mentioned as `<id_…>`."""
    target: TargetItem
    history: tuple[RatedItem, ...]
    """Oldest first."""
    history_shown: bool
    """Whether the writer was shown the history (newcomers' writers are not)."""
    items: dict[str, str]
    """Title, with the year where it is known, of every catalogue item mentioned."""
    provenance: Provenance


def titled_text(turn: Turn, items: Mapping[str, str]) -> str:
    """The utterance with titles in place of ids; an id that is not in `items` stays."""
    return replace_mentions(turn.text, lambda item_id: items.get(item_id, f"<id_{item_id}>"))
