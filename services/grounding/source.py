"""Grounds a source: reads interactions and TMDB records, gives the catalogue and the profiles."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recdial.domain import LIKED_ABOVE, Frozen, ItemFacts, UserProfile
from recdial.ids import seeded_draw
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.blocks import BLOCK_USERS, Block, Core, blocks_of
from services.grounding.catalogue import CatalogueReport, read_catalogue
from services.grounding.files import SourceError
from services.grounding.interactions import Collected, Interactions, collect
from services.grounding.kcore import Round, k_core
from services.grounding.profiles import Choice, Drop, DropReason, Profile, choose
from services.grounding.quality import CatalogueQuality, coverage, long_tail
from services.grounding.rows import ReadReport, quoted
from services.grounding.settings import SOURCES
from services.grounding.source_files import SourceFiles, source_files
from services.grounding.sources import open_source
from services.grounding.sources.protocol import InteractionSource
from services.grounding.uncollected import uncollected
from services.grounding.wanted_items import reviewed_items


class GroundingReport(Frozen):
    """What a source held and what became of it, in the order of the steps."""

    reviews: ReadReport
    catalogue: CatalogueReport
    reviews_without_tmdb: int
    """Good reviews left out because their item is not in the catalogue."""
    items_without_tmdb: int
    duplicate_reviews: int
    superseded_reviews: int
    """Replaced by the user's later review of the item; none with `repeated_reviews: all`."""
    users_before_core: int
    """Users with an interaction with an item of the catalogue."""
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
    """At most `grounding.histories_per_user` of each user."""
    drops: dict[DropReason, int]
    disliked_targets: int
    empty_histories: int
    """Profiles with nothing before the target."""
    quality: CatalogueQuality


@dataclass(frozen=True, slots=True)
class Grounded:
    """A grounded source."""

    report: GroundingReport
    items: tuple[ItemFacts, ...]
    """The items of the k-core, by id."""
    _core: Core
    _chosen: Mapping[int, list[Choice] | DropReason]
    """What each sampled user leads to, in the order of their ids."""
    _source: InteractionSource

    def blocks(
        self, after: str = "", size: int = BLOCK_USERS
    ) -> AbstractContextManager[Iterator[Block]]:
        """The sampled users whose id is greater than `after`, in blocks in order of their ids.

        Memory is that of a block. Raises SourceError if the source cannot be read again.
        """
        chosen = [
            (user, choices)
            for user, choices in self._chosen.items()
            if self._core.user_ids[user] > after
        ]
        return blocks_of(self._core, chosen, self._source, size)

    def sampled(self, users: int, seed: int) -> Grounded:
        """The same with a sample of its users, or with all if they are fewer; its report stays."""
        if users >= len(self._chosen):
            return self
        everybody = list(self._chosen)
        places = _sample([self._core.user_ids[user] for user in everybody], users, seed)
        some = (everybody[place] for place in places)
        return replace(self, _chosen={user: self._chosen[user] for user in some})

    def profiles(self) -> Iterator[UserProfile | Drop]:
        """What every sampled user leads to, in order of the user ids."""
        with self.blocks() as blocks:
            for block in blocks:
                yield from block.outcomes()


def ground(
    source: SourceConfig,
    grounding: GroundingConfig,
    profile: Profile,
    seed: int,
    copies: Path = SOURCES,
) -> Grounded:
    """Ground a source (paper, §3.1).

    Reviews of items without TMDB data are left out, then the k-core is taken, then the sample of
    `grounding.users` users (so it changes neither the catalogue nor the core). The reviews are read
    without their texts; those a profile shows are read when the profile is made. Files behind URLs
    are fetched into `copies` first.

    Raises SourceError if a file cannot be used or the k-core is empty.
    """
    files = source_files(source, copies)
    reviews = open_source(files)
    catalogue = read_catalogue(
        files.tmdb,
        files.metadata,
        credits=files.credits,
        keywords=files.keywords,
        min_title_score=files.min_title_score,
        wanted=lambda: _wanted(reviews, grounding),
    )
    read_report = ReadReport(str(files.reviews), grounding.max_bad_line_share)
    item_ids = sorted(catalogue.items)
    collected = collect(reviews.batches(read_report), item_ids, grounding.repeated_reviews)
    if not len(collected.rows):
        raise _nothing_grounded(files, item_ids, collected)
    found = k_core(
        collected.rows.users,
        collected.rows.items,
        grounding.min_user_interactions,
        grounding.min_item_interactions,
    )
    if not found.kept.any():
        raise _empty_core(files, grounding, collected.rows)
    with uncollected():
        core = _core(collected, found.kept, item_ids, catalogue.items)
        chosen = {
            user: choose(
                core.ratings(user),
                history=grounding.history,
                profile=profile,
                histories=grounding.histories_per_user,
            )
            for user in _sample(core.user_ids, grounding.users, seed)
        }
    outcomes = _outcomes(core, chosen)
    ratings = core.rows.ratings
    return Grounded(
        report=GroundingReport(
            reviews=read_report,
            catalogue=catalogue.report,
            reviews_without_tmdb=collected.unknown_reviews,
            items_without_tmdb=collected.unknown_items,
            duplicate_reviews=collected.repeats.duplicates,
            superseded_reviews=collected.repeats.superseded,
            users_before_core=len(collected.user_ids),
            k_core_rounds=found.rounds,
            users=len(core.user_ids),
            items=len(core.items),
            interactions=len(core.rows),
            liked_interactions=int(np.count_nonzero(ratings > LIKED_ABOVE)),
            ratings=_by_star(ratings),
            sampled_users=len(chosen),
            profiles=outcomes.profiles,
            drops=dict(outcomes.drops),
            disliked_targets=outcomes.disliked_targets,
            empty_histories=outcomes.empty_histories,
            quality=CatalogueQuality(
                coverage=coverage(core.items),
                long_tail=long_tail(np.bincount(core.rows.items)),
                disliked_share=round(float(np.mean(ratings <= LIKED_ABOVE)), 4),
                disliked_target_share=round(
                    outcomes.disliked_targets / max(1, outcomes.profiles), 4
                ),
            ),
        ),
        items=tuple(core.items),
        _core=core,
        _chosen=chosen,
        _source=reviews,
    )


