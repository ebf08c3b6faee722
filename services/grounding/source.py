"""Grounds a source: reads reviews and TMDB records, and gives the catalogue and the profiles."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recdial.domain import LIKED_ABOVE, Frozen, Interaction, ItemFacts, UserProfile
from recdial.ids import seeded_draw
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.catalogue import CatalogueReport, read_catalogue
from services.grounding.files import SourceError
from services.grounding.interactions import Interactions, collect
from services.grounding.kcore import Round, k_core
from services.grounding.profiles import (
    Choice,
    Drop,
    DropReason,
    Profile,
    build_profile,
    choose,
    latest_reviews,
)
from services.grounding.reviews import Review, changed, read_reviews, reviews_at
from services.grounding.rows import ReadReport, quoted


class GroundingReport(Frozen):
    """What a source held and what became of it, in the order of the steps."""

    reviews: ReadReport
    catalogue: CatalogueReport
    reviews_without_tmdb: int
    """Good reviews left out because their item is not in the catalogue."""
    items_without_tmdb: int
    duplicate_reviews: int
    superseded_reviews: int
    k_core_rounds: tuple[Round, ...]
    users: int
    """Users, items and interactions of the k-core."""
    items: int
    interactions: int
    liked_interactions: int
    ratings: dict[str, int]
    """Interactions of the k-core by their rating, rounded to the nearest star."""
    sampled_users: int
    """Users left after `grounding.users`; what follows counts these."""
    profiles: int
    drops: dict[DropReason, int]
    disliked_targets: int
    empty_histories: int
    """Profiles with nothing before the target."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A grounded source."""

    report: GroundingReport
    items: tuple[ItemFacts, ...]
    """The items of the k-core, by id."""
    profiles: Callable[[], Iterator[UserProfile | Drop]]
    """Builds each sampled user's profile when asked for it, in order of the user ids."""


def ground(
    source: SourceConfig, grounding: GroundingConfig, profile: Profile, seed: int
) -> Grounded:
    """Ground a source (paper, §3.1).

    Reviews of items without TMDB data are left out, then the k-core is taken, then the sample of
    `grounding.users` users (so it changes neither the catalogue nor the core). The reviews are read
    twice: first without their texts, then the texts a profile shows.

    Raises SourceError if a file cannot be used or the k-core is empty.
    """
    catalogue = read_catalogue(source.tmdb, source.metadata)
    read_report = ReadReport(str(source.reviews), grounding.max_bad_line_share)
    without_tmdb: Counter[str] = Counter()
    reviews = _in_catalogue(
        read_reviews(source.reviews, read_report), catalogue.items, without_tmdb
    )
    reviewed = collect(reviews, line=lambda: read_report.lines)
    latest = latest_reviews(reviewed.users, reviewed.items, reviewed.timestamps)
    distinct = reviewed.take(latest.kept)
    if not len(distinct):
        raise _nothing_grounded(source, catalogue.items, without_tmdb)
    core = k_core(
        distinct.users,
        distinct.items,
        grounding.min_user_interactions,
        grounding.min_item_interactions,
    )
    rows = distinct.take(core.kept).by_user_and_time()
    if not len(rows):
        raise _empty_core(source.reviews, grounding, distinct)

    users = _users(rows)
    sample = _sample(users, grounding.users, seed)
    choices = [
        choose(rows.ratings[user.rows].tolist(), history=grounding.history, profile=profile)
        for user in sample
    ]
    chosen = [
        (user, choice)
        for user, choice in zip(sample, choices, strict=True)
        if isinstance(choice, Choice)
    ]
    texts = _texts(source.reviews, rows, _shown_rows(chosen))
    targets = rows.ratings[[user.rows.start + choice.target for user, choice in chosen]]
    core_items = [rows.item_ids[code] for code in np.unique(rows.items)]
    items = {item_id: catalogue.items[item_id] for item_id in core_items}
    return Grounded(
        report=GroundingReport(
            reviews=read_report,
            catalogue=catalogue.report,
            reviews_without_tmdb=without_tmdb.total(),
            items_without_tmdb=len(without_tmdb),
            duplicate_reviews=latest.duplicates,
            superseded_reviews=latest.superseded,
            k_core_rounds=core.rounds,
            users=len(users),
            items=len(items),
            interactions=len(rows),
            liked_interactions=int(np.count_nonzero(rows.ratings > LIKED_ABOVE)),
            ratings=_by_star(rows.ratings),
            sampled_users=len(sample),
            profiles=len(chosen),
            drops=dict(Counter(choice for choice in choices if not isinstance(choice, Choice))),
            disliked_targets=int(np.count_nonzero(targets <= LIKED_ABOVE)),
            empty_histories=sum(not choice.history for _, choice in chosen),
        ),
        items=tuple(items.values()),
        profiles=partial(
            _profiles,
            rows,
            sample,
            items,
            texts,
            history=grounding.history,
            profile=profile,
        ),
    )


