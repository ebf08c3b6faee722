"""How sure a number is that was measured on a sample: intervals of 95 % confidence.

- A *share* (20 of 20 accepted) has Wilson's score interval. A bootstrap draws from what was seen,
  so it calls 0 of 20 exactly 0, with an interval of no width.
- A *mean*, and the mean of paired differences, has a bootstrap interval (BCa) over the units that
  were sampled. Where all values are alike there is nothing to draw, and so no interval.
- A *difference of two shares* of the same units has the bootstrap interval of its paired
  differences; where those are all alike, Newcombe's (1998, method 10), made of Wilson's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from recdial.domain import Frozen

CONFIDENCE = 0.95
RESAMPLES = 9999
_Z = 1.959963984540054
"""The standard normal's quantile of 0.975."""


class Interval(Frozen):
    """Where a quantity lies with 95 % confidence."""

    low: float
    high: float
    method: Literal["wilson", "bootstrap", "newcombe"]


class Estimate(Frozen):
    """A quantity of a sample; `value` is None where there was nothing to measure."""

    value: float | None
    interval: Interval | None = None
    """None where the sample does not tell: one unit, or all alike."""


def share(hits: int, of: int) -> Estimate:
    """The share of `hits` among `of` units, with Wilson's interval."""
    if of == 0:
        return Estimate(value=None)
    low, high = _wilson(hits, of)
    return Estimate(value=hits / of, interval=Interval(low=low, high=high, method="wilson"))


def mean(values: Sequence[float], seed: int) -> Estimate:
    """The mean of values, one a unit, with a bootstrap interval; the same for the same seed."""
    if not values:
        return Estimate(value=None)
    value = math.fsum(values) / len(values)
    if len(set(values)) == 1:
        return Estimate(value=value)
    return Estimate(value=value, interval=_bootstrap(values, seed))


def difference_of_shares(left: Sequence[bool], right: Sequence[bool], seed: int) -> Estimate:
    """How much more often `left` is true than `right`, of the same units in the same order.

    Raises ValueError if they are not as many.
    """
    pairs = list(zip(left, right, strict=True))
    if not pairs:
        return Estimate(value=None)
    estimate = mean([float(one) - float(other) for one, other in pairs], seed)
    if estimate.interval is not None:
        return estimate
    return Estimate(value=estimate.value, interval=_newcombe(pairs))


def _wilson(hits: int, of: int) -> tuple[float, float]:
    shrunk = (hits + _Z**2 / 2) / (of + _Z**2)
    half = _Z / (of + _Z**2) * math.sqrt(hits * (of - hits) / of + _Z**2 / 4)
    # Exact at the ends, where rounding would leave dust.
    return (0.0 if hits == 0 else shrunk - half), (1.0 if hits == of else shrunk + half)


def _bootstrap(values: Sequence[float], seed: int) -> Interval:
    import numpy as np
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values),),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Interval(low=float(found.low), high=float(found.high), method="bootstrap")


def _newcombe(pairs: Sequence[tuple[bool, bool]]) -> Interval:
    """Newcombe's interval of a paired difference whose pairs are all alike.

    The correlation of the two, which would make it narrower, is taken as 0.
    """
    number = len(pairs)
    hits_left, hits_right = (sum(side) for side in zip(*pairs, strict=True))
    share_left, share_right = hits_left / number, hits_right / number
    low_left, high_left = _wilson(hits_left, number)
    low_right, high_right = _wilson(hits_right, number)
    difference = share_left - share_right
    return Interval(
        low=difference - math.hypot(share_left - low_left, high_right - share_right),
        high=difference + math.hypot(high_left - share_left, share_right - low_right),
        method="newcombe",
    )
