"""How the next token is drawn from a model's scores."""

from __future__ import annotations

import pytest

from services.generator.local_model import _NucleusSampler

torch = pytest.importorskip("torch", reason="local models need torch")

CHANCES = [0.5, 0.3, 0.15, 0.05]


def drawn(
    chances: list[float], seeds: list[int], temperature: float = 1.0, top_p: float = 1.0
) -> list[int]:
    """The token drawn for each seed where every row has the same chances."""
    scores = torch.tensor([chances] * len(seeds)).log()
    kept = _NucleusSampler(temperature, top_p, seeds)(torch.empty(0), scores)
    assert (kept > -torch.inf).sum(dim=-1).tolist() == [1] * len(seeds)
    return [int(token) for token in kept.argmax(dim=-1)]


def shares(tokens: list[int], size: int) -> list[float]:
    return [tokens.count(token) / len(tokens) for token in range(size)]


def test_tokens_are_drawn_as_often_as_their_chances_say() -> None:
    tokens = drawn(CHANCES, list(range(4000)))

    assert shares(tokens, 4) == pytest.approx(CHANCES, abs=0.03)


def test_a_temperature_below_one_sharpens_the_chances() -> None:
    tokens = drawn([0.6, 0.4], list(range(4000)), temperature=0.5)

    assert shares(tokens, 2) == pytest.approx([0.36 / 0.52, 0.16 / 0.52], abs=0.03)


def test_top_p_keeps_the_fewest_tokens_that_reach_it_and_renormalises() -> None:
    tokens = drawn(CHANCES, list(range(4000)), top_p=0.7)

    assert shares(tokens, 4) == pytest.approx([0.625, 0.375, 0.0, 0.0], abs=0.03)


def test_a_nucleus_wider_than_the_head_is_drawn_from_whole() -> None:
    tokens = drawn([1 / 5000] * 5000, list(range(300)), top_p=0.9)

    assert len(set(tokens)) > 250


def test_a_row_draws_the_same_whatever_it_is_batched_with() -> None:
    alone = [drawn(CHANCES, [seed])[0] for seed in range(50)]

    assert drawn(CHANCES, list(range(50))) == alone


def test_a_sampler_draws_anew_at_every_step() -> None:
    sampler = _NucleusSampler(1.0, 1.0, [7])
    scores = torch.zeros(1, 1000)

    steps = [int(sampler(torch.empty(0), scores).argmax()) for _ in range(5)]

    assert len(set(steps)) == 5
