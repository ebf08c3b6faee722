"""Asks TMDB's API: at its pace, again where it could not answer, and never twice for the same.

The key is told by the environment and is in no log, error or file.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import structlog
from aiolimiter import AsyncLimiter
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from recdial.retry_after import retry_after_s
from services.grounding.files import SourceError
from services.grounding.settings import TmdbSettings
from services.grounding.tmdb_cache import Answer, AnswerCache

log = structlog.get_logger(__name__)

TRIES = 6
LONGEST_REST_S = 300.0
"""A server that asks to be left alone for longer ends the run: it goes on from the cache later."""
MOST_IN_A_ROW = 10
"""So many requests in a row without an answer: TMDB is down, or it is not TMDB."""

_V3_KEY = re.compile(r"[0-9a-f]{32}")


class Unanswered(Exception):
    """TMDB gave no usable answer to one request, though asked again where that may help."""


class _TryAgain(Exception):
    """It may be answered later."""


class TmdbApi:
    """TMDB behind a cache: only what was never answered is asked for.

    Its calls raise Unanswered for one request that failed, and SourceError where no other would do
    better: no key, a key that is refused, a quota that is used up, a server that is not there.
    """

    def __init__(self, settings: TmdbSettings, cache: AnswerCache, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._cache = cache
        self._http = http
        self._limiter = AsyncLimiter(settings.requests_per_s, 1)
        self._rest_until = 0.0
        self._failed_in_a_row = 0
        self.asked = 0
        """Requests sent, repetitions included."""

    async def search(self, title: str, year: int | None = None) -> list[Mapping[str, object]]:
        """The films TMDB finds for a title, the first twenty; of one year, if it is given."""
        params = {"query": title} | ({} if year is None else {"primary_release_year": str(year)})
        answer = await self._answer("/search/movie", params, "results")
        found = answer["results"] if answer is not None else []
        return [film for film in found if isinstance(film, dict)]

    async def film(self, film_id: str) -> Answer | None:
        """All of one film, with keywords and credits; None if TMDB has none of this id."""
        params = {"append_to_response": "keywords,credits"}
        return await self._answer(f"/movie/{film_id}", params, "id")

    async def _answer(self, path: str, params: dict[str, str], field: str) -> Answer | None:
        request = f"{path}?{urlencode(sorted(params.items()))}"
        known, answer = self._cache.get(request)
        if known:
            return answer
        answer = await self._fetch(path, params, field)
        # A search that finds nothing is nothing, too: it is not believed for ever.
        answer = None if answer is not None and answer[field] == [] else answer
        self._cache.put(request, answer)
        return answer

    async def _fetch(self, path: str, params: dict[str, str], field: str) -> Answer | None:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_TryAgain),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=0.5, max=self._settings.longest_pause_s),
            before_sleep=_note,
            reraise=True,
        )
        try:
            answer: Answer | None = await retrying(self._ask, path, params, field)
        except _TryAgain as error:
            raise self._failure(path, f"{error}, {TRIES} times") from error
        except Unanswered as error:
            raise self._failure(path, str(error)) from error
        self._failed_in_a_row = 0
        return answer

    async def _ask(self, path: str, params: dict[str, str], field: str) -> Answer | None:
        secrets, headers = self._credentials()
        await self._turn()
        self.asked += 1
        url = f"{self._settings.url.rstrip('/')}{path}"
        try:
            response = await self._http.get(url, params=params | secrets, headers=headers)
        except httpx.TransportError as error:
            raise _TryAgain(f"no connection ({type(error).__name__})") from error
        match response.status_code:
            case 200:
                return _object(response, field)
            case 404:
                return None
            case 401 | 403 as status:
                raise SourceError(
                    f"TMDB refuses the key in RECDIAL_TMDB_KEY (HTTP {status}). Set it to the API "
                    "read access token (v4) or the API key (v3) of your TMDB account."
                )
            case 429:
                self._rest(response)
                raise _TryAgain("too many requests (HTTP 429)")
            case status if status >= 500:
                raise _TryAgain(f"the server failed (HTTP {status})")
            case status:
                raise Unanswered(f"HTTP {status}")

    def _credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """The key as a parameter or as a header. Asked for late: a full cache needs no key."""
        key = self._settings.key.get_secret_value().strip() if self._settings.key else ""
        if not key:
            raise SourceError(
                "source.tmdb is api, and no key of TMDB's is there: set RECDIAL_TMDB_KEY to the "
                "API read access token (v4) or the API key (v3) of your TMDB account "
                "(https://www.themoviedb.org/settings/api)."
            )
        if _V3_KEY.fullmatch(key):
            return {"api_key": key}, {}
        return {}, {"Authorization": f"Bearer {key}"}

    async def _turn(self) -> None:
        """Wait until a request may be sent."""
        clock = asyncio.get_running_loop().time
        while True:
            # Another request may have been told to wait for longer in the meantime.
            rest = self._rest_until - clock()
            if rest <= 0:
                break
            await asyncio.sleep(rest)
        await self._limiter.acquire()

    def _rest(self, response: httpx.Response) -> None:
        """Send nothing for as long as the server asks."""
        seconds = retry_after_s(response.headers.get("Retry-After"), 1.0)
        if seconds > LONGEST_REST_S:
            raise SourceError(
                f"TMDB's quota is used up: it asks to be left alone for {seconds:,.0f} s. Run "
                f"again then: what it answered is kept in {self._cache.path}."
            )
        until = asyncio.get_running_loop().time() + seconds
        self._rest_until = max(self._rest_until, until)

    def _failure(self, path: str, cause: str) -> Exception:
        self._failed_in_a_row += 1
        if self._failed_in_a_row < MOST_IN_A_ROW:
            return Unanswered(f"{path}: {cause}")
        return SourceError(
            f"TMDB did not answer {self._failed_in_a_row} requests in a row; the last: {path}: "
            f"{cause}. Check RECDIAL_TMDB_URL and the network, then run again: what it answered is "
            f"kept in {self._cache.path}."
        )


def _object(response: httpx.Response, field: str) -> Answer:
    try:
        found: Any = response.json()
    except (ValueError, RecursionError) as error:
        raise _TryAgain("the answer is not JSON") from error
    if not isinstance(found, dict) or field not in found:
        raise _TryAgain(f"the answer has no {field}")
    if field == "results" and not isinstance(found[field], list):
        raise _TryAgain(f"the answer's {field} are no list")
    return found


def _note(state: RetryCallState) -> None:
    cause = str(state.outcome.exception()) if state.outcome else ""
    log.warning("tmdb.asking_again", path=state.args[0], attempt=state.attempt_number, cause=cause)
