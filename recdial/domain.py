"""The vocabulary all services share: items, interactions, users, roles and chat messages."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

LIKED_ABOVE = 3.0
"""A rating strictly above this is a liked item (paper, §3.1)."""


class Frozen(BaseModel):
    """An immutable value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Role(StrEnum):
    """Which model writes a dialogue."""

    teacher = "teacher"
    student = "student"


class Verdict(StrEnum):
    """How the filter ends a dialogue."""

    accepted = "accepted"
    rejected = "rejected"
    failed = "failed"
    """No dialogue could be written or judged: the work was exhausted."""


class RunState(StrEnum):
    """How a run stands."""

    running = "running"
    paused = "paused"
    """Nothing new is admitted; what is in flight finishes."""
    cancelled = "cancelled"
    """Ended by a user, for good."""
    completed = "completed"
    failed = "failed"
    """It could not go on. It can be resumed once the cause is mended."""


class ItemFacts(Frozen):
    """One catalogue item with what TMDB knows about it. Lists are in order of importance."""

    item_id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    year: int | None = None
    genres: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    directors: tuple[str, ...] = ()
    overview: str = ""
    collection: str = ""
    countries: tuple[str, ...] = ()
    visual_caption: str = ""


class Interaction(Frozen):
    """One rating of one item by one user, the review included."""

    item: ItemFacts
    rating: float = Field(ge=0.5, le=5.0, description="Half a star (MovieLens) to five.")
    timestamp: int = Field(description="Milliseconds since the epoch.")
    review_title: str = ""
    review_text: str = ""

    @property
    def liked(self) -> bool:
        """Whether the rating counts as a like (rating > 3)."""
        return self.rating > LIKED_ABOVE


class UserProfile(Frozen):
    """One user's history, oldest first, and the target item to be recommended.

    `history` is empty for a user with nothing before the target, who can only be a newcomer.
    """

    user_id: str = Field(min_length=1)
    history_number: int = Field(default=0, description="Which of the user's histories, from 0.")
    history: tuple[Interaction, ...] = Field(description="Oldest first.")
    target: Interaction = Field(description="What the assistant is to recommend.")


class ChatMessage(Frozen):
    """One message of a chat prompt, as every chat API takes it."""

    role: Literal["system", "user", "assistant"]
    content: str


class SamplingParams(Frozen):
    """How a text is sampled. `temperature` 0 means greedy."""

    max_tokens: int = Field(default=1024, gt=0, description="Longer texts are cut off.")
    temperature: float = Field(default=0.7, ge=0.0, description="0 is greedy.")
    top_p: float = Field(default=0.95, gt=0.0, le=1.0, description="Nucleus sampling.")
    seed: int | None = Field(default=None, description="Of this call; none leaves it to chance.")


class AdapterRef(Frozen):
    """A published LoRA adapter: where it is and exactly which bytes it is."""

    adapter_id: str
    uri: str = Field(description="The folder, as a path or a file:// URL.")
    sha256: str = Field(description="Digest of the folder's files (recdial/llm/adapters.py).")
    base_model: str = Field(description="The model it belongs to, exactly as it is served.")


class Span(Frozen):
    """A place in a dialogue: `text` is what stands at [start, end) of an utterance's text."""

    turn: int = Field(ge=1, description="Number of the utterance, from 1.")
    start: int = Field(ge=0, description="First character.")
    end: int = Field(ge=0, description="Behind the last character.")
    text: str = Field(description="The evidence: what stands there.")


Severity: TypeAlias = Literal["reject", "warn", "repair"]
"""What a finding does to a dialogue: it is rejected, it is remarked upon, it was mended."""


class Reason(Frozen):
    """What a rule of the filter has found in a dialogue: its name, and what it saw where."""

    rule: str
    detail: str
    turn: int | None = None
    """The first utterance concerned; none where it is the whole dialogue."""
    spans: tuple[Span, ...] = ()
    """Where exactly; none where nothing can be pointed at (an utterance is missing, …)."""
    severity: Severity = "reject"


class Turn(Frozen):
    """One utterance. `items` are the ids mentioned in `text`, in order, without repeats."""

    speaker: Literal["user", "assistant"]
    text: str
    items: tuple[str, ...] = ()
