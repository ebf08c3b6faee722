"""Work that is done side by side, with its results in the order of what it was done for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

from services.grounding.files import SourceError

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    executor: Executor, work: Callable[[T], R], items: Iterable[T], waiting: int
) -> Iterator[R]:
    """The results of work, in the order of the items, of which at most `waiting` are in hand.

    An error of `items` comes after the results of what was before it.
    """
    in_hand: deque[Future[R]] = deque()
    try:
        for item in items:
            in_hand.append(executor.submit(work, item))
            if len(in_hand) > waiting:
                yield in_hand.popleft().result()
    except SourceError:
        while in_hand:
            yield in_hand.popleft().result()
        raise
    while in_hand:
        yield in_hand.popleft().result()
