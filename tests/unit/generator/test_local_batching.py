"""Which waiting requests make a batch."""

from __future__ import annotations

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import AdapterRef, ChatMessage, SamplingParams
from services.generator.local import Request, take_batch

ADAPTERS = [None, AdapterRef(adapter_id="a", uri="/a", sha256="0", base_model="m")]


def request(
    adapter: AdapterRef | None = None, temperature: float = 0.0, seed: int | None = None
) -> Request:
    params = SamplingParams(temperature=temperature, seed=seed)
    return Request((ChatMessage(role="user", content="Hi"),), params, adapter)


requests = st.lists(
    st.builds(request, st.sampled_from(ADAPTERS), st.sampled_from([0.0, 0.7]), st.integers(0, 3)),
    max_size=12,
)


@given(requests, st.integers(1, 5), st.sampled_from(ADAPTERS))
def test_a_batch_is_the_oldest_request_for_the_adapter_and_all_that_fit_with_it(
    arrived: list[Request], size: int, adapter: AdapterRef | None
) -> None:
    batch = take_batch(deque(arrived), size, adapter)

    wanted = [one for one in arrived if one.adapter == adapter]
    alike = [one for one in wanted if one.params.temperature == wanted[0].params.temperature]
    assert batch == alike[:size]


@given(requests, st.integers(1, 5), st.sampled_from(ADAPTERS))
def test_nothing_is_lost_and_what_is_left_keeps_its_order(
    arrived: list[Request], size: int, adapter: AdapterRef | None
) -> None:
    waiting = deque(arrived)

    batch = take_batch(waiting, size, adapter)

    assert list(waiting) == [one for one in arrived if one not in batch]


def test_requests_that_differ_only_in_their_seed_share_a_batch() -> None:
    waiting = deque([request(seed=1), request(seed=2), request(seed=None)])

    assert len(take_batch(waiting, 8)) == 3


def test_a_request_that_was_given_up_takes_no_place() -> None:
    given_up, first, second = request(), request(), request()
    given_up.future.cancel()
    waiting = deque([given_up, first, second])

    assert take_batch(waiting, 1) == [first]
    assert list(waiting) == [second]
