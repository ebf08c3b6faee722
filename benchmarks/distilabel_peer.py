"""The same calls through distilabel 1.5.3: run by `generation.py` in an environment of its own.

Prints seconds and CPU seconds of the pipeline's run as JSON.
"""

import json
import resource
import sys
import time

from distilabel.models import InferenceEndpointsLLM
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

PROMPT = "Write a dialogue between a user and an assistant about films. " * 40


def main() -> None:
    """Make the calls, as many at a time as a batch has."""
    url, calls, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with Pipeline("peer") as pipeline:
        rows = [{"instruction": PROMPT} for _ in range(calls)]
        load = LoadDataFromDicts(data=rows, batch_size=in_flight)
        llm = InferenceEndpointsLLM(base_url=url, api_key="none", model_display_name="mock")
        write = TextGeneration(llm=llm, input_batch_size=in_flight)
        load >> write
    began = time.perf_counter()
    pipeline.run(use_cache=False)
    seconds = time.perf_counter() - began
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps([seconds, sum(one.ru_utime + one.ru_stime for one in used)]))


if __name__ == "__main__":
    main()
