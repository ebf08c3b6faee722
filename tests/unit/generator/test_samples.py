from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from recdial.llm import BackendRefused, BackendUnavailable, Completion
from services.generator.samples import (
    Request,
    SampleFile,
    SamplesDamaged,
    Written,
    all_failed,
    write_missing,
)
from services.generator.writing import write_text

SAMPLING = SamplingParams(max_tokens=10, seed=3)
ADAPTER = AdapterRef(adapter_id="a", uri="/a", sha256="ab", base_model="m")


class Echo:
    """Answers with the prompt; refuses those that say so."""

    def __init__(self, *broken: str, cut_off_below: int = 0) -> None:
        self.broken = set(broken)
        self.cut_off_below = cut_off_below
        self.asked: list[tuple[str, int]] = []
        self.in_flight = self.most_in_flight = 0

    async def complete(
        self,
        messages: Sequence[ChatMessage],
        params: SamplingParams,
        adapter: AdapterRef | None = None,
    ) -> Completion:
        said = messages[0].content
        self.asked.append((said, params.max_tokens))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(0)
        self.in_flight -= 1
        if said in self.broken:
            raise BackendRefused(f"no {said}")
        cut = params.max_tokens < self.cut_off_below
        return Completion(f"{said} {params.max_tokens}", "length" if cut else "stop", "m", 4, 5)

    async def close(self) -> None:
        pass


def request(number: int, sampling: SamplingParams = SAMPLING) -> Request:
    message = ChatMessage(role="user", content=f"p{number}")
    return Request(UUID(int=number), UUID(int=100 + number), (message,), sampling, ADAPTER)


async def written(
    path: Path, backend: Echo, requests: Sequence[Request], own_only: bool = False
) -> list[Written]:
    return await write_missing(
        "student",
        requests,
        backend,
        SampleFile(path, own_only=own_only),
        concurrency=2,
        longer=2.0,
        on_written=lambda: None,
    )


async def test_what_is_in_the_file_is_not_written_again(tmp_path: Path) -> None:
    path, backend = tmp_path / "texts.jsonl", Echo()
    first = await written(path, backend, [request(1), request(2)])
    again = await written(path, backend, [request(2), request(3), request(1)])
    assert [said for said, _ in backend.asked] == ["p1", "p2", "p3"]
    assert [one.text for one in again] == ["p2 10", "p3 10", "p1 10"]
    assert again[2] == first[0]
    assert (first[0].adapter_sha256, first[0].tokens_in, first[0].tokens_out) == ("ab", 4, 5)


async def test_another_sampling_is_another_text(tmp_path: Path) -> None:
    path, backend = tmp_path / "texts.jsonl", Echo()
    await written(path, backend, [request(1)])
    (found,) = await written(path, backend, [request(1, SamplingParams(max_tokens=20))])
    assert found.text == "p1 20"


async def test_a_failure_is_kept_with_its_cause_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    found = await written(path, Echo("p1"), [request(1), request(2)])
    assert [one.failure for one in found] == ["no p1", None]
    assert all_failed(found) is None
    assert all_failed(found[:1]) == "no p1"
    assert all_failed([]) is None
    assert '"failure":"no p1"' in path.read_text()
    backend = Echo()
    mended = await written(path, backend, [request(1), request(2)])
    assert [one.failure for one in mended] == [None, None]
    assert backend.asked == [("p1", 10)]


async def test_texts_of_the_run_count_unless_own_ones_are_asked_for(tmp_path: Path) -> None:
    path, one = tmp_path / "texts.jsonl", request(1)
    SampleFile(path).add(
        Written(
            generator="student",
            dialogue_id=one.dialogue_id,
            prompt_id=one.prompt_id,
            sampling=one.sampling,
            model="m",
            adapter_sha256=None,
            text="of the run",
            from_run=True,
        )
    )
    (taken,) = await written(path, Echo(), [one])
    assert taken.text == "of the run"
    (fresh,) = await written(path, Echo(), [one], own_only=True)
    assert (fresh.text, fresh.from_run) == ("p1 10", False)
    # From then on the fresh one is the text.
    (again,) = await written(path, Echo(), [one])
    assert again == fresh


async def test_no_more_calls_are_in_flight_than_allowed(tmp_path: Path) -> None:
    backend = Echo()
    await written(tmp_path / "texts.jsonl", backend, [request(number) for number in range(9)])
    assert backend.most_in_flight == 2


def test_a_line_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"generator": "student"}\n')
    with pytest.raises(SamplesDamaged, match=r"texts\.jsonl, line 1 .* Field required"):
        SampleFile(path)


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(min_value=0))
def test_a_file_cut_anywhere_loses_no_whole_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "texts.jsonl"
    requests = [request(number) for number in range(3)]
    asyncio.run(written(path, Echo(), requests))
    content = path.read_bytes()
    kept = content[: cut % (len(content) + 1)]
    path.write_bytes(kept)
    backend = Echo()
    asyncio.run(written(path, backend, requests))
    assert len(backend.asked) == 3 - kept.count(b"\n")
    assert len(path.read_bytes().splitlines()) == 3


async def test_a_text_that_is_cut_off_gets_more_room_once() -> None:
    backend = Echo(cut_off_below=15)
    answer = await write_text(backend, request(1).messages, SAMPLING, None, 2.0)
    assert answer.completion.text == "p1 20"
    assert answer.sampling.max_tokens == 20
    assert len(answer.calls) == 2
    hopeless = Echo(cut_off_below=99)
    await write_text(hopeless, request(1).messages, SAMPLING, None, 2.0)
    assert [room for _, room in hopeless.asked] == [10, 20]
    kept = Echo(cut_off_below=99)
    await write_text(kept, request(1).messages, SAMPLING, None, 1.0)
    assert [room for _, room in kept.asked] == [10]


async def test_what_there_is_stays_where_more_room_fails() -> None:
    class Once(Echo):
        async def complete(
            self,
            messages: Sequence[ChatMessage],
            params: SamplingParams,
            adapter: AdapterRef | None = None,
        ) -> Completion:
            if params.max_tokens > 10:
                raise BackendUnavailable("gone")
            return await super().complete(messages, params, adapter)

    answer = await write_text(Once(cut_off_below=99), request(1).messages, SAMPLING, None, 2.0)
    assert answer.completion.finish_reason == "length"
    assert answer.sampling == SAMPLING
