"""What the evaluator's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from recdial.process_settings import JobSettings


class EvaluatorSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    output: Path = Field(
        default=Path("runs"), description="Where datasets and reports are written."
    )
