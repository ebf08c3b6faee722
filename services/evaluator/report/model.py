"""The report on a run as data: `report.json`, and what the page is rendered from."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, Field, JsonValue

from recdial.domain import Frozen, Reason, Role, Turn
from services.evaluator.records import DialogueRecord
from services.evaluator.statistics import DatasetStatistics


class RunFacts(Frozen):
    """Which run it is, and how it ended."""

    id: str
    name: str
    profile: Literal["strict", "paper"]
    seed: int
    config_digest: str
    """SHA-256 of the resolved configuration."""
    state: str
    """running, completed or failed."""
    stage: str | None = None
    """The service that gave up, of a failed run."""
    cause: str | None = None
    """Why it gave up."""


class VerdictCounts(Frozen):
    """Prompts of a role by the final verdict on their dialogues."""

    accepted: int = 0
    rejected: int = 0
    failed: int = 0
    """No dialogue could be written or judged."""

    @property
    def total(self) -> int:
        """Prompts with a final verdict."""
        return self.accepted + self.rejected + self.failed

    @property
    def acceptance(self) -> float | None:
        """Share accepted; none without a verdict."""
        return self.accepted / self.total if self.total else None


class ModelFacts(Frozen):
    """What wrote a role's dialogues."""

    backend: str
    model: str
    scripted: bool
    """Whether it is a program that stands in for a language model."""
    base_model: str | None = None
    adapter_id: str | None = None
    adapter_sha256: str | None = None


class SpentFacts(Frozen):
    """What a role's calls took."""

    calls: int
    tokens_in: int
    tokens_out: int
    estimated_calls: int
    """Calls whose server did not say how many tokens there were."""


class TrainingFacts(Frozen):
    """How the student was fine-tuned. The adapter's row says more (`adapters.training`)."""

    model_config = ConfigDict(extra="ignore")

    steps: int
    final_loss: float
    loss_curve: tuple[float, ...]
    """Loss of every step: mean negative log-likelihood of a dialogue's tokens, in nats."""
    examples_used: int
    examples_too_long: int
    """Accepted teacher dialogues left out for their length."""
    seconds: float
    examples_validation: int = 0
    """Examples of users that were held out, to measure the validation loss."""
    validation_curve: tuple[tuple[int, float], ...] = ()
    """Step and validation loss of every validation."""
    published_step: int | None = None
    """The step the adapter is from; None in rows from before it was noted."""
    tokens: int = 0
    """Tokens trained on, without padding."""


class RejectedDialogue(Frozen):
    """A dialogue that was not accepted, to read."""

    dialogue_id: str
    role: Role
    stereotype: str
    user_id: str
    reasons: tuple[Reason, ...]
    text: str
    """As the model wrote it; empty where nothing was written."""
    turns: tuple[Turn, ...] = ()
    """As it was understood: what the reasons point at."""
    attempt: int = 1


class AcceptanceFacts(Frozen):
    """What second chances did for a role."""

    first_pass: int
    """Prompts whose first dialogue was accepted."""
    accepted: int
    """Prompts of which any was."""
    prompts: int
    attempts: int
    """Dialogues that were judged."""
    first_reasons: dict[str, int]
    """First dialogues that break a rule, by rule."""


class Samples(Frozen):
    """Dialogues to read."""

    accepted: tuple[DialogueRecord, ...] = ()
    rejected: tuple[RejectedDialogue, ...] = ()


class RunReport(Frozen):
    """All numbers of a run, and some of its dialogues."""

    recdial_version: str
    created_at: datetime
    run: RunFacts
    users: int
    """Users, items and interactions of the k-core."""
    items: int
    interactions: int
    prompts: int
    verdicts: dict[Role, VerdictCounts]
    reasons: dict[str, int]
    """Dialogues of both roles that break a rule, by rule; a dialogue may break several."""
    prompts_by_stereotype: dict[str, int]
    dropped_profiles: dict[str, int]
    """Users' histories that led to no prompt, by reason."""
    targets_disliked: int
    """Prompts whose target the user rated 3 or less."""
    verdicts_by_stereotype: dict[Role, dict[str, VerdictCounts]]
    reasons_by_role: dict[Role, dict[str, int]]
    acceptance: dict[Role, AcceptanceFacts] = Field(default_factory=dict)
    """Of the roles that have prompts."""
    statistics: dict[Role, DatasetStatistics]
    """Of the accepted dialogues."""
    models: dict[Role, ModelFacts]
    """Of the roles that have prompts."""
    spent: dict[Role, SpentFacts] = Field(default_factory=dict)
    cost_usd: float = 0.0
    """By the prices of the configuration; 0 where it has none."""
    limit_reached: str | None = None
    """Which limit of the run was reached, in words."""
    training: TrainingFacts | None = None
    """None where nothing was trained."""
    grounding: dict[str, JsonValue] = Field(default_factory=dict)
    """What became of the source, as the grounding service reports it."""
    samples: Samples = Samples()
