"""The configuration of a run: the YAML a user writes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from recdial.domain import Role
from recdial.filter_rules import FILTER_RULES, Switch
from recdial.locations import Location, location
from recdial.stereotypes import Stereotype

STEREOTYPES = (
    "curious_newcomer",
    "focused_newcomer",
    "history_based_browser",
    "guided_explorer",
    "preference_driven_searcher",
)
"""The five user stereotypes of the paper, by the names used in configs and datasets."""

Phase: TypeAlias = Literal["teacher", "adapter", "student"]
"""What a run does, one after the other."""

PHASES: tuple[Phase, ...] = get_args(Phase)

DEFAULT_MIN_TITLE_SCORE = 0.88
"""Measured on real titles (docs/tmdb.md)."""


class Section(BaseModel):
    """A part of the run's configuration: immutable, and strict about its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceConfig(Section):
    """Where the interactions and the facts come from (docs/sources.md).

    Each file is a path, relative to the config file, or a URL (`https://`, `hf://`, `s3://`, …).
    """

    kind: str = Field(
        default="amazon2023",
        min_length=1,
        description="What schema the reviews are in: amazon2023, amazon2018, movielens, or one of "
        "your own.",
    )
    reviews: Location = Field(
        description="Reviews: JSONL (.gz, .zst) or Parquet, in that schema; ratings.csv of "
        "MovieLens."
    )
    tmdb: Location = Field(
        description="TMDB records: a JSON list, an object by item id, JSONL, or a CSV of the kind "
        "of tmdb_5000_movies.csv; or `api`, to ask TMDB itself (docs/tmdb.md)."
    )
    credits: Location | None = Field(
        default=None, description="Cast and crew (CSV), where source.tmdb is a CSV without them."
    )
    keywords: Location | None = Field(
        default=None, description="Keywords (CSV), where source.tmdb is a CSV without them."
    )
    metadata: Location | None = Field(
        default=None,
        description="Item metadata (JSONL): titles for TMDB records without one, and what TMDB "
        "records without an item id are matched to by title and year.",
    )
    links: Location | None = Field(
        default=None, description="links.csv of MovieLens: the TMDB id of each movie."
    )
    min_title_score: float = Field(
        default=DEFAULT_MIN_TITLE_SCORE,
        gt=0.0,
        le=1.0,
        description="How alike an item's title and a film's must be to be matched (docs/tmdb.md).",
    )

    _locate = field_validator("reviews", "tmdb", "credits", "keywords", "metadata", "links")(
        location
    )

    @property
    def files(self) -> dict[str, Location]:
        """The files that are given, by key."""
        keys = ("reviews", "tmdb", "credits", "keywords", "metadata", "links")
        return {key: found for key in keys if (found := getattr(self, key)) is not None}


class GroundingConfig(Section):
    """How interactions become profiles (paper, §3.1)."""

    min_user_interactions: int = Field(default=12, ge=1, description="k of the k-core, users.")
    min_item_interactions: int = Field(default=12, ge=1, description="k of the k-core, items.")
    history: int = Field(default=9, ge=0, description="Items of the history in a profile.")
    histories_per_user: int = Field(
        default=1,
        ge=1,
        description="Profiles of a user, at most: the timeline cut at the last target, at the one "
        "before it, and so on.",
    )
    repeated_reviews: Literal["last", "all"] = Field(
        default="last",
        description="Several reviews of an item by a user: the last one counts, or each does (as "
        "in the original scripts). Exact duplicates never do.",
    )
    users: int | None = Field(
        default=None, ge=1, description="Keep a seeded sample of this many users; all if not set."
    )
    max_bad_line_share: float = Field(
        default=0.01, ge=0.0, le=1.0, description="More unreadable lines than this stop the run."
    )


def _all_stereotypes(found: Mapping[str, Any]) -> tuple[str, ...]:
    return (*STEREOTYPES, *(own.name for own in found.get("own_stereotypes", ())))


