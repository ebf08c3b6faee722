"""Seconds and memory of grounding synthetic reviews: reading, k-core, profiles.

    python benchmarks/grounding.py --reviews 200000 2000000
    python benchmarks/grounding.py --reviews 17300000 --folder /big/disk
    python benchmarks/grounding.py --reviews 200000 --original

The generator is part of it. It writes reviews in the schema of Amazon Reviews 2023, about 520 bytes
each: for n reviews n / 2.66 users and n / 23 items, as the *Movies and TV* category has them, both
with a heavy tail; every item has a (small) TMDB record. Each size is measured in a process of its
own, with the file in the page cache. `floor` is DuckDB's parsing of the four columns needed, with
the types as they come and nothing checked. `--original` runs the method of the original scripts
beside it: a data set of the `datasets` library, filtered by counters again and again until nothing
changes. Reading the catalogue is shown apart and is not in the sum: it grows with what the TMDB
records hold.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

K = 12
ROWS_AT_ONCE = 500_000
USERS_PER_REVIEW, ITEMS_PER_REVIEW = 1 / 2.66, 1 / 23


def generate(folder: Path, reviews: int, seed: int = 1) -> None:
    """Write `reviews.jsonl` and `tmdb.jsonl`."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    rng = np.random.default_rng(seed)
    users = pa.array(
        [f"AE{number * 2654435761 % (1 << 60):026X}" for number in range(_count(reviews, "user"))]
    )
    items = pa.array([f"B{number:09X}" for number in range(_count(reviews, "item"))])
    words = [f"word{number}" for number in range(4000)]
    words += ["don't", "caf\u00e9", "\u2019s", '\\"great\\"', "<br />", "\\n", "\\u00e9"] * 30
    vocabulary = np.array(words, dtype=object)
    lengths = np.clip(rng.lognormal(2.82, 1.15, 50_000), 1, 3000).astype(int)
    texts = pa.array([" ".join(vocabulary[rng.integers(0, len(words), size)]) for size in lengths])
    titles = pa.array([f"{text[:30].rpartition(' ')[0]}" for text in texts.to_pylist()[:5000]])
    stars = pa.array(["1.0", "2.0", "3.0", "4.0", "5.0"])
    # Popularity by rank, with a flattened head; users and items are independent of each other.
    by_user = np.cumsum((np.arange(len(users)) + 30.0) ** -0.72)
    by_item = np.cumsum((np.arange(len(items)) + 40.0) ** -0.95)
    with (folder / "reviews.jsonl").open("wb", buffering=0) as file:
        for start in range(0, reviews, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, reviews - start)

            def drawn(column: Any, places: Any) -> Any:
                return column.take(pa.array(places))

            item = drawn(items, np.searchsorted(by_item, rng.random(count) * by_item[-1]))
            lines = pc.binary_join_element_wise(
                '{"rating": ',
                drawn(stars, rng.choice(5, count, p=[0.07, 0.05, 0.09, 0.17, 0.62])),
                ', "title": "',
                drawn(titles, rng.integers(0, len(titles), count)),
                '", "text": "',
                drawn(texts, rng.integers(0, len(texts), count)),
                '", "images": [], "asin": "',
                item,
                '", "parent_asin": "',
                item,
                '", "user_id": "',
                drawn(users, np.searchsorted(by_user, rng.random(count) * by_user[-1])),
                '", "timestamp": ',
                pc.cast(pa.array(rng.integers(10**12, 1_690_000_000_000, count)), pa.string()),
                ', "helpful_vote": 0, "verified_purchase": true}\n',
                "",
            )
            file.write(memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()])
    with (folder / "tmdb.jsonl").open("w", encoding="utf-8") as file:
        for number, item_id in enumerate(items.to_pylist()):
            file.write(
                f'{{"parent_asin": "{item_id}", "title": "Film {number}", "overview": "A story.", '
                f'"genres": [{{"name": "Genre {number % 19}"}}], '
                f'"casts": {{"crew": [{{"name": "Director {number % 5000}", '
                '"department": "Directing"}]}}\n'
            )


def _count(reviews: int, what: str) -> int:
    share = USERS_PER_REVIEW if what == "user" else ITEMS_PER_REVIEW
    return max(50, round(reviews * share))


