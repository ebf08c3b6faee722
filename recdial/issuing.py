"""The message that asks a role to write for a prompt: the first attempt, and those that follow."""

from __future__ import annotations

from recdial import ids
from recdial.contracts import StudentPrompt, TeacherPrompt, prompt_message
from recdial.domain import AdapterRef, ChatMessage, Role, SamplingParams
from recdial.settings import RunConfig
from recdial.store.models import Prompt


def issue(
    prompt: Prompt,
    role: Role,
    config: RunConfig,
    adapter: AdapterRef | None,
    *,
    attempt: int = 1,
    hint: str = "",
) -> TeacherPrompt | StudentPrompt:
    """Ask a role for an attempt at a prompt: with a seed of its own and perhaps a hint.

    The same attempt is always the same message: its dialogue has the same id.
    """
    backend = config.backend(role)
    draw = ids.seeded_draw(
        config.seed, "sampling", role.value, prompt.user_id, prompt.history_number, attempt
    )
    messages = tuple(ChatMessage.model_validate(message) for message in prompt.messages)
    return prompt_message(role)(
        run_id=prompt.run_id,
        prompt_id=prompt.id,
        dialogue_id=ids.dialogue_id(
            prompt.id,
            role.value,
            backend.model_name,
            adapter.sha256 if adapter else "",
            attempt,
        ),
        messages=_hinted(messages, hint) if hint else messages,
        sampling=SamplingParams(**backend.sampling.model_dump(), seed=draw % 2**31),
        attempt=attempt,
        adapter=adapter,
    )


def _hinted(messages: tuple[ChatMessage, ...], hint: str) -> tuple[ChatMessage, ...]:
    # Into the first message, which holds the rules: the last is data, and read as such.
    first, *others = messages
    return (first.model_copy(update={"content": f"{first.content}\n\n{hint}"}), *others)