class PromptingConfig(Section):
    """How profiles become prompts (paper, §3.2 and table 2)."""

    stereotype_files: tuple[Path, ...] = Field(
        default=(),
        description="Stereotypes of your own, a YAML file each, relative to this file "
        "(services/prompter/README.md).",
    )
    own_stereotypes: tuple[Stereotype, ...] = Field(
        default=(),
        description="What stereotype_files hold: it is put here when the config is read, so that "
        "a run depends on no file.",
    )
    stereotypes: tuple[str, ...] = Field(
        default_factory=_all_stereotypes,
        min_length=1,
        description="Drawn uniformly for each user; if not set, the paper's five and your own.",
    )
    stereotypes_per_user: int = Field(
        default=1,
        ge=1,
        description="Different stereotypes drawn for each history of a user, a prompt each; as "
        "many as fit, if fewer do.",
    )
    min_utterances: int = Field(default=5, ge=2, description="Utterances asked for, at least.")
    max_utterances: int = Field(default=10, ge=2, description="Utterances asked for, at most.")
    max_keywords: int = Field(default=10, ge=0, description="Keywords of an item in a prompt.")
    max_actors: int = Field(default=10, ge=0, description="Actors of an item in a prompt.")
    max_overview_chars: int = Field(default=600, ge=0, description="Longer overviews are cut.")
    max_review_chars: int = Field(default=400, ge=0, description="Longer reviews are cut.")
    max_prompt_tokens: int | None = Field(
        default=None,
        ge=600,
        description="Features of items are cut from longer prompts, the least important first "
        "(services/prompter/budget.py); no limit if not set. Counted with the student's tokenizer "
        "where its folder is on the machine, else estimated as a token for every 3 bytes of UTF-8.",
    )

    @field_validator("stereotype_files")
    @classmethod
    def _read(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if value:
            raise ValueError(
                "files are read together with a config file, and this is none: put what they hold "
                "into prompting.own_stereotypes"
            )
        return value

    @field_validator("own_stereotypes")
    @classmethod
    def _distinct(cls, value: tuple[Stereotype, ...]) -> tuple[Stereotype, ...]:
        names = [*STEREOTYPES, *(own.name for own in value)]
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise ValueError(f"there are two stereotypes {', '.join(repeated)}: rename your own")
        return value

    @field_validator("stereotypes")
    @classmethod
    def _known(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = _all_stereotypes(info.data)
        unknown = [name for name in value if name not in known]
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; allowed: {', '.join(known)}")
        if len(set(value)) != len(value):
            raise ValueError("each stereotype may be named once")
        return value

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min_utterances > self.max_utterances:
            raise ValueError("min_utterances must not be above max_utterances")
        return self


class SamplingConfig(Section):
    """How a model samples; the seed of each call is drawn from the run's seed and the user."""

    max_tokens: int = Field(default=1024, gt=0, description="Longer texts are cut off.")
    temperature: float = Field(default=0.7, ge=0.0, description="0 is greedy.")
    top_p: float = Field(default=0.95, gt=0.0, le=1.0, description="Nucleus sampling.")


class BackendConfig(Section):
    """Which model writes the dialogues of a role, and how it is called."""

    backend: Literal["scripted", "local", "hub"] = Field(
        description="scripted: a program (offline stand-in); local: transformers in this process; "
        "hub: an HTTP server (TGI, vLLM, transformers serve, any OpenAI-compatible URL)."
    )
    model: str = Field(
        default="", description="Model name for the server, a folder, or `smollm2-135m` (local)."
    )
    base_url: str | tuple[str, ...] | None = Field(
        default=None,
        description="hub: the server, e.g. http://host:8080, or a list of several that serve the "
        "same model: calls are spread by load, and a server that is down is left out.",
    )
    sampling: SamplingConfig = SamplingConfig()
    longer: float = Field(
        default=2.0,
        ge=1.0,
        description="A text that is cut off is written once more, with so many times max_tokens; 1 "
        "keeps it as it is (a small model that repeats itself has no end).",
    )
    concurrency: int = Field(default=16, ge=1, description="Calls in flight.")
    batch_size: int = Field(default=8, ge=1, description="local: prompts generated together.")
    threads: int | None = Field(default=None, ge=1, description="local: CPU threads of torch.")
    timeout_s: float = Field(default=300.0, gt=0, description="hub: deadline of one call.")
    price_in: float = Field(default=0.0, ge=0.0, description="USD for a million tokens of prompts.")
    price_out: float = Field(
        default=0.0, ge=0.0, description="USD for a million tokens that are written."
    )
    tokens_in_per_s: float | None = Field(
        default=None, gt=0, description="Tokens of prompts one GPU reads a second (`estimate`)."
    )
    tokens_out_per_s: float | None = Field(
        default=None, gt=0, description="Tokens one GPU writes a second, all calls together."
    )
    max_in_flight: int = Field(
        default=1024,
        ge=1,
        description="hub: calls in flight of one process to one server, at most. How many it is "
        "really given follows what it takes: fewer when it answers 429.",
    )
    adapter_loading: Literal["preloaded", "vllm"] = Field(
        default="preloaded",
        description="hub: preloaded: the server has the adapter, or finds it by its name; vllm: "
        "it is told to load it when it has not (docs/adapters.md).",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.backend == "hub" and not self.base_url:
            raise ValueError("backend hub needs base_url, e.g. http://127.0.0.1:8080")
        if self.backend == "local" and not self.model:
            raise ValueError("backend local needs model: a folder or smollm2-135m")
        return self

    @property
    def base_urls(self) -> tuple[str, ...]:
        """The servers of the backend hub."""
        if self.base_url is None:
            return ()
        return (self.base_url,) if isinstance(self.base_url, str) else self.base_url

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost, in USD."""
        return (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6

    @property
    def model_name(self) -> str:
        """What provenance records as the model."""
        return self.model or self.backend


class DistillationConfig(Section):
    """How the student learns from the teacher (paper, §3.3)."""

    mode: Literal["lora", "none"] = Field(
        default="lora", description="lora: fine-tune the student; none: it writes as it is."
    )
    teacher_share: float = Field(
        default=0.1,
        ge=0.0,
        le=1.0,
        description="Share of each stereotype's prompts for the teacher.",
    )
    min_examples: int = Field(
        default=8, ge=1, description="Fewer accepted teacher dialogues to train on fail the run."
    )
    validation_share: float = Field(
        default=0.0,
        ge=0.0,
        lt=1.0,
        description="Share of the teacher's users whose dialogues are not trained on but measure "
        "the validation loss; the adapter with the lowest is published. 0: no validation, and the "
        "last is.",
    )
    eval_every: int = Field(default=20, ge=1, description="Steps between two validations.")
    patience: int | None = Field(
        default=None,
        ge=1,
        description="Early stopping: end after so many validations without a lower loss; never if "
        "not set.",
    )
    max_steps: int = Field(default=200, ge=1, description="Optimiser steps, at most.")
    epochs: float | None = Field(
        default=None,
        gt=0,
        description="Passes over the examples, at most; if not set, max_steps alone decides.",
    )
    batch_size: int = Field(
        default=2, ge=1, description="Sequences a GPU (or the CPU) works on at once."
    )
    gradient_accumulation: int = Field(
        default=1, ge=1, description="Batches of one optimiser step, on each GPU."
    )
    packing: bool = Field(
        default=False,
        description="Several examples share a sequence of max_length tokens, none of them cut, "
        "blind to each other. Many times faster on a GPU where examples are short.",
    )
    learning_rate: float = Field(default=1.5e-3, gt=0, description="Peak of the cosine.")
    warmup_share: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="Share of the steps in which the rate rises."
    )
    weight_decay: float = Field(default=0.0, ge=0.0, description="Of AdamW.")
    lora_rank: int = Field(default=16, ge=1, description="Rank of the adapter.")
    lora_alpha: int = Field(default=32, ge=1, description="Scale of the adapter.")
    lora_dropout: float = Field(
        default=0.0, ge=0.0, lt=1.0, description="Dropout before the adapter."
    )
    target_modules: Literal["all-linear"] | tuple[str, ...] = Field(
        default="all-linear",
        description="Which layers are adapted: all-linear, or names such as [q_proj, v_proj].",
    )
    max_length: int = Field(
        default=4096, ge=128, description="Examples of more tokens are left out."
    )
    precision: Literal["auto", "bfloat16", "float32"] = Field(
        default="auto",
        description="Number format of the base model and of the arithmetic: auto is bfloat16 where "
        "the machine has it, else float32.",
    )
    quantization: Literal["none", "4bit"] = Field(
        default="none",
        description="4bit: QLoRA, the base model in NF4 with double quantisation (bitsandbytes), a "
        "quarter of the memory.",
    )
    gradient_checkpointing: Literal["auto"] | bool = Field(
        default="auto",
        description="Compute activations twice instead of keeping them; auto: on a GPU.",
    )
    checkpoint_every: int = Field(
        default=50,
        ge=1,
        description="Steps between two checkpoints, from which a killed training goes on. Each "
        "validation leaves one too.",
    )
    threads: int | None = Field(default=None, ge=1, description="CPU threads of torch.")

    @field_validator("target_modules")
    @classmethod
    def _adaptable(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not value:
            raise ValueError("name one layer at least, or say all-linear")
        if "lm_head" in value:
            raise ValueError("lm_head cannot be adapted: it is not a layer of the model's body")
        return value

    @model_validator(mode="after")
    def _validated(self) -> Self:
        if self.patience is not None and self.validation_share == 0:
            raise ValueError("patience needs validation_share > 0: there is no validation loss")
        return self

    @model_validator(mode="after")
    def _needs_teacher(self) -> Self:
        if self.mode == "lora" and self.teacher_share == 0:
            raise ValueError("mode lora needs teacher_share > 0: there is nothing to learn from")
        return self


class FilteringConfig(Section):
    """What the filter accepts (paper, §3.4)."""

    min_utterances: int = Field(default=5, ge=1, description="Fewer are rejected.")
    max_utterances: int = Field(default=20, ge=1, description="More are rejected.")
    max_utterance_words: int = Field(
        default=400, ge=1, description="An utterance of more words is an essay."
    )
    closes: Literal["any", "user", "assistant"] = Field(
        default="any", description="Who has the last word."
    )
    language: str = Field(
        default="en",
        pattern=r"^([a-z]{2})?$",
        description="What it is written in (ISO 639-1); empty: any language.",
    )
    near_duplicates: float | None = Field(
        default=0.8,
        gt=0.0,
        le=1.0,
        description="Of dialogues of a role that are so much alike (Jaccard of their sequences of "
        "three words; of those about the same items, the words of matching turns, which may differ "
        "half as much again) one is kept; if not set, all are.",
    )
    attempts: int = Field(
        default=3,
        ge=1,
        le=20,
        description="How often a prompt is tried at most: a rejected one is tried again with "
        "another seed.",
    )
    hints: Literal["none", "teacher", "both"] = Field(
        default="teacher",
        description="Whose next attempt is told what was wrong with the last. A fine-tuned "
        "student has learned from prompts without hints.",
    )
    rules: dict[str, Switch] = Field(
        default_factory=dict,
        description="Rules that are to reject, to warn only or to be off, by name "
        "(docs/filter.md), e.g. {repetition: warn}.",
    )

    @field_validator("rules", mode="before")
    @classmethod
    def _off_in_yaml(cls, value: object) -> object:
        # YAML reads `off` as false.
        if isinstance(value, dict):
            return {name: "off" if one is False else one for name, one in value.items()}
        return value

    @field_validator("rules")
    @classmethod
    def _known(cls, value: dict[str, Switch]) -> dict[str, Switch]:
        unknown = [name for name in value if name not in FILTER_RULES]
        if unknown:
            raise ValueError(
                f"unknown rule {', '.join(unknown)}; there are {', '.join(FILTER_RULES)}"
            )
        return value

    def switch(self, rule: str) -> Switch:
        """What becomes of a rule's findings."""
        return self.rules.get(rule, FILTER_RULES[rule].by_default)

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.min_utterances > self.max_utterances:
            raise ValueError("min_utterances must not be above max_utterances")
        return self


class LimitsConfig(Section):
    """What a run may use up. It then ends in order: no call is begun, what is written counts."""

    max_tokens: int | None = Field(
        default=None, ge=1, description="Tokens of prompts and dialogues, of both roles together."
    )
    max_cost: float | None = Field(
        default=None, gt=0, description="USD, by price_in and price_out of teacher and student."
    )


class RunConfig(Section):
    """One run, from reviews to dataset. Every key has a default but the source and the models."""

    name: str = Field(
        min_length=1,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        description="Names the run and its folder: letters, digits, dots, dashes.",
    )
    seed: int = Field(default=7, description="Of every random choice, with the user's id.")
    profile: Literal["strict", "paper"] = Field(
        default="strict",
        description="paper: with the original's known defects (docs/differences.md); "
        "strict: without them.",
    )
    until: Phase = Field(
        default="student",
        description="The last phase to do: the teacher's dialogues, the student's adapter, or the "
        "student's dialogues. It can be raised later: the run goes on where it was.",
    )
    window: int = Field(
        default=256, ge=1, description="Work of one kind in flight at a time (backpressure)."
    )
    source: SourceConfig
    grounding: GroundingConfig = GroundingConfig()
    prompting: PromptingConfig = PromptingConfig()
    teacher: BackendConfig
    student: BackendConfig
    distillation: DistillationConfig = DistillationConfig()
    filtering: FilteringConfig = FilteringConfig()
    limits: LimitsConfig = LimitsConfig()

    @model_validator(mode="after")
    def _priced(self) -> Self:
        prices = [
            price
            for role in self.roles
            for price in (self.backend(role).price_in, self.backend(role).price_out)
        ]
        if self.limits.max_cost is not None and not any(prices):
            raise ValueError("limits.max_cost needs teacher.price_in, student.price_out, …")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.until != "student" and self.distillation.teacher_share == 0:
            raise ValueError(f"until {self.until} needs distillation.teacher_share > 0")
        if self.until == "adapter" and self.distillation.mode == "none":
            raise ValueError(
                "until adapter needs distillation.mode lora: without it there is no adapter"
            )
        return self

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        if self.trains and self.student.backend == "scripted":
            raise ValueError(
                "student.backend scripted cannot be fine-tuned: set distillation.mode to none"
            )
        return self

    @property
    def trains(self) -> bool:
        """Whether the student is fine-tuned in this run."""
        return self.until != "teacher" and self.distillation.mode == "lora"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that write in this run, in their order."""
        return tuple(
            role
            for role in (Role.teacher, Role.student)
            if self.share(role) > 0 and (role is Role.teacher or self.until == "student")
        )

    @property
    def last_role(self) -> Role:
        """Whose dialogues are the dataset."""
        return Role.student if self.until == "student" else Role.teacher

    def backend(self, role: Role) -> BackendConfig:
        """The model configuration of a role."""
        return self.teacher if role is Role.teacher else self.student

    def share(self, role: Role) -> float:
        """The share of each stereotype's prompts the role writes for."""
        return self.distillation.teacher_share if role is Role.teacher else 1.0

    def digest(self) -> str:
        """SHA-256 of the resolved configuration: the same for the same run.

        Without `until`, which says how far the run is done and not what it is: a run goes on when
        it is raised, and what it wrote before keeps its ids.
        """
        whole = self.model_copy(update={"until": PHASES[-1]})
        return hashlib.sha256(whole.model_dump_json().encode()).hexdigest()
