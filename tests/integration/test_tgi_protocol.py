"""The scripted server speaks TGI's protocol: huggingface_hub's own client is satisfied with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from huggingface_hub import AsyncInferenceClient, ChatCompletionInputStreamOptions
from huggingface_hub.errors import HfHubHTTPError, OverloadedError, ValidationError

from recdial.domain import SamplingParams
from services.generator.scripted import ScriptedBackend
from services.generator.scripted.chatml import render_chat
from services.generator.scripted_server import make_app
from services.generator.served_protocols import tokens_of
from tests.unit.generator.test_scripted_backend import prompt_messages
from tests.uvicorn_server import serving

MESSAGES = prompt_messages()
CHAT = [message.model_dump() for message in MESSAGES]
PROMPT = render_chat(MESSAGES)


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serving(make_app()) as found:
        yield found


@pytest.fixture
async def client(url: str) -> AsyncIterator[AsyncInferenceClient]:
    async with AsyncInferenceClient(url) as made:
        yield made


@pytest.fixture
async def dialogue() -> str:
    """What the script writes for the prompt and the seed 3."""
    return (await ScriptedBackend().complete(MESSAGES, SamplingParams(seed=3))).text


async def test_chat(client: AsyncInferenceClient, dialogue: str) -> None:
    answer = await client.chat_completion(CHAT, seed=3)
    assert answer.choices[0].message.content == dialogue
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "scripted"
    assert answer.usage.completion_tokens == len(dialogue.split())


async def test_chat_in_pieces(client: AsyncInferenceClient, dialogue: str) -> None:
    stream = await client.chat_completion(
        CHAT,
        seed=3,
        stream=True,
        stream_options=ChatCompletionInputStreamOptions(include_usage=True),
    )
    pieces = [piece async for piece in stream]
    spoken = [piece.choices[0] for piece in pieces if piece.choices]
    assert "".join(one.delta.content or "" for one in spoken) == dialogue
    assert [one.finish_reason for one in spoken] == [None] * (len(spoken) - 1) + ["stop"]
    assert len(spoken) > 50, "word by word"
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.completion_tokens == len(dialogue.split())


@pytest.mark.parametrize("stream", [False, True])
async def test_a_chat_that_is_cut_off_says_so(
    stream: bool, client: AsyncInferenceClient, dialogue: str
) -> None:
    if stream:
        answers = [
            piece.choices[0]
            async for piece in await client.chat_completion(CHAT, seed=3, max_tokens=9, stream=True)
        ]
        text, reason = (
            "".join(one.delta.content or "" for one in answers),
            answers[-1].finish_reason,
        )
    else:
        (answer,) = (await client.chat_completion(CHAT, seed=3, max_tokens=9)).choices
        text, reason = answer.message.content or "", answer.finish_reason
    assert reason == "length"
    assert text.split() == dialogue.split()[:9]


async def test_generation(client: AsyncInferenceClient, dialogue: str) -> None:
    assert await client.text_generation(PROMPT, seed=3) == dialogue


async def test_generation_with_details(client: AsyncInferenceClient, dialogue: str) -> None:
    answer = await client.text_generation(PROMPT, seed=3, details=True, decoder_input_details=True)
    assert answer.generated_text == dialogue
    details = answer.details
    assert details is not None
    assert details.finish_reason == "eos_token"
    assert details.generated_tokens == len(details.tokens) == len(dialogue.split())
    assert details.seed == 3
    assert "".join(token.text for token in details.tokens) == dialogue
    assert "".join(token.text for token in details.prefill) == PROMPT


async def test_generation_that_is_cut_off_says_so(client: AsyncInferenceClient) -> None:
    answer = await client.text_generation(PROMPT, seed=3, max_new_tokens=7, details=True)
    assert answer.details is not None
    assert (answer.details.finish_reason, answer.details.generated_tokens) == ("length", 7)
    assert len(answer.generated_text.split()) == 7


async def test_generation_in_pieces(client: AsyncInferenceClient, dialogue: str) -> None:
    plain = [piece async for piece in await client.text_generation(PROMPT, seed=3, stream=True)]
    assert "".join(plain) == dialogue
    pieces = [
        piece
        async for piece in await client.text_generation(PROMPT, seed=3, stream=True, details=True)
    ]
    assert "".join(piece.token.text for piece in pieces) == dialogue
    assert all(piece.details is None and piece.generated_text is None for piece in pieces[:-1])
    assert pieces[-1].generated_text == dialogue
    assert pieces[-1].details is not None
    assert pieces[-1].details.finish_reason == "eos_token"
    assert pieces[-1].details.input_length == len(tokens_of(PROMPT))


async def test_the_prompt_comes_back_where_it_is_asked_for(
    client: AsyncInferenceClient, dialogue: str
) -> None:
    whole = await client.text_generation(PROMPT, seed=3, return_full_text=True)
    assert whole == PROMPT + dialogue


async def test_every_way_in_gives_the_same_text(url: str, dialogue: str) -> None:
    body = {"inputs": PROMPT, "parameters": {"seed": 3}}
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.post("/generate", json=body)).json() == {"generated_text": dialogue}
        assert (await http.post("/", json=body)).json() == [{"generated_text": dialogue}]
        streamed = await http.post("/generate_stream", json=body)
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert dialogue.split()[-1] in streamed.text


async def test_a_template_that_is_not_the_models_is_refused(client: AsyncInferenceClient) -> None:
    for stream in (False, True):
        with pytest.raises(ValidationError, match=r"not in the chat template.* ChatML"):
            await client.text_generation("[INST] Write. [/INST]", stream=stream)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"max_new_tokens": 0}, "max_new_tokens"),
        ({"temperature": 0}, "temperature"),
        ({"top_p": 1}, "top_p"),
    ],
)
async def test_parameters_tgi_refuses_are_refused(
    parameters: dict[str, Any], named: str, url: str
) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        answer = await http.post("/generate", json={"inputs": PROMPT, "parameters": parameters})
    assert answer.status_code == 422
    assert answer.json()["error_type"] == "validation"
    assert answer.json()["error"].startswith(f"Input validation error: `parameters.{named}`")


async def test_a_chat_that_is_not_recdials_is_refused(client: AsyncInferenceClient) -> None:
    with pytest.raises(HfHubHTTPError) as raised:
        await client.chat_completion([{"role": "user", "content": "Hi"}])
    assert raised.value.response.status_code == 422
    assert raised.value.response.json()["error_type"] == "validation"


async def test_too_many_requests_are_told_in_tgis_words() -> None:
    async with (
        serving(make_app(latency_s=0.2, max_concurrent=1)) as url,
        AsyncInferenceClient(url) as client,
    ):
        calls = (client.text_generation(PROMPT) for _ in range(2))
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [OverloadedError]


async def test_what_a_client_asks_beside_texts(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as http:
        assert (await http.get("/health")).status_code == 200
        assert (await http.get("/info")).json()["model_id"] == "scripted"
        assert (await http.get("/v1/models")).json()["data"][0]["id"] == "scripted"
        tokens = (await http.post("/tokenize", json={"inputs": "two words"})).json()
    assert [(one["text"], one["start"], one["stop"]) for one in tokens] == [
        ("two", 0, 3),
        (" words", 3, 9),
    ]
