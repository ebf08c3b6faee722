"""Which faults a campaign injects and when: drawn before it begins, from its seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tests.faults.injections import FAULTS, Fault

_EARLY, _LATE = 0.15, 0.1
"""Shares of the faults that come before the first verdict and after the last."""
_EARLY_S = 3.0


@dataclass(frozen=True)
class Planned:
    """One fault, and when it is injected."""

    fault: Fault
    share: float
    """Of the run's prompts with a final verdict, once that is reached."""
    wait_s: float
    """And then so much later."""
    seed: int
    """Of what the fault itself draws."""


def plan(faults: int, per_run: int, seed: int) -> list[list[Planned]]:
    """The faults of each run, in their order.

    Kinds are dealt from shuffled decks that hold each once: a long campaign has as many of each,
    and which ones a short one has is up to the seed.
    """
    rng = Random(seed)
    decks = _decks(rng)
    drawn = [_when(next(decks), rng) for _ in range(faults)]
    runs = [drawn[start : start + per_run] for start in range(0, faults, per_run)]
    return [sorted(run, key=lambda planned: (planned.share, planned.wait_s)) for run in runs]


def _decks(rng: Random) -> Iterator[Fault]:
    while True:
        yield from rng.sample(FAULTS, len(FAULTS))


def _when(fault: Fault, rng: Random) -> Planned:
    place, seed = rng.random(), rng.randrange(2**32)
    if place < _EARLY:
        return Planned(fault, 0.0, rng.uniform(0.0, _EARLY_S), seed)
    if place > 1 - _LATE:
        return Planned(fault, 1.0, 0.0, seed)
    return Planned(fault, rng.random(), rng.uniform(0.0, 0.3), seed)
