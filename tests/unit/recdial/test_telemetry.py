"""Log lines name the trace they belong to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from recdial import tracing
from recdial.telemetry import configure_logging

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    before = structlog.get_config()
    configure_logging("info", tmp_path / "log")
    yield tmp_path / "log"
    structlog.configure(**before)


def test_a_line_within_a_span_has_the_id_of_its_trace(log: Path) -> None:
    logger = structlog.get_logger("tests")
    logger.info("outside")
    with tracing.continued("work", {"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"}):
        logger.info("inside")
    outside, inside = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert "trace_id" not in outside
    assert inside["trace_id"] == TRACE_ID
