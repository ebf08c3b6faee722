"""Lookups against a server that behaves like TMDB."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from recdial.settings import SourceConfig
from services.grounding.catalogue import Catalogue, read_catalogue
from services.grounding.files import SourceError
from services.grounding.rows import Faults
from services.grounding.settings import TmdbSettings
from services.grounding.source_files import source_files
from services.grounding.title_matching import ItemTitle
from services.grounding.tmdb_api import MOST_IN_A_ROW, TRIES
from services.grounding.tmdb_cache import NOTHING_KEPT_S, AnswerCache
from services.grounding.tmdb_lookup import LookedUp, look_up
from tests.unit.grounding.tmdb_server import TOKEN, V3_KEY, TmdbServer, reply, tmdb_server


@pytest.fixture
def server() -> Iterator[TmdbServer]:
    with tmdb_server() as state:
        state.add(348, "Alien", 1979)
        state.add(679, "Aliens", 1986)
        state.add(254, "King Kong", 2005, vote_count=900)
        state.add(244, "King Kong", 1933, vote_count=100)
        yield state


def settings(server: TmdbServer, folder: Path, **changes: Any) -> TmdbSettings:
    told: dict[str, Any] = {
        "key": SecretStr(TOKEN),
        "url": server.url,
        "cache": folder / "cache",
        "requests_per_s": 1000,
        "longest_pause_s": 0.01,
    }
    return TmdbSettings(**(told | changes))


def by_id(
    server: TmdbServer, folder: Path, *ids: str, faults: Faults | None = None, **changes: Any
) -> LookedUp:
    return look_up(
        ids, None, 0.88, settings(server, folder, **changes), Faults() if faults is None else faults
    )


def test_api_is_no_file(tmp_path: Path) -> None:
    config = SourceConfig.model_validate({"reviews": "r.jsonl", "tmdb": "api"})
    assert source_files(config, tmp_path).tmdb == "api"
    config = SourceConfig.model_validate({"reviews": "r.jsonl", "tmdb": "./api"})
    assert source_files(config, tmp_path).tmdb == Path("api")


def matched(looked_up: LookedUp) -> dict[str, str | None]:
    return {item_id: match.film.film_id if match else None for item_id, _, match in looked_up.found}


def test_items_named_by_tmdbs_id_are_fetched_with_keywords_and_credits(
    server: TmdbServer, tmp_path: Path
) -> None:
    found = by_id(server, tmp_path, "348", "679", "5")
    assert matched(found) == {"348": "348", "5": None, "679": "679"}
    assert found.films["348"]["credits"]["cast"][0]["name"] == "Ann"  # type: ignore[index]
    assert server.counts['/movie/348 {"append_to_response": "keywords,credits"}'] == 1
    assert len(server.asked) == 3


def test_titles_are_searched_and_only_the_films_that_match_fetched(
    server: TmdbServer, tmp_path: Path
) -> None:
    titles = {
        "B1": ItemTitle("Alien [Blu-ray]"),
        "B2": ItemTitle("Alien (Director's Cut) (1979)"),
        "B3": ItemTitle("King Kong (1933) [DVD]"),
        "B4": ItemTitle("Nothing Like It"),
    }
    found = look_up(titles, titles, 0.88, settings(server, tmp_path), Faults())
    assert matched(found) == {"B1": "348", "B2": "348", "B3": "244", "B4": None}
    assert list(found.films) == ["244", "348"]
    assert server.counts['/search/movie {"query": "Alien"}'] == 1
    assert set(server.counts.values()) == {1}


def test_a_film_behind_the_first_page_is_found_by_its_year(
    server: TmdbServer, tmp_path: Path
) -> None:
    for number in range(1000, 1040):
        server.add(number, f"Home {number}", 1990)
    server.add(2000, "Home", 2009)
    titles = {"B1": ItemTitle("Home (2009)")}
    found = look_up(titles, titles, 0.88, settings(server, tmp_path), Faults())
    assert matched(found) == {"B1": "2000"}


def test_what_was_answered_is_never_asked_again_and_gives_the_same(
    server: TmdbServer, tmp_path: Path
) -> None:
    titles = {"B1": ItemTitle("Alien"), "B2": ItemTitle("Nothing Like It")}
    first = look_up(titles, titles, 0.88, settings(server, tmp_path), Faults())
    asked = len(server.asked)
    again = look_up(titles, titles, 0.88, settings(server, tmp_path, key=None), Faults())
    assert (again.found, again.films) == (first.found, first.films)
    assert len(server.asked) == asked


def test_that_there_is_nothing_is_believed_for_a_time_only(tmp_path: Path) -> None:
    clock = 1000.0
    with AnswerCache(tmp_path, now=lambda: clock) as cache:
        assert cache.get("a") == (False, None)
        cache.put("a", None)
        cache.put("b", {"id": 1})
        assert cache.get("a") == (True, None)
        clock += NOTHING_KEPT_S + 1
        assert cache.get("a") == (False, None)
        assert cache.get("b") == (True, {"id": 1})


@pytest.mark.parametrize(
    "refusal",
    [
        reply({"status_code": 25}, 429, Retry_After="0"),
        reply({"status_code": 11}, 500),
        reply({}, 503),
        (200, {}, b"<html>not JSON"),
        (200, {}, b"[" * 100_000),
        reply(["no object"]),
        reply({"success": False}),
    ],
    ids=["429", "500", "503", "garbage", "deep", "list", "no id"],
)
def test_what_may_pass_is_asked_again(
    refusal: tuple[int, dict[str, str], bytes], server: TmdbServer, tmp_path: Path
) -> None:
    server.first = [refusal, refusal]
    faults = Faults()
    assert matched(by_id(server, tmp_path, "348", faults=faults)) == {"348": "348"}
    assert len(server.asked) == 3
    assert faults.kinds == {}


def test_after_a_429_nothing_is_sent_for_as_long_as_it_says(
    server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    really = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await really(seconds)

    monkeypatch.setattr("services.grounding.tmdb_api.asyncio.sleep", sleep)
    server.first = [reply({}, 429, Retry_After="0.25")]
    by_id(server, tmp_path, "348", "679", concurrency=1)
    assert any(0.15 < seconds <= 0.25 for seconds in slept)
    assert len(server.asked) == 3


def test_a_request_that_is_never_answered_is_one_counted_item(
    server: TmdbServer, tmp_path: Path
) -> None:
    server.broken = {
        "/movie/348": reply({}, 500),
        "/movie/244": (200, {}, b"{"),
        "/movie/254": reply({}, 422),
    }
    faults = Faults()
    found = by_id(server, tmp_path, "348", "679", "244", "254", faults=faults, concurrency=1)
    assert matched(found) == {"348": None, "679": "679", "244": None, "254": None}
    assert faults.kinds == {"film not answered": 3}
    assert [each.cause for each in faults.examples] == [
        f"/movie/244: the answer is not JSON, {TRIES} times",
        "/movie/254: HTTP 422",
        f"/movie/348: the server failed (HTTP 500), {TRIES} times",
    ]
    server.broken = {}
    assert matched(by_id(server, tmp_path, "348", "679"))["348"] == "348"


def test_a_server_that_answers_nothing_ends_the_run(server: TmdbServer, tmp_path: Path) -> None:
    ids = [str(number) for number in range(1, 3 * MOST_IN_A_ROW)]
    server.broken = {f"/movie/{film_id}": reply({}, 502) for film_id in ids}
    with pytest.raises(SourceError, match=r"did not answer 10 requests in a row.*RECDIAL_TMDB_URL"):
        by_id(server, tmp_path, *ids)


def test_a_server_that_is_not_there_ends_the_run(server: TmdbServer, tmp_path: Path) -> None:
    ids = [str(number) for number in range(1, 2 * MOST_IN_A_ROW)]
    with pytest.raises(SourceError, match=r"no connection \(ConnectError\)"):
        by_id(server, tmp_path, *ids, url="http://127.0.0.1:1/3")


def test_without_a_key_nothing_is_sent_and_the_way_out_is_told(
    server: TmdbServer, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="set RECDIAL_TMDB_KEY"):
        by_id(server, tmp_path, "348", key=None)
    assert server.asked == []


def test_a_refused_key_ends_the_run_and_is_not_shown(server: TmdbServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="refuses the key in RECDIAL_TMDB_KEY") as caught:
        by_id(server, tmp_path, "348", "679", key=SecretStr("my-secret"))
    assert "my-secret" not in str(caught.value)
    assert len(server.asked) <= 2


def test_a_quota_that_is_used_up_ends_the_run(server: TmdbServer, tmp_path: Path) -> None:
    server.first = [reply({}, 429, Retry_After="3600")]
    with pytest.raises(SourceError, match=r"left alone for 3,600 s.*Run again then"):
        by_id(server, tmp_path, "348")


def test_a_v3_key_is_a_parameter_and_in_no_log_or_file(
    server: TmdbServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.first = [reply({}, 500)]
    with structlog.testing.capture_logs() as logs:
        found = by_id(server, tmp_path, "348", key=SecretStr(V3_KEY))
    assert matched(found) == {"348": "348"}
    assert any(line["event"] == "tmdb.asking_again" for line in logs)
    assert V3_KEY not in str(logs) + caplog.text
    for path in (tmp_path / "cache").iterdir():
        assert V3_KEY.encode() not in path.read_bytes()


def test_ids_of_a_shop_without_metadata_are_refused(server: TmdbServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"'B00ABC', not by TMDB's\. Give source\.metadata"):
        by_id(server, tmp_path, "B00ABC")


def test_a_cache_that_cannot_be_kept_is_told(server: TmdbServer, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SourceError, match="RECDIAL_TMDB_CACHE"):
        by_id(server, tmp_path, "348")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "answers.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(SourceError, match="remove the file if it is damaged"):
        by_id(server, tmp_path, "348", cache=damaged)


KILLED = """
import json, sys
from services.grounding.rows import Faults
from services.grounding.settings import TmdbSettings
from services.grounding.tmdb_lookup import look_up
look_up(json.loads(sys.argv[1]), None, 0.88, TmdbSettings(), Faults())
"""


def test_a_killed_run_goes_on_from_the_cache(server: TmdbServer, tmp_path: Path) -> None:
    ids = [str(number) for number in range(1, 41)]
    for film_id in ids:
        server.add(int(film_id), f"Film {film_id}", 2000)
    server.stop_after = 15
    told = {
        "RECDIAL_TMDB_KEY": TOKEN,
        "RECDIAL_TMDB_URL": server.url,
        "RECDIAL_TMDB_CACHE": str(tmp_path / "cache"),
        "RECDIAL_TMDB_CONCURRENCY": "1",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, json.dumps(ids)],
        env=os.environ | told,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert server.waiting.wait(60)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    server.stop_after = None
    server.gate.set()
    found = by_id(server, tmp_path, *ids)
    assert set(matched(found).values()) == set(ids)
    # The one that was not answered is asked for once more, and no other.
    assert sorted(server.counts.values()) == [1] * 39 + [2]


def catalogue(
    server: TmdbServer,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    wanted: dict[str, int],
    metadata: Path | None = None,
) -> Catalogue:
    monkeypatch.setenv("RECDIAL_TMDB_KEY", TOKEN)
    monkeypatch.setenv("RECDIAL_TMDB_URL", server.url)
    monkeypatch.setenv("RECDIAL_TMDB_CACHE", str(folder / "cache"))
    return read_catalogue("api", metadata, wanted=lambda: wanted)


def test_the_catalogue_of_the_api_has_facts_and_an_account_that_adds_up(
    server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add(14160, "Up", 2009)
    titles = {"B1": "Alien [DVD]", "B2": "King Kong", "B3": "Up (2009)", "B4": "Some Season 2"}
    metadata = tmp_path / "meta.jsonl"
    metadata.write_text(
        "".join(json.dumps({"parent_asin": key, "title": t}) + "\n" for key, t in titles.items())
    )
    wanted = {"B1": 20, "B2": 30, "B3": 15, "B4": 13, "B5": 99}
    found = catalogue(server, tmp_path, monkeypatch, wanted, metadata)
    facts = found.items["B1"]
    assert (facts.item_id, facts.title, facts.year) == ("B1", "Alien", 1979)
    assert (facts.actors, facts.directors, facts.keywords) == (("Ann",), ("Bob",), ("dread",))
    assert found.items["B2"].year == 2005
    report, matching = found.report, found.report.matching
    assert matching is not None
    assert report.dropped.kinds == {"short title": 1}
    assert report.records == report.items - matching.matched + report.films + 1
    assert (matching.items, matching.matched, matching.ambiguous) == (5, 2, 1)
    assert (matching.unmatched, matching.not_films, matching.untitled) == (2, 1, 1)
    assert [each.item_id for each in matching.unmatched_examples] == ["B3", "B4"]
    again = catalogue(server, tmp_path, monkeypatch, wanted, metadata)
    assert (again.items, again.report) == (found.items, found.report)


def test_the_catalogue_of_items_named_by_tmdbs_id(
    server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = catalogue(server, tmp_path, monkeypatch, {"348": 20, "5": 12})
    assert list(found.items) == ["348"]
    assert found.report.matching is not None
    assert (found.report.matching.matched, found.report.matching.unmatched) == (1, 1)


def test_nothing_found_is_told(
    server: TmdbServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceError, match="of 1 items looked for, 0 were matched"):
        catalogue(server, tmp_path, monkeypatch, {"5": 12})
