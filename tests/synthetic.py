"""Makes a source of any size: users, items and ratings, in the Amazon 2023 and TMDB schemas."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from recdial.settings import RunConfig

GENRES = ("Drama", "Comedy", "Crime", "Horror", "Romance", "Western", "War", "Music")


def write_source(folder: Path, *, users: int, items: int = 60, seed: int = 1) -> dict[str, str]:
    """Write `reviews.jsonl` and `tmdb.json`; what `source` of a config is to say.

    Every user rates 12 to 16 items, at least one of them with 5 as the last.
    """
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    tmdb = [_item(number, rng) for number in range(items)]
    reviews = [row for user in range(users) for row in _reviews(user, items, rng)]
    (folder / "tmdb.json").write_text(json.dumps(tmdb), encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in reviews)
    (folder / "reviews.jsonl").write_text(lines, encoding="utf-8")
    return {"reviews": "reviews.jsonl", "tmdb": "tmdb.json"}


def config(folder: Path, source: dict[str, str], **changes: Any) -> dict[str, Any]:
    """A configuration of a scripted run on a source."""
    return {
        "name": "synthetic",
        "seed": 7,
        "source": {key: str(folder / name) for key, name in source.items()},
        "grounding": {"min_user_interactions": 5, "min_item_interactions": 5},
        "teacher": {"backend": "scripted"},
        "student": {"backend": "scripted"},
        "distillation": {"mode": "none", "teacher_share": 0.1},
    } | changes


def scripted_config(name: str, **changes: Any) -> RunConfig:
    """A configuration whose files are never read: for runs that exist in a store only."""
    return RunConfig.model_validate(
        {
            "name": name,
            "source": {"reviews": "r.jsonl", "tmdb": "t.json"},
            "teacher": {"backend": "scripted"},
            "student": {"backend": "scripted"},
            "distillation": {"mode": "none"},
        }
        | changes
    )


def _item(number: int, rng: random.Random) -> dict[str, Any]:
    return {
        "parent_asin": f"M{number:03}",
        "title": f"Film Number {number}",
        "release_date": f"{1950 + number}-05-01",
        "overview": f"A story told {number} times.",
        "genres": [{"name": name} for name in rng.sample(GENRES, 2)],
        "keywords": {"keywords": [{"name": f"theme {rng.randrange(30)}"} for _ in range(3)]},
        "casts": {
            "cast": [
                {"name": f"Actor {rng.randrange(80)}", "known_for_department": "Acting"}
                for _ in range(3)
            ],
            "crew": [
                {
                    "name": f"Director {rng.randrange(20)}",
                    "department": "Directing",
                    "job": "Director",
                }
            ],
        },
        "origin_country": ["US"],
        "belongs_to_collection": None,
    }


def _reviews(user: int, items: int, rng: random.Random) -> list[dict[str, Any]]:
    seen = rng.sample(range(items), rng.randint(12, 16))
    rows = [
        {
            "user_id": f"user-{user:05}",
            "parent_asin": f"M{item:03}",
            "rating": float(rng.randint(1, 5)),
            "title": "A review",
            "text": f"I saw it on day {place}.",
            "timestamp": 1_500_000_000_000 + user * 1000 + place * 86_400_000,
        }
        for place, item in enumerate(seen)
    ]
    rows[-1]["rating"] = 5.0
    return rows