_SELF, _CHILDREN = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN


class Clock:
    """Seconds and CPU seconds by step, and the peak of memory (MB) after each."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[float, float, float]] = {}

    def measure(self, name: str, work: Callable[[], Any]) -> Any:
        began, cpu = time.perf_counter(), _cpu_s()
        result = work()
        self.steps[name] = (time.perf_counter() - began, _cpu_s() - cpu, _peak_mb())
        return result


def _cpu_s() -> float:
    """Of this process and of those it began, once they have ended."""
    own, others = (resource.getrusage(who) for who in (_SELF, _CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def _peak_mb() -> float:
    """Of this process, and as much as the largest of those it began for each processor."""
    own, others = (resource.getrusage(who).ru_maxrss for who in (_SELF, _CHILDREN))
    return (own + others * (os.cpu_count() or 1)) / 1024


def ours(folder: Path, clock: Clock) -> dict[str, int]:
    """The steps of `services.grounding.source.ground`, one by one, and all profiles."""
    from recdial.domain import UserProfile
    from recdial.settings import GroundingConfig, SourceConfig
    from services.grounding import source as module

    config = SourceConfig(reviews=folder / "reviews.jsonl", tmdb=folder / "tmdb.jsonl")
    steps = {"read_catalogue": "catalogue", "collect": "reading", "k_core": "k-core"}
    for name, step in steps.items():
        function = getattr(module, name)
        timed = lambda *args, step=step, function=function, **named: clock.measure(  # noqa: E731
            step, lambda: function(*args, **named)
        )
        setattr(module, name, timed)
    began, cpu = time.perf_counter(), _cpu_s()
    grounding = GroundingConfig(min_user_interactions=K, min_item_interactions=K)
    grounded = module.ground(config, grounding, "strict", 7)
    taken, cpu = time.perf_counter() - began, _cpu_s() - cpu
    known = list(clock.steps.values())
    clock.steps["the core in order, and its report"] = (
        taken - sum(seconds for seconds, _, _ in known),
        cpu - sum(seconds for _, seconds, _ in known),
        _peak_mb(),
    )
    profiles = clock.measure(
        "profiles",
        lambda: sum(isinstance(found, UserProfile) for found in grounded.profiles()),
    )
    report = grounded.report
    return {
        "reviews": report.reviews.good,
        "users of the core": report.users,
        "items of the core": report.items,
        "interactions of the core": report.interactions,
        "rounds": len(report.k_core_rounds),
        "profiles": profiles,
    }


def floor(folder: Path, clock: Clock) -> dict[str, int]:
    """DuckDB alone, with types as they come."""
    import duckdb

    columns = "{user_id: 'VARCHAR', parent_asin: 'VARCHAR', rating: 'DOUBLE', timestamp: 'BIGINT'}"
    query = (
        "select count(*), sum(length(user_id)), sum(length(parent_asin)), sum(rating), "
        f"max(timestamp) from read_json('{folder / 'reviews.jsonl'}', "
        f"format='newline_delimited', columns={columns})"
    )
    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    (row,) = clock.measure("floor", lambda: connection.sql(query).fetchall())
    return {"reviews": row[0]}


def polars(folder: Path, clock: Clock) -> dict[str, int]:
    """The same with polars, where it is installed."""
    import polars as pl

    types = {
        "user_id": pl.String,
        "parent_asin": pl.String,
        "rating": pl.Float64,
        "timestamp": pl.Int64,
    }
    rows = pl.scan_ndjson(folder / "reviews.jsonl", schema=types).select(
        pl.len(),
        pl.col("user_id").str.len_bytes().sum(),
        pl.col("parent_asin").str.len_bytes().sum().alias("items"),
        pl.col("rating").sum(),
        pl.col("timestamp").max(),
    )
    found = clock.measure("polars", lambda: rows.collect(engine="streaming"))
    return {"reviews": found["len"][0]}


def original(folder: Path, clock: Clock) -> dict[str, int]:
    """The method of the original scripts: counters over the rows, and a filter, in turns."""
    import datasets

    datasets.disable_progress_bars()
    cache = tempfile.TemporaryDirectory(prefix="recdial-bench-", dir=folder)
    path = str(folder / "reviews.jsonl")
    with cache as name:
        rows: Any = clock.measure(
            "reading",
            lambda: datasets.load_dataset("json", data_files=path, split="train", cache_dir=name),
        )

        def core() -> Any:
            kept = rows
            while True:
                users, items = Counter(kept["user_id"]), Counter(kept["parent_asin"])
                before = len(kept)
                kept = kept.filter(
                    lambda row: users[row["user_id"]] >= K and items[row["parent_asin"]] >= K  # noqa: B023
                )
                if len(kept) == before or not before:
                    return kept

        found = clock.measure("k-core", core)
        return {"reviews": len(rows), "interactions of the core": len(found)}


def written(folder: Path, clock: Clock, reviews: int) -> dict[str, int]:
    """The data, made in a process of its own too: a child begins with its parent's peak."""
    clock.measure("generate", lambda: generate(folder, reviews))
    return {"reviews": reviews}


