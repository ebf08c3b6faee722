"""The scripted writer as a text backend: it reads recdial's prompts and refuses all else."""

from __future__ import annotations

from uuid import UUID

import pytest

from recdial.domain import (
    AdapterRef,
    ChatMessage,
    Interaction,
    ItemFacts,
    SamplingParams,
    UserProfile,
)
from recdial.llm.protocol import BackendRefused, TextBackend
from recdial.settings import STEREOTYPES
from services.generator.scripted import ScriptedBackend
from services.prompter.prompts import build_prompt
from tests.synthetic import scripted_config


def prompt_messages(
    stereotype: str = "guided_explorer", least: int = 5, most: int = 10
) -> tuple[ChatMessage, ...]:
    def rated(item_id: str, rating: float) -> Interaction:
        item = ItemFacts(item_id=item_id, title=f"Title {item_id}", genres=("Drama",))
        return Interaction(item=item, rating=rating, timestamp=0)

    prompting = {"min_utterances": least, "max_utterances": most}
    config = scripted_config("test", prompting=prompting)
    profile = UserProfile(user_id="u", history=(rated("A", 5), rated("B", 1)), target=rated("C", 5))
    return build_prompt(UUID(int=1), profile, stereotype, config).messages


@pytest.fixture
def backend() -> TextBackend:
    return ScriptedBackend()


@pytest.mark.parametrize("stereotype", STEREOTYPES)
async def test_it_completes_the_prompt_of_every_stereotype(
    stereotype: str, backend: TextBackend
) -> None:
    completion = await backend.complete(prompt_messages(stereotype), SamplingParams(seed=1))
    assert completion.model == "scripted"
    assert completion.finish_reason == "stop"
    assert completion.text.startswith("[USR] ")
    assert "<id_C>" in completion.text
    spoken_of = "<id_A>" in completion.text or "<id_B>" in completion.text
    assert spoken_of == (not stereotype.endswith("newcomer"))


async def test_it_writes_as_many_utterances_as_the_prompt_asks_for(backend: TextBackend) -> None:
    for length in (2, 5, 8, 9):
        completion = await backend.complete(
            prompt_messages(least=length, most=length), SamplingParams()
        )
        assert len(completion.text.split("\n")) == length


async def test_equal_messages_and_seeds_give_equal_text(backend: TextBackend) -> None:
    messages = prompt_messages()
    texts = [
        (await backend.complete(messages, SamplingParams(seed=seed))).text
        for seed in (None, None, 1, 1, 2)
    ]
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]
    assert len(set(texts)) == 3


async def test_other_messages_give_another_text(backend: TextBackend) -> None:
    system, user = prompt_messages()
    other = ChatMessage(role="user", content=user.content.replace("Title C", "Title D"))
    first = await backend.complete((system, user), SamplingParams(seed=1))
    second = await backend.complete((system, other), SamplingParams(seed=1))
    assert first.text != second.text


async def test_it_refuses_an_adapter(backend: TextBackend) -> None:
    adapter = AdapterRef(adapter_id="run-1", uri="file:///a", sha256="0", base_model="b")
    with pytest.raises(BackendRefused, match="cannot load adapter run-1"):
        await backend.complete(prompt_messages(), SamplingParams(), adapter)


@pytest.mark.parametrize(
    ("system", "user", "cause"),
    [
        ("Be helpful.", None, "no line 'User type: …'"),
        (
            "User type: Guided Explorer (preferences: implicit; intention: vague)",
            None,
            "does not say 'Write N to M turns'",
        ),
        (None, "Hello!", "must begin with 'BEGIN DATA'"),
    ],
)
async def test_it_refuses_a_prompt_it_cannot_read_and_says_why(
    system: str | None, user: str | None, cause: str, backend: TextBackend
) -> None:
    own = prompt_messages()
    messages = (
        ChatMessage(role="system", content=system or own[0].content),
        ChatMessage(role="user", content=user or own[1].content),
    )
    with pytest.raises(BackendRefused, match=cause):
        await backend.complete(messages, SamplingParams())


async def test_it_refuses_a_chat_of_another_shape(backend: TextBackend) -> None:
    messages = (*prompt_messages(), ChatMessage(role="assistant", content="[USR] Hi"))
    with pytest.raises(BackendRefused, match="got: system, user, assistant"):
        await backend.complete(messages, SamplingParams())


async def test_it_refuses_a_length_it_cannot_fill(backend: TextBackend) -> None:
    with pytest.raises(BackendRefused, match=r"lower prompting\.min_utterances"):
        await backend.complete(prompt_messages(least=60, most=70), SamplingParams())
