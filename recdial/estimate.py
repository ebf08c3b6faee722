"""What a run will take: tokens, GPU hours, money and disk, from a sample of its prompts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from statistics import fmean

from recdial.domain import Role
from recdial.settings import RunConfig

RESAMPLES = 1000
CONFIDENCE = 0.95

TOKENS_PER_UTTERANCE = 75
"""Assumed where nothing is known of the model: 58 words (paper, corpus table), 1.3 tokens each."""

COPIES_OF_A_DIALOGUE = 3
"""As it was written, as turns, and in the dataset."""

BYTES_PER_TOKEN_WRITTEN = 4
ROW_BYTES = 600
"""Ids, provenance and indexes of the rows of one prompt or dialogue, about."""


@dataclass(frozen=True)
class Range:
    """A figure, and where it is with 95 % confidence."""

    mean: float
    low: float
    high: float

    def __mul__(self, factor: float) -> Range:
        return Range(self.mean * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True)
class PromptSample:
    """Prompts of some of a run's profiles."""

    profiles: int
    """Of the whole run."""
    per_profile: Sequence[Sequence[PromptSize]]
    """The prompts of each profile that was drawn; none where it is dropped."""
    counted_by: str
    """How the tokens were counted."""


@dataclass(frozen=True)
class PromptSize:
    """How large one prompt is."""

    stereotype: str
    tokens: int
    stored_bytes: int


@dataclass(frozen=True)
class RoleEstimate:
    """What one role will take. Tokens are of all its prompts, each written once."""

    prompts: int
    tokens_in: Range
    tokens_out: float
    gpu_hours: Range | None
    """None where the config does not say how fast a GPU is."""
    cost: Range
    """In USD."""


@dataclass(frozen=True)
class Estimate:
    """What a run will take."""

    profiles: int
    sampled_profiles: int
    prompts: int
    counted_by: str
    tokens_out_from: str
    """Where the number of tokens a dialogue has comes from."""
    roles: dict[Role, RoleEstimate]
    disk_bytes: float


def estimate(
    config: RunConfig,
    sample: PromptSample,
    written: dict[Role, float] | None = None,
    written_by: str = "",
) -> Estimate:
    """Project a sample of prompts to the whole run.

    `written` gives the tokens of a dialogue by role, as measured in the run `written_by`; without
    it they are assumed (TOKENS_PER_UTTERANCE). Raises ValueError for a sample without a prompt.
    """
    sizes = [size for prompts in sample.per_profile for size in prompts]
    if not sizes:
        raise ValueError("none of the sampled profiles leads to a prompt")
    per_profile = len(sizes) / len(sample.per_profile)
    prompts = round(sample.profiles * per_profile)
    stereotypes = len({size.stereotype for size in sizes})
    tokens = _mean([[size.tokens for size in each] for each in sample.per_profile], sample.profiles)
    assumed = TOKENS_PER_UTTERANCE * _utterances(config)
    roles = {}
    for role in config.roles:
        share = config.share(role)
        # Of each stereotype the share is rounded up.
        of_role = min(prompts, ceil(share * prompts) + (stereotypes - 1 if share < 1 else 0))
        most = config.backend(role).sampling.max_tokens * config.backend(role).longer
        out = min(most, (written or {}).get(role, assumed))
        roles[role] = _role(config, role, of_role, tokens, out)
    dialogues = sum(one.prompts for one in roles.values())
    tokens_out = sum(one.tokens_out for one in roles.values())
    disk = (
        prompts * (fmean(size.stored_bytes for size in sizes) + ROW_BYTES)
        + tokens_out * BYTES_PER_TOKEN_WRITTEN * COPIES_OF_A_DIALOGUE
        + dialogues * 2 * ROW_BYTES
    )
    return Estimate(
        profiles=sample.profiles,
        sampled_profiles=len(sample.per_profile),
        prompts=prompts,
        counted_by=sample.counted_by,
        tokens_out_from=written_by
        if written
        else f"assumed: {_utterances(config):g} utterances of {TOKENS_PER_UTTERANCE} tokens",
        roles=roles,
        disk_bytes=disk,
    )


def beyond(config: RunConfig, found: Estimate) -> list[str]:
    """The limits the run is expected to reach, in words."""
    tokens = sum(one.tokens_in.mean + one.tokens_out for one in found.roles.values())
    usd = sum(one.cost.mean for one in found.roles.values())
    limits, reached = config.limits, []
    if limits.max_tokens is not None and tokens >= limits.max_tokens:
        reached.append(f"limits.max_tokens is {limits.max_tokens:,}; {tokens:,.0f} are expected")
    if limits.max_cost is not None and usd >= limits.max_cost:
        reached.append(f"limits.max_cost is {limits.max_cost:g} USD; {usd:,.2f} are expected")
    return reached


def _utterances(config: RunConfig) -> float:
    return (config.prompting.min_utterances + config.prompting.max_utterances) / 2


def _role(config: RunConfig, role: Role, prompts: int, tokens: Range, out: float) -> RoleEstimate:
    backend = config.backend(role)
    tokens_in, tokens_out = tokens * prompts, out * prompts
    reads, writes = backend.tokens_in_per_s, backend.tokens_out_per_s
    hours = None
    if writes is not None:
        reading = tokens_in * (1 / reads if reads is not None else 0.0)
        hours = _each(reading, lambda seconds: (seconds + tokens_out / writes) / 3600)
    return RoleEstimate(
        prompts=prompts,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        gpu_hours=hours,
        cost=_each(tokens_in, lambda count: backend.cost(count, tokens_out)),
    )


def _each(found: Range, of: Callable[[float], float]) -> Range:
    return Range(of(found.mean), of(found.low), of(found.high))


def _mean(groups: Sequence[Sequence[int]], population: int) -> Range:
    """The mean of all values, and its bootstrap interval, unless the groups are all there are.

    Resampled are groups, since prompts of one profile are alike.
    """
    rng = Random(0)
    sums = [(sum(group), len(group)) for group in groups]
    mean = sum(total for total, _ in sums) / sum(size for _, size in sums)
    if len(groups) >= population:
        return Range(mean, mean, mean)
    means = []
    for _ in range(RESAMPLES):
        drawn = rng.choices(sums, k=len(sums))
        count = sum(size for _, size in drawn)
        if count:
            means.append(sum(total for total, _ in drawn) / count)
    means.sort()
    cut = round(len(means) * (1 - CONFIDENCE) / 2)
    return Range(mean, means[cut], means[-cut - 1])