def _wanted(reviews: InteractionSource, grounding: GroundingConfig) -> dict[str, int]:
    """The items that can be in the k-core whatever TMDB has, with the number of their reviews."""
    report = ReadReport(str(reviews.path), grounding.max_bad_line_share)
    return reviewed_items(reviews.batches(report), grounding.min_item_interactions)


def _core(
    collected: Collected,
    kept: NDArray[np.bool_],
    item_ids: Sequence[str],
    items: Mapping[str, ItemFacts],
) -> Core:
    """The kept rows in order, with codes of the core's own users and items."""
    user_ids, rows = collected.users_in_order(collected.rows.take(kept))
    codes, places = np.unique(rows.items, return_inverse=True)
    rows = rows.with_items(places.astype(np.int32)).by_user_and_time()
    return Core(
        rows=rows,
        user_ids=user_ids,
        starts=np.searchsorted(rows.users, np.arange(len(user_ids) + 1)),
        items=[items[item_ids[code]] for code in codes.tolist()],
    )


def _sample(user_ids: Sequence[str], size: int | None, seed: int) -> Sequence[int]:
    """The `size` users with the smallest draws: a larger sample contains every smaller one."""
    users = range(len(user_ids))
    if size is None:
        return users
    return sorted(
        heapq.nsmallest(size, users, key=lambda user: seeded_draw(seed, "user", user_ids[user]))
    )


@dataclass(slots=True)
class _Outcomes:
    """What the sampled users lead to, counted."""

    profiles: int
    disliked_targets: int
    empty_histories: int
    drops: Counter[DropReason]


def _outcomes(core: Core, chosen: Mapping[int, list[Choice] | DropReason]) -> _Outcomes:
    counted = _Outcomes(0, 0, 0, Counter())
    for user, choices in chosen.items():
        if isinstance(choices, str):
            counted.drops[choices] += 1
            continue
        ratings = core.ratings(user)
        counted.profiles += len(choices)
        counted.empty_histories += sum(not choice.history for choice in choices)
        counted.disliked_targets += sum(ratings[choice.target] <= LIKED_ABOVE for choice in choices)
    return counted


def _by_star(ratings: NDArray[np.float64]) -> dict[str, int]:
    stars = np.floor(ratings + 0.5).astype(np.int64)
    return {str(star): int(np.count_nonzero(stars == star)) for star in range(1, 6)}


def _nothing_grounded(
    source: SourceFiles, item_ids: Sequence[str], collected: Collected
) -> SourceError:
    return SourceError(
        f"{source.reviews}: none of its {collected.unknown_reviews:,} reviews is of an item in "
        f"{source.tmdb}. The reviews say parent_asin {quoted(collected.an_unknown_item)}, the TMDB "
        f"records {quoted(item_ids[0])}: check that both files are of the same catalogue, or give "
        "source.metadata, whose titles say which film an item is (docs/tmdb.md)."
    )


def _empty_core(source: SourceFiles, grounding: GroundingConfig, rows: Interactions) -> SourceError:
    return SourceError(
        f"{source.reviews}: no user and item is left in the k-core. Its {len(rows):,} ratings of "
        f"items with TMDB data are by {np.unique(rows.users).size:,} users of "
        f"{np.unique(rows.items).size:,} items; users with less than "
        f"{grounding.min_user_interactions} ratings and items with less than "
        f"{grounding.min_item_interactions} fall away in turns. Give more reviews, or "
        "lower grounding.min_user_interactions and grounding.min_item_interactions."
    )
