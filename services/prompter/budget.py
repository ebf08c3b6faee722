"""Keeps a prompt within its tokens: which facts go first when there are too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recdial.promptfacts import PromptFacts, PromptItem, feature_lines, item_line
from recdial.stereotypes import Feature
from services.prompter.tokens import TokenCounter

WHOLE_ITEM: Literal["item"] = "item"

CUT_ORDER: tuple[tuple[Literal["history", "target"], Feature | Literal["item"]], ...] = (
    ("history", Feature.visual_caption),
    ("history", Feature.collection),
    ("history", Feature.overview),
    ("history", Feature.review),
    ("history", Feature.directors),
    ("history", Feature.actors),
    ("history", Feature.keywords),
    ("target", Feature.visual_caption),
    ("target", Feature.collection),
    ("target", Feature.review),
    ("target", Feature.overview),
    ("history", Feature.genres),
    ("target", Feature.directors),
    ("target", Feature.actors),
    ("history", WHOLE_ITEM),
    ("target", Feature.keywords),
    ("target", Feature.genres),
)
"""What is cut, first to last; of the history, the oldest item's first. The rules and the target's
id and title are not here: they are never cut."""

_MARKUP_TOKENS = 48
"""For what a chat template puts around two messages: Llama 3.1's, with its dates, takes some 40."""


class PromptTooLong(ValueError):
    """A prompt has too many tokens with all facts cut: no prompt can be made of the profile."""

    reason = "prompt_too_long"
    """What such profiles are counted under."""


@dataclass(frozen=True)
class Fitted:
    """Facts that fit, and what was cut to make them."""

    facts: PromptFacts
    tokens: int
    """Of the whole prompt; exact for tokenizers that never join two lines, else slightly high."""
    cut: dict[str, int]
    """Of how many items what was cut, e.g. `history.overview: 3`, in the order of cutting."""


def fit(
    facts: PromptFacts,
    oldest_first: Sequence[str],
    fixed_lines: Sequence[str],
    limit: int,
    counter: TokenCounter,
) -> Fitted:
    """Cut facts in `CUT_ORDER` until the prompt has at most `limit` tokens.

    `fixed_lines` are the lines around the facts, the rules and the fences; `oldest_first` are the
    ids of the history. Raises PromptTooLong.
    """

    def cost(line: str) -> int:
        return counter.count(line) + 1  # the line's end

    listed = {item.item_id: item for item in (*facts.liked, *facts.disliked)}
    history = [listed[item_id] for item_id in dict.fromkeys(oldest_first) if item_id in listed]
    costs = {
        item.item_id: {
            WHOLE_ITEM: cost(item_line(item)),
            **{feature: cost(line) for feature, line in feature_lines(item).items()},
        }
        for item in (*history, facts.target)
    }
    tokens = _MARKUP_TOKENS + sum(map(cost, fixed_lines))
    tokens += sum(sum(each.values()) for each in costs.values())
    cut: dict[str, int] = {}
    for section, what in CUT_ORDER:
        for item in history if section == "history" else (facts.target,):
            if tokens <= limit:
                break
            saved = costs[item.item_id].pop(what, None)
            if saved is not None:
                tokens -= saved
                cut[f"{section}.{what}"] = cut.get(f"{section}.{what}", 0) + 1
    if tokens > limit:
        raise PromptTooLong(
            f"the rules and the target alone are {tokens} tokens (by {counter.name}), and "
            f"prompting.max_prompt_tokens is {limit}: raise it"
        )
    if cut:
        facts = facts.model_copy(
            update={
                "liked": _left(facts.liked, costs),
                "disliked": _left(facts.disliked, costs),
                "target": _left((facts.target,), costs)[0],
            }
        )
    return Fitted(facts, tokens, cut)


def _left(
    items: Sequence[PromptItem], costs: dict[str, dict[Feature | Literal["item"], int]]
) -> tuple[PromptItem, ...]:
    return tuple(
        item.model_copy(
            update={
                feature.value: PromptItem.model_fields[feature.value].default
                for feature in Feature
                if feature not in costs[item.item_id]
            }
        )
        for item in items
        if WHOLE_ITEM in costs[item.item_id]
    )
