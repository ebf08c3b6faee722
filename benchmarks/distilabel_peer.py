"""The same calls through distilabel 1.5.3: run by `generation.py` in an environment of its own.

Prints seconds and CPU seconds as JSON: of a pipeline with all calls, less those of one with a
single batch, so that what it takes to start its processes is not counted. Its log is kept quiet.
"""

import json
import logging
import os
import resource
import sys
import time

os.environ["DISTILABEL_LOG_LEVEL"] = "WARNING"

from distilabel.models import InferenceEndpointsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

PROMPT = "Write a dialogue between a user and an assistant about films. " * 40


def run(url: str, calls: int, in_flight: int) -> tuple[float, float]:
    """Make the calls, as many at a time as a batch has; seconds and CPU seconds."""
    with Pipeline(f"peer-{calls}") as pipeline:
        rows = [{"instruction": PROMPT} for _ in range(calls)]
        load = LoadDataFromDicts(data=rows, batch_size=in_flight)
        llm = InferenceEndpointsLLM(base_url=url, api_key="none", model_display_name="mock")
        write = TextGeneration(llm=llm, input_batch_size=in_flight)
        load >> write
    began, cpu = time.perf_counter(), cpu_seconds()
    pipeline.run(use_cache=False)
    return time.perf_counter() - began, cpu_seconds() - cpu


def cpu_seconds() -> float:
    """Of this process and all of its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    """Measure."""
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    url, calls, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    start = run(url, in_flight, in_flight)
    whole = run(url, calls + in_flight, in_flight)
    print(json.dumps([some - least for some, least in zip(whole, start, strict=True)]))


if __name__ == "__main__":
    main()
