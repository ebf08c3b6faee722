"""The local backend with a real, tiny model."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused, BackendUnavailable, Completion
from recdial.llm.adapters import directory_digest
from services.generator.local import LocalBackend
from services.generator.local_model import LocalModel
from tests.tiny_llama import save_random_adapter, save_tiny_llama

pytest.importorskip("torch", reason="local models need torch")
pytest.importorskip("peft", reason="local models need peft")

GREEDY = SamplingParams(max_tokens=12, temperature=0.0)


ENDLESS = SamplingParams(max_tokens=8000, temperature=0.0)
STEPS_S = 5.0
"""Time for a few tokens, and far less than an endless text takes."""


def chat(text: str) -> tuple[ChatMessage, ...]:
    return (
        ChatMessage(role="system", content="You write dialogues."),
        ChatMessage(role="user", content=text),
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def adapter(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> AdapterRef:
    folder = save_random_adapter(tiny, tmp_path_factory.mktemp("adapter"), seed=1)
    return AdapterRef(
        adapter_id="a-1", uri=folder.as_uri(), sha256=directory_digest(folder), base_model="tiny"
    )


@pytest.fixture
async def backend(tiny: Path) -> AsyncIterator[LocalBackend]:
    backend = LocalBackend(str(tiny), name="tiny", batch_size=4)
    yield backend
    await backend.close()


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[int]:
    """The size of each batch, as its generation begins."""
    sizes: queue.Queue[int] = queue.Queue()
    generate = LocalModel.generate

    def watched(self: LocalModel, prompts: list[list[int]], *args: Any, **kwargs: Any) -> Any:
        sizes.put(len(prompts))
        return generate(self, prompts, *args, **kwargs)

    monkeypatch.setattr(LocalModel, "generate", watched)
    return sizes


async def complete_all(
    backend: LocalBackend, texts: list[str], params: SamplingParams
) -> list[Completion]:
    return await asyncio.gather(*(backend.complete(chat(text), params) for text in texts))


async def test_every_request_of_a_batch_gets_its_own_answer(backend: LocalBackend) -> None:
    texts = ["a", "b" * 20, "c" * 50]

    answers = await complete_all(backend, texts, GREEDY)

    lengths = [answer.prompt_tokens for answer in answers]
    assert [length - lengths[0] for length in lengths] == [0, 19, 49]
    assert all(answer.model == "tiny" for answer in answers)
    assert len({answer.text for answer in answers}) == 3


async def test_more_requests_than_a_batch_holds_are_all_answered(backend: LocalBackend) -> None:
    answers = await complete_all(backend, [str(number) for number in range(11)], GREEDY)

    assert [answer.completion_tokens for answer in answers] == [12] * 11


async def test_a_text_cut_off_says_so(backend: LocalBackend) -> None:
    answer = await backend.complete(chat("Hi"), GREEDY)

    assert (answer.finish_reason, answer.completion_tokens) == ("length", 12)


async def test_a_text_ends_at_any_of_the_models_end_tokens(tmp_path: Path) -> None:
    backend = LocalBackend(str(save_tiny_llama(tmp_path, ends=128)))
    sampled = SamplingParams(max_tokens=100, temperature=1.0, top_p=1.0, seed=3)

    answer = await backend.complete(chat("Hi"), sampled)
    await backend.close()

    assert answer.finish_reason == "stop"
    assert answer.completion_tokens is not None
    assert answer.completion_tokens < 100


async def test_greedy_and_sampling_requests_are_answered_side_by_side(
    backend: LocalBackend,
) -> None:
    hot = SamplingParams(max_tokens=12, temperature=1.5, top_p=1.0, seed=1)

    cold_answer, hot_answer = await asyncio.gather(
        backend.complete(chat("Hi"), GREEDY), backend.complete(chat("Hi"), hot)
    )

    assert cold_answer.text != hot_answer.text


async def test_calls_made_together_are_one_batch(
    backend: LocalBackend, batches: queue.Queue[int]
) -> None:
    await complete_all(backend, ["load the model"], GREEDY)
    await complete_all(backend, ["a", "b", "c", "d"], GREEDY)

    assert [batches.get_nowait() for _ in range(batches.qsize())] == [1, 4]


async def test_the_same_batch_gives_the_same_texts_and_other_seeds_give_others(
    backend: LocalBackend,
) -> None:
    def asked(first_seed: int) -> list[SamplingParams]:
        seeds = range(first_seed, first_seed + 4)
        return [SamplingParams(max_tokens=12, temperature=1.0, seed=seed) for seed in seeds]

    async def texts(all_params: list[SamplingParams]) -> list[str]:
        answers = await asyncio.gather(
            *(backend.complete(chat("Hi"), params) for params in all_params)
        )
        return [answer.text for answer in answers]

    await backend.complete(chat("load the model"), GREEDY)
    once, again, others = await texts(asked(0)), await texts(asked(0)), await texts(asked(9))

    assert once == again
    assert len(set(once)) == 4
    assert set(once).isdisjoint(others)


async def test_a_prompt_beyond_the_context_is_refused_and_its_batch_goes_on(
    tmp_path: Path,
) -> None:
    backend = LocalBackend(str(save_tiny_llama(tmp_path, context=128)), name="tiny")

    long, short = await asyncio.gather(
        backend.complete(chat("x" * 200), GREEDY),
        backend.complete(chat("x"), GREEDY),
        return_exceptions=True,
    )
    await backend.close()

    assert isinstance(long, BackendRefused)
    assert "context of tiny, 128 tokens" in str(long)
    assert isinstance(short, Completion)


async def test_an_adapter_changes_the_text_and_none_is_the_base_model_again(
    backend: LocalBackend, adapter: AdapterRef
) -> None:
    before = await backend.complete(chat("Hi"), GREEDY)
    adapted = await backend.complete(chat("Hi"), GREEDY, adapter)
    after = await backend.complete(chat("Hi"), GREEDY)

    assert adapted.text != before.text
    assert after.text == before.text


async def test_requests_with_and_without_an_adapter_do_not_mix(
    backend: LocalBackend, adapter: AdapterRef
) -> None:
    adapted = await backend.complete(chat("Hi"), GREEDY, adapter)

    mixed = await asyncio.gather(
        *(backend.complete(chat("Hi"), GREEDY, each) for each in (None, adapter, None, adapter))
    )

    assert mixed[1].text == mixed[3].text == adapted.text
    assert mixed[0].text == mixed[2].text != adapted.text


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"sha256": "0" * 64}, "is not what was published"),
        ({"uri": "file:///nowhere/adapter"}, "is not at /nowhere/adapter"),
        ({"uri": "s3://bucket/adapter"}, "neither a path nor a file:// URL"),
        ({"base_model": "other"}, "was trained for other, this is tiny"),
    ],
)
async def test_an_adapter_that_is_not_the_published_one_is_refused(
    backend: LocalBackend, adapter: AdapterRef, change: dict[str, str], complaint: str
) -> None:
    with pytest.raises(BackendRefused, match=complaint):
        await backend.complete(chat("Hi"), GREEDY, adapter.model_copy(update=change))

    assert (await backend.complete(chat("Hi"), GREEDY)).completion_tokens == 12


async def test_an_adapter_of_another_shape_is_refused(
    backend: LocalBackend, adapter: AdapterRef, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(adapter.uri.removeprefix("file://"))
    weights = load_file(folder / "adapter_model.safetensors")
    save_file(
        {name: weight.repeat(2, 2) for name, weight in weights.items()},
        tmp_path / "adapter_model.safetensors",
    )
    (tmp_path / "adapter_config.json").write_text((folder / "adapter_config.json").read_text())
    misfit = adapter.model_copy(update={"uri": str(tmp_path), "sha256": directory_digest(tmp_path)})

    with pytest.raises(BackendRefused, match="does not fit tiny"):
        await backend.complete(chat("Hi"), GREEDY, misfit)


async def test_a_model_that_is_not_there_is_refused() -> None:
    backend = LocalBackend("/nowhere/model")

    with pytest.raises(BackendRefused, match="cannot load '/nowhere/model'"):
        await backend.complete(chat("Hi"), GREEDY)

    await backend.close()


async def test_closing_fails_what_runs_and_what_waits_and_refuses_what_comes(
    tiny: Path, batches: queue.Queue[int]
) -> None:
    backend = LocalBackend(str(tiny), batch_size=1)
    calls = [asyncio.create_task(backend.complete(chat("Hi"), ENDLESS)) for _ in range(3)]
    await asyncio.to_thread(batches.get)

    async with asyncio.timeout(STEPS_S):
        await backend.close()

    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [BackendUnavailable] * 3
    with pytest.raises(BackendUnavailable, match="closed"):
        await backend.complete(chat("Hi"), GREEDY)
    await backend.close()


async def test_cancelling_calls_frees_the_model_for_the_next(
    tiny: Path, batches: queue.Queue[int]
) -> None:
    backend = LocalBackend(str(tiny), batch_size=1)
    calls = [asyncio.create_task(backend.complete(chat("Hi"), ENDLESS)) for _ in range(3)]
    await asyncio.to_thread(batches.get)

    for call in calls:
        call.cancel()

    async with asyncio.timeout(STEPS_S):
        answer = await backend.complete(chat("Hi"), GREEDY)
    assert answer.completion_tokens == 12
    assert batches.qsize() == 1  # that of the answer: what waited was dropped
    await backend.close()
