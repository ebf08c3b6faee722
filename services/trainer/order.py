"""In which order examples are learnt from."""

from __future__ import annotations

from collections.abc import Sequence

from recdial.ids import seeded_draw


def training_order(
    lengths: Sequence[int], batch: int, rows: int, seed: int, *, by_length: bool
) -> list[int]:
    """The place of the example for each of `rows` rows: pass after pass over all examples.

    `lengths` are the examples' tokens. Each pass is shuffled by the seed and its number alone, so
    that a training that goes on from a checkpoint sees what it would have seen. `by_length` brings
    examples of like length into one batch: less padding, fewer wasted tokens. Needs torch.
    """
    import torch
    from transformers.trainer_pt_utils import get_length_grouped_indices

    order: list[int] = []
    while len(order) < rows:
        turn = torch.Generator().manual_seed(seeded_draw(seed, "pass", len(order)))
        order += (
            get_length_grouped_indices(lengths, batch, generator=turn)  # type: ignore[no-untyped-call]
            if by_length
            else torch.randperm(len(lengths), generator=turn).tolist()
        )
    return order[:rows]