@dataclass(frozen=True, slots=True)
class _User:
    """A user, and where the user's rows are: in time order."""

    user_id: str
    rows: slice


def _in_catalogue(
    reviews: Iterable[Review], items: Mapping[str, ItemFacts], without: Counter[str]
) -> Iterator[Review]:
    for review in reviews:
        if review.item_id in items:
            yield review
        else:
            without[review.item_id] += 1


def _users(rows: Interactions) -> list[_User]:
    starts = np.flatnonzero(np.diff(rows.users, prepend=-1)).tolist()
    ends = [*starts[1:], len(rows)]
    return [
        _User(rows.user_ids[rows.users[start]], slice(start, end))
        for start, end in zip(starts, ends, strict=True)
    ]


def _sample(users: list[_User], size: int | None, seed: int) -> list[_User]:
    """The `size` users with the smallest draws: a larger sample contains every smaller one."""
    if size is None:
        return users
    drawn = heapq.nsmallest(size, users, key=lambda user: seeded_draw(seed, "user", user.user_id))
    return sorted(drawn, key=lambda user: user.user_id)


def _shown_rows(chosen: Iterable[tuple[_User, Choice]]) -> list[int]:
    return [
        user.rows.start + position
        for user, choice in chosen
        for position in (*choice.history, choice.target)
    ]


def _texts(path: Path, rows: Interactions, shown: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Title and text of the reviews at these rows, by row."""
    row_of_line = {int(rows.lines[row]): row for row in shown}
    texts: dict[int, tuple[str, str]] = {}
    for line, review in reviews_at(path, row_of_line):
        row = row_of_line[line]
        if (
            review.user_id != rows.user_ids[rows.users[row]]
            or review.item_id != rows.item_ids[rows.items[row]]
            or review.timestamp != rows.timestamps[row]
            or review.rating != rows.ratings[row]
        ):
            raise changed(path)
        texts[row] = review.title, review.text
    return texts


def _profiles(
    rows: Interactions,
    users: Iterable[_User],
    items: Mapping[str, ItemFacts],
    texts: Mapping[int, tuple[str, str]],
    *,
    history: int,
    profile: Profile,
) -> Iterator[UserProfile | Drop]:
    for user in users:
        interactions = [
            Interaction(
                item=items[rows.item_ids[rows.items[row]]],
                rating=float(rows.ratings[row]),
                timestamp=int(rows.timestamps[row]),
                # Rows no profile shows have no text here.
                review_title=texts[row][0] if row in texts else "",
                review_text=texts[row][1] if row in texts else "",
            )
            for row in range(user.rows.start, user.rows.stop)
        ]
        yield build_profile(user.user_id, interactions, history=history, profile=profile)


def _by_star(ratings: NDArray[np.float64]) -> dict[str, int]:
    stars = np.floor(ratings + 0.5).astype(np.int64)
    return {str(star): int(np.count_nonzero(stars == star)) for star in range(1, 6)}


def _nothing_grounded(
    source: SourceConfig, items: Mapping[str, ItemFacts], without: Counter[str]
) -> SourceError:
    return SourceError(
        f"{source.reviews}: none of its {without.total():,} reviews is of an item in "
        f"{source.tmdb}. The reviews say parent_asin {quoted(min(without))}, the TMDB records "
        f"{quoted(min(items))}: check that both files are of the same catalogue."
    )


def _empty_core(path: Path, grounding: GroundingConfig, distinct: Interactions) -> SourceError:
    return SourceError(
        f"{path}: no user and item is left in the k-core. Its {len(distinct):,} ratings of items "
        f"with TMDB data are by {distinct.user_count():,} users of {distinct.item_count():,} "
        f"items; users with less than {grounding.min_user_interactions} ratings and items with "
        f"less than {grounding.min_item_interactions} fall away in turns. Give more reviews, or "
        "lower grounding.min_user_interactions and grounding.min_item_interactions."
    )
