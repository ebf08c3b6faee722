"""Whether a server uses the adapter it is asked for: what it writes, beside what the trainer saw.

A server may answer for an adapter it does not have with its base model, and HTTP 200 (TGI does).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from recdial.contracts import Canary
from recdial.domain import AdapterRef, SamplingParams
from recdial.llm import BackendRefused
from recdial.llm.likeness import likeness
from recdial.store import Store, adapters

_QUOTED = 80
"""How much of a text an error quotes, in characters."""

CanaryOf: TypeAlias = Callable[[AdapterRef], Awaitable[Canary | None]]
"""What the trainer recorded of an adapter, if it did."""


class WrongAdapter(BackendRefused):
    """A server answers for an adapter, but not with it: nothing may be written by it."""


def judge_canary(served: str, canary: Canary) -> Literal["right", "wrong"]:
    """Whether a greedy output is closer to the adapter's than to the base model's.

    One that is as far from both proves nothing, and is wrong.
    """
    to_adapter = likeness(served, canary.adapter_output)
    return "right" if to_adapter > likeness(served, canary.base_output) else "wrong"


def require_right(served: str, canary: Canary, adapter: AdapterRef) -> None:
    """Raise WrongAdapter unless a greedy output shows that the adapter wrote it."""
    if judge_canary(served, canary) == "right":
        return
    raise WrongAdapter(
        f"the server answers for adapter {adapter.adapter_id} without using it: asked for what "
        f"the trainer had recorded as {_quoted(canary.adapter_output)}, it wrote "
        f"{_quoted(served)}, and the base model {adapter.base_model} alone writes "
        f"{_quoted(canary.base_output)}. Load {adapter.uri} into the server under that name, then "
        "resume the run"
    )


def canary_sampling(canary: Canary) -> SamplingParams:
    """How a server is asked for its output: as the trainer wrote its own."""
    return SamplingParams(max_tokens=canary.max_tokens, temperature=0.0, top_p=1.0)


async def recorded_canary(adapter: AdapterRef, store: Store) -> Canary | None:
    """What the store holds of an adapter; None of one that is not registered, too."""
    async with store.read() as session:
        found = await adapters.get(session, adapter.adapter_id)
    return adapters.canary(found) if found else None


async def no_canary(_adapter: AdapterRef) -> None:
    """For backends of adapters that no store knows."""


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")
