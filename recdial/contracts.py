"""Every message between services: one pydantic model per topic, with a common envelope.

`docs/messages.md` is generated from this module (`python -m recdial.contracts_doc`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar, Literal, TypeAlias
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, field_validator

from recdial.domain import AdapterRef, ChatMessage, Reason, Role, SamplingParams, UserProfile

SCHEMA_VERSION = 2
ACCEPTED_VERSIONS = (SCHEMA_VERSION - 1, SCHEMA_VERSION)
"""Consumers are upgraded before producers, so each accepts its version and the one before."""


class Message(BaseModel):
    """The envelope: what every message carries."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: ClassVar[str]
    producers: ClassVar[tuple[str, ...]]
    consumers: ClassVar[tuple[str, ...]]

    message_id: UUID = Field(default_factory=uuid4, description="Unique for each publication.")
    run_id: UUID = Field(description="The run the message belongs to.")
    schema_version: int = Field(default=SCHEMA_VERSION, description="Version of these contracts.")
    occurred_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC), description="When it was published (UTC)."
    )

    @field_validator("schema_version")
    @classmethod
    def _known_version(cls, value: int) -> int:
        if value not in ACCEPTED_VERSIONS:
            raise ValueError(
                f"schema_version {value} is not one of {ACCEPTED_VERSIONS}: "
                "upgrade the consumers before the producers"
            )
        return value


class RunRequested(Message):
    """A run is to be done: ground its source."""

    topic = "run.requested"
    producers = ("cli",)
    consumers = ("grounding",)


class ProfileGrounded(Message):
    """One user's history and target item, with the facts of every item."""

    topic = "profile.grounded"
    producers = ("grounding",)
    consumers = ("prompter",)

    profile: UserProfile = Field(description="The user's history and target, with facts.")


class RunGrounded(Message):
    """All profiles of the run were published."""

    topic = "run.grounded"
    producers = ("grounding",)
    consumers = ("prompter", "filter")

    profiles: int = Field(ge=0, description="How many profiles the run has.")


class PromptsRelease(Message):
    """Publish a role's prompts to the generator."""

    topic = "prompts.release"
    producers = ("prompter",)
    consumers = ("prompter",)

    role: Role = Field(description="Whose prompts.")
    adapter: AdapterRef | None = Field(
        default=None, description="The adapter the student writes with; none for the base model."
    )


class PromptIssued(Message):
    """One prompt for one model (the common part of the two prompt topics)."""

    role: ClassVar[Role]

    prompt_id: UUID
    dialogue_id: UUID = Field(description="Id of the dialogue this attempt will write.")
    messages: tuple[ChatMessage, ...] = Field(min_length=1, description="The chat to complete.")
    sampling: SamplingParams = Field(description="How to sample; the seed is the attempt's own.")
    attempt: int = Field(default=1, ge=1, description="Which attempt at the prompt, from 1.")
    adapter: AdapterRef | None = Field(default=None, description="None for the base model.")


class TeacherPrompt(PromptIssued):
    """One prompt the teacher is to write a dialogue for."""

    topic = "prompt.teacher"
    producers = ("prompter", "filter")
    consumers = ("generator",)
    role = Role.teacher


class StudentPrompt(PromptIssued):
    """One prompt the student is to write a dialogue for."""

    topic = "prompt.student"
    producers = ("prompter", "filter")
    consumers = ("generator",)
    role = Role.student


class DialogueEvent(Message):
    """Something happened to one dialogue (the common part of the dialogue topics)."""

    dialogue_id: UUID
    prompt_id: UUID
    role: Role = Field(description="Which model wrote it.")
    attempt: int = Field(default=1, ge=1, description="Which attempt at the prompt, from 1.")


class DialogueGenerated(DialogueEvent):
    """The raw text of a dialogue is stored and waits to be judged."""

    topic = "dialogue.generated"
    producers = ("generator",)
    consumers = ("filter",)


class DialogueFailed(DialogueEvent):
    """No dialogue could be written, or none judged; the cause says why."""

    topic = "dialogue.failed"
    producers = ("generator", "filter")
    consumers = ("filter",)

    cause: str = Field(description="The last error.")
    rule: Literal["not_written", "limit_reached"] = Field(
        default="not_written", description="What the verdict gives as its reason."
    )


class DialogueAccepted(DialogueEvent):
    """The filter accepted a dialogue. For whoever follows a run live; reports read the store."""

    topic = "dialogue.accepted"
    producers = ("filter",)
    consumers = ()

    final: bool = Field(default=True, description="Whether no further attempt follows.")


class DialogueRejected(DialogueEvent):
    """The filter rejected a dialogue, or the work on it failed. For whoever follows a run live."""

    topic = "dialogue.rejected"
    producers = ("filter",)
    consumers = ()

    final: bool = Field(default=True, description="Whether no further attempt follows.")
    reasons: tuple[Reason, ...] = Field(default=(), description="The rules it breaks.")


class TeacherCompleted(Message):
    """Every teacher prompt has its final verdict."""

    topic = "teacher.completed"
    producers = ("filter",)
    consumers = ("trainer",)


class Canary(BaseModel):
    """What the trainer saw, so that a server can be proven to use the adapter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    messages: tuple[ChatMessage, ...] = Field(min_length=1, description="The chat to complete.")
    max_tokens: int = Field(gt=0, description="How long the outputs may be.")
    adapter_output: str = Field(description="Greedy output with the adapter.")
    base_output: str = Field(description="Greedy output of the base model.")

    @property
    def distinct(self) -> bool:
        """Whether the outputs differ, so that a server can be told by its own."""
        return self.adapter_output.split() != self.base_output.split()


class AdapterPublished(Message):
    """The student's adapter is in shared storage and registered."""

    topic = "adapter.published"
    producers = ("trainer",)
    consumers = ("prompter", "filter")

    adapter: AdapterRef = Field(description="Where it is and which bytes it is.")
    canary: Canary | None = Field(
        default=None, description="None where the trainer recorded no outputs to compare with."
    )


class RunCompleted(Message):
    """The run has done its last phase: every prompt it was to write for has its final verdict."""

    topic = "run.completed"
    producers = ("filter",)
    consumers = ("evaluator",)


class RunFailed(Message):
    """The run cannot go on."""

    topic = "run.failed"
    producers = ("grounding", "prompter", "generator", "trainer", "filter", "evaluator")
    consumers = ("evaluator",)

    stage: str = Field(description="The service that gave up.")
    cause: str = Field(description="Why, and what to do about it.")


TOPICS: tuple[type[Message], ...] = (
    RunRequested,
    ProfileGrounded,
    RunGrounded,
    PromptsRelease,
    TeacherPrompt,
    StudentPrompt,
    DialogueGenerated,
    DialogueFailed,
    DialogueAccepted,
    DialogueRejected,
    TeacherCompleted,
    AdapterPublished,
    RunCompleted,
    RunFailed,
)

Messages: TypeAlias = list[Message]
"""What a handler returns: the framework publishes them, with confirms, and then acknowledges."""


def prompt_message(role: Role) -> type[TeacherPrompt] | type[StudentPrompt]:
    """The message type that carries a role's prompts."""
    return TeacherPrompt if role is Role.teacher else StudentPrompt
