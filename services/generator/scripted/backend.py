"""The scripted writer behind the protocol of a text backend."""

from __future__ import annotations

from collections.abc import Sequence

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.ids import seeded_draw
from recdial.llm.protocol import BackendRefused, Completion
from recdial.promptfacts import (
    FactsError,
    history_is_shown,
    parse_facts,
    parse_length_rule,
    parse_user_type,
)
from recdial.stereotypes import Axes
from services.generator.scripted.dialogue import TooLong, write_dialogue
from services.generator.scripted.speech import nearest_script


class ScriptedBackend:
    """Completes recdial's own prompts, and no others, with a deterministic dialogue.

    It works from the messages alone, as a model does; a user type without a script of its own
    speaks as the nearest one (`speech.py`). Equal messages and an equal `params.seed`
    give equal text; temperature, top_p and max_tokens have no meaning for a program.
    """

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        """Write the dialogue the prompt asks for.

        Raises BackendRefused for an adapter, for a prompt that is not recdial's, and for a prompt
        that asks for more utterances than the script has.
        """
        if adapter is not None:
            raise BackendRefused(
                f"the scripted backend is a program and cannot load adapter {adapter.adapter_id}: "
                "use backend local or hub, or distillation.mode none"
            )
        if [message.role for message in messages] != ["system", "user"]:
            raise BackendRefused(
                "the scripted backend reads a system and a user message, got: "
                + (", ".join(message.role for message in messages) or "none")
            )
        system, user = (message.content for message in messages)
        try:
            kind = parse_user_type(system)
            text = write_dialogue(
                parse_facts(user),
                nearest_script(Axes(kind.preference, kind.clarity, history_is_shown(user))),
                parse_length_rule(system),
                seeded_draw(params.seed or 0, "scripted", system, user),
            )
        except (FactsError, TooLong) as error:
            raise BackendRefused(
                f"the scripted backend cannot write from this prompt: {error}"
            ) from error
        return Completion(text=text, finish_reason="stop", model="scripted")

    async def close(self) -> None:
        """Nothing to release."""
