"""What grounding's process is told."""

from __future__ import annotations

from pydantic_settings import SettingsConfigDict

from recdial.settings import JobSettings


class GroundingSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")
