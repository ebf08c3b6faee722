"""Finds the films of items in TMDB itself: searches their titles, then fetches what matches."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from services.grounding.files import SourceError
from services.grounding.rows import BadRow, Faults, quoted
from services.grounding.settings import TmdbSettings
from services.grounding.title_matching import Film, ItemTitle, Match, title_index
from services.grounding.title_parts import title_parts
from services.grounding.tmdb import film_id, film_to_match
from services.grounding.tmdb_api import TmdbApi, Unanswered
from services.grounding.tmdb_cache import AnswerCache

log = structlog.get_logger(__name__)

T = TypeVar("T")

_TIMEOUT = httpx.Timeout(30.0)
_TELL_EVERY = 1000


@dataclass(slots=True)
class LookedUp:
    """What TMDB has for the items."""

    found: list[tuple[str, ItemTitle, Match | None]] = field(default_factory=list)
    """Each item that has a title or is named by TMDB's id, and the film that fits best."""
    films: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """The records of the films that fit well enough, by their ids, in the order of the ids."""


def look_up(
    wanted: Iterable[str],
    titles: Mapping[str, ItemTitle] | None,
    min_score: float,
    settings: TmdbSettings,
    unanswered: Faults,
) -> LookedUp:
    """Look the wanted items up in TMDB by their titles; without titles, their ids are TMDB's.

    The same answers in the cache give the same films. What TMDB does not answer is counted in
    `unanswered`. Raises SourceError if TMDB cannot be asked at all (`TmdbApi`).
    """
    return asyncio.run(_look_up(sorted(wanted), titles, min_score, settings, unanswered))


async def _look_up(
    wanted: list[str],
    titles: Mapping[str, ItemTitle] | None,
    min_score: float,
    settings: TmdbSettings,
    unanswered: Faults,
) -> LookedUp:
    limits = httpx.Limits(max_connections=settings.concurrency)
    with AnswerCache(settings.cache) as cache, _requests_unlogged():
        async with httpx.AsyncClient(timeout=_TIMEOUT, limits=limits) as http:
            lookup = _Lookup(TmdbApi(settings, cache, http), settings.concurrency, unanswered)
            if titles is None:
                return await lookup.by_id(wanted)
            named = [item_id for item_id in wanted if item_id in titles]
            return await lookup.by_title(named, titles, min_score)


@dataclass(slots=True)
class _Lookup:
    api: TmdbApi
    concurrency: int
    unanswered: Faults

    async def by_id(self, wanted: list[str]) -> LookedUp:
        ids = [item_id for item_id in wanted if _is_film_id(item_id)]
        if wanted and not ids:
            raise SourceError(
                f"source.tmdb is api, and the reviews name items by ids as {quoted(wanted[0])}, "
                "not by TMDB's. Give source.metadata, whose titles are then searched for."
            )
        films = await self._films(ids)
        return LookedUp(
            found=[
                (item_id, ItemTitle(f"TMDB {item_id}"), _same_film(item_id, films.get(item_id)))
                for item_id in wanted
            ],
            films=films,
        )

    async def by_title(
        self, wanted: list[str], titles: Mapping[str, ItemTitle], min_score: float
    ) -> LookedUp:
        same_search: defaultdict[str, list[str]] = defaultdict(list)
        for item_id in wanted:
            same_search[title_parts(titles[item_id].title).text].append(item_id)
        matches: dict[str, Match | None] = {}

        async def search(text: str) -> None:
            for item_id in same_search[text]:
                matches[item_id] = None
                try:
                    matches[item_id] = await self._best(text, titles[item_id], min_score)
                except Unanswered as error:
                    self.unanswered.add(item_id, BadRow("search not answered", str(error)))

        await self._each("searching TMDB", [text for text in same_search if text], search)
        fitting = {
            match.film.film_id for match in matches.values() if match and match.score >= min_score
        }
        return LookedUp(
            found=[(item_id, titles[item_id], matches.get(item_id)) for item_id in wanted],
            films=await self._films(sorted(fitting, key=int)),
        )

    async def _best(self, text: str, title: ItemTitle, min_score: float) -> Match | None:
        films = _films(await self.api.search(text))
        match = title_index(films).best(title)
        year = title_parts(title.title).year if title.year is None else title.year
        if year is None or (match is not None and match.score >= min_score):
            return match
        # A common title: the film may be behind the first page.
        more = _films(await self.api.search(text, year))
        return title_index({film.film_id: film for film in (*films, *more)}.values()).best(title)

    async def _films(self, ids: list[str]) -> dict[str, Mapping[str, object]]:
        films: dict[str, Mapping[str, object]] = {}

        async def fetch(wanted: str) -> None:
            try:
                film = await self.api.film(wanted)
            except Unanswered as error:
                self.unanswered.add(f"film {wanted}", BadRow("film not answered", str(error)))
            else:
                if film is not None:
                    films[wanted] = film

        await self._each("fetching films of TMDB", ids, fetch)
        return {wanted: films[wanted] for wanted in ids if wanted in films}

    async def _each(self, name: str, work: list[T], do: Callable[[T], Awaitable[None]]) -> None:
        """Do each piece of work, some at a time. The first SourceError ends all."""
        left = iter(work)
        with _progress(name, len(work)) as advance:

            async def worker() -> None:
                for each in left:
                    await do(each)
                    advance(self.api.asked)

            try:
                async with asyncio.TaskGroup() as tasks:
                    for _ in range(min(self.concurrency, len(work))):
                        tasks.create_task(worker())
            except ExceptionGroup as group:
                raise group.exceptions[0] from group


def _films(records: Iterable[Mapping[str, object]]) -> list[Film]:
    films = []
    for record in records:
        try:
            films.append(film_to_match(record))
        except BadRow:
            continue  # a result without id or title can be no match
    return films


def _is_film_id(item_id: str) -> bool:
    try:
        return film_id({"id": item_id}) == item_id
    except BadRow:
        return False


def _same_film(item_id: str, record: Mapping[str, object] | None) -> Match | None:
    if record is None:
        return None
    title = record.get("title")
    return Match(Film(item_id, (title if isinstance(title, str) else "",)), 1.0)


@contextmanager
def _requests_unlogged() -> Iterator[None]:
    """Keep httpx from logging requests: the URL of one with a v3 key holds the key."""
    logger = logging.getLogger("httpx")

    def is_warning(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING

    logger.addFilter(is_warning)
    try:
        yield
    finally:
        logger.removeFilter(is_warning)


@contextmanager
def _progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Shows how far it is: a bar on a terminal, and now and then a line elsewhere."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task, done = bar.add_task(name, total=total), 0

        def advance(asked: int) -> None:
            nonlocal done
            done += 1
            bar.advance(task)
            if done % _TELL_EVERY == 0 or done == total:
                log.info("tmdb.looking_up", step=name, done=done, of=total, requests=asked)

        yield advance
