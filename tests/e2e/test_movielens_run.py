"""A run on MovieLens and a CSV of TMDB: no reviews, no item ids of a shop."""

from __future__ import annotations

import asyncio
import csv
import json
import random
from pathlib import Path
from typing import Any

import pytest

from recdial.config_file import validate_config
from recdial.domain import Role
from recdial.embedded import run_embedded
from recdial.run_folder import RunFolder
from recdial.store import Store, dialogues
from recdial.store.dialogues import Written
from tests import synthetic

USERS, FILMS = 12, 15


@pytest.fixture
def source(tmp_path: Path) -> dict[str, str]:
    rng = random.Random(5)
    write(
        tmp_path / "ratings.csv",
        ["userId", "movieId", "rating", "timestamp"],
        [
            [user, film, rng.choice([0.5, 2.5, 4.0, 4.5, 5.0]), 10**9 + 1000 * film + user]
            for user in range(1, USERS + 1)
            for film in rng.sample(range(1, FILMS + 1), 11)
        ],
    )
    write(
        tmp_path / "links.csv",
        ["movieId", "imdbId", "tmdbId"],
        [[film, f"{film:07}", 600 + film if film > 1 else ""] for film in range(1, FILMS + 1)],
    )
    write(
        tmp_path / "movies.csv",
        ["id", "title", "overview", "genres", "keywords", "release_date"],
        [
            [
                600 + film,
                f"Film Number {film}",
                f"A story told {film} times.",
                json.dumps([{"id": 1, "name": "Drama"}, {"id": 2, "name": f"Kind {film % 4}"}]),
                json.dumps([{"id": 3, "name": f"theme {film % 5}"}]),
                f"{1960 + film}-01-01",
            ]
            for film in range(1, FILMS + 1)
        ],
    )
    return {"reviews": "ratings.csv", "links": "links.csv", "tmdb": "movies.csv"}


def write(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


async def all_written(folder: RunFolder, run_id: Any) -> list[Written]:
    store = Store(folder.url)
    try:
        async with store.read() as session:
            return await dialogues.written(session, run_id, Role.student)
    finally:
        await store.close()


def test_ratings_without_reviews_become_dialogues(tmp_path: Path, source: dict[str, str]) -> None:
    config = synthetic.config(tmp_path, source)
    config["source"]["kind"] = "movielens"
    out = RunFolder(tmp_path / "run")
    progress = asyncio.run(run_embedded(validate_config(config, "test"), out))

    assert progress.state == "completed"
    assert progress.prompts == USERS
    assert progress.roles[Role.student].verdicts == {"accepted": USERS}
    report = json.loads((tmp_path / "run" / "report.json").read_text())["grounding"]
    assert report["items"] == FILMS - 1, "one film has no TMDB id"
    assert report["reviews_without_tmdb"] > 0
    assert report["ratings"]["1"] > 0, "half a star counts"
    prompts = [
        "\n".join(message["content"] for message in one.prompt.messages)
        for one in asyncio.run(all_written(out, progress.run_id))
    ]
    assert all("<id_6" in prompt for prompt in prompts)
    assert not any(
        "review" in line.lower() and line.rstrip().endswith(":")
        for prompt in prompts
        for line in prompt.splitlines()
    ), "nothing announces a review that is not there"