METHODS = {"ours": ours, "floor": floor, "polars": polars, "original": original}


def measured(folder: Path, method: str, reviews: int) -> dict[str, Any]:
    """Run one method in a process of its own."""
    command = [sys.executable, __file__, "--folder", str(folder), "--one", method]
    done = subprocess.run(
        [*command, "--reviews", str(reviews)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, Any] = yaml.safe_load(done.stdout)
    return result


def warm(path: Path) -> int:
    """Read a file into the page cache; its size in bytes."""
    size = 0
    with path.open("rb", buffering=0) as file:
        while read := len(file.read(1 << 24)):
            size += read
    return size


def compare(folder: Path, reviews: int, methods: list[str]) -> Table:
    """Generate, measure, and remove again."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recdial-bench-", dir=folder) as name:
        data = Path(name)
        seconds, _, _ = measured(data, "generate", reviews)["steps"]["generate"]
        size = warm(data / "reviews.jsonl")
        table = Table(
            "method",
            "step",
            "seconds",
            "CPU s",
            "peak MB",
            title=f"{reviews:,} reviews, {size / 1e9:.2f} GB (written in {seconds:.0f} s), "
            f"load {os.getloadavg()[0]:.1f}",
        )
        floor_s = (1.0, 1.0)
        for method in methods:
            result = measured(data, method, reviews)
            for step, (taken, cpu, peak) in result["steps"].items():
                table.add_row(method, step, f"{taken:.2f}", f"{cpu:.2f}", f"{peak:.0f}")
                if method == "floor":
                    floor_s = (taken, cpu)
            if method == "ours":
                steps = [
                    figures for step, figures in result["steps"].items() if step != "catalogue"
                ]
                whole = [sum(figures[place] for figures in steps) for place in (0, 1)]
                ratios = (
                    f"{sum_ / least:.1f} x" for sum_, least in zip(whole, floor_s, strict=True)
                )
                table.add_row(
                    method, "reviews to the last profile", *(f"{sum_:.2f}" for sum_ in whole), ""
                )
                table.add_row(method, "of the floor", *ratios, "")
            found = ", ".join(f"{number:,} {name}" for name, number in result["found"].items())
            table.add_row(method, found, "", "", "", end_section=True)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviews", type=int, nargs="+", default=[200_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--original", action="store_true", help="also the original method")
    parser.add_argument("--polars", action="store_true", help="also polars' parsing")
    parser.add_argument("--one", choices=[*METHODS, "generate"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        from recdial.telemetry import configure_logging

        configure_logging("warning")  # what is printed is read by the parent
        clock = Clock()
        if options.one == "generate":
            found = written(options.folder, clock, *options.reviews)
        else:
            found = METHODS[options.one](options.folder, clock)
        steps = {step: list(figures) for step, figures in clock.steps.items()}
        print(yaml.safe_dump({"steps": steps, "found": found}, sort_keys=False))
        return
    methods = ["floor", *(["polars"] if options.polars else []), "ours"]
    methods += ["original"] if options.original else []
    for reviews in options.reviews:
        Console(width=120).print(compare(options.folder, reviews, methods))


if __name__ == "__main__":
    main()
