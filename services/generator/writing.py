"""One text from a backend, by the rule for texts that are cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendError, Completion, TextBackend

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Answer:
    """A text, and how it was sampled in the end."""

    completion: Completion
    sampling: SamplingParams
    calls: tuple[Completion, ...]
    """All calls there were, the cut-off one included: each was paid for."""


async def write_text(
    backend: TextBackend,
    messages: Sequence[ChatMessage],
    sampling: SamplingParams,
    adapter: AdapterRef | None,
    longer: float,
) -> Answer:
    """Complete a chat; a text that is cut off is written once more, with `longer` times the room.

    Raises what the backend raises, but not for the second call: what there is stays.
    """
    first = await backend.complete(messages, sampling, adapter)
    more_room = longer_sampling(sampling, longer)
    if first.finish_reason != "length" or more_room == sampling:
        return Answer(first, sampling, (first,))
    try:
        again = await backend.complete(messages, more_room, adapter)
    except BackendError as error:
        log.warning("text.not_longer", cause=str(error))
        return Answer(first, sampling, (first,))
    return Answer(again, more_room, (first, again))


def longer_sampling(sampling: SamplingParams, longer: float) -> SamplingParams:
    """How a text that was cut off is sampled again."""
    return sampling.model_copy(update={"max_tokens": round(sampling.max_tokens * longer)})
