"""What grounding's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from recdial.process_settings import PROJECT_CACHE, JobSettings

SOURCES = PROJECT_CACHE / "sources"


class GroundingSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    sources: Path = Field(
        default=SOURCES, description="Where copies of files behind URLs are kept."
    )

    @field_validator("sources")
    @classmethod
    def _expand_sources(cls, value: Path) -> Path:
        return value.expanduser()


class TmdbSettings(BaseSettings):
    """How TMDB's API is asked: environment variables `RECDIAL_TMDB_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_TMDB_", extra="ignore")

    key: SecretStr | None = Field(
        default=None, description="API read access token (v4) or API key (v3). In no log or file."
    )
    url: str = Field(
        default="https://api.themoviedb.org/3",
        pattern=r"^https?://",
        description="Where the API is: TMDB's own, or a proxy.",
    )
    cache: Path = Field(
        default=PROJECT_CACHE / "tmdb", description="Folder where TMDB's answers are kept."
    )
    requests_per_s: float = Field(default=40.0, gt=0, description="Requests a second, at most.")
    concurrency: int = Field(default=16, ge=1, description="Requests in flight, at most.")
    longest_pause_s: float = Field(
        default=30.0, ge=0, description="Longest pause before a request is made again."
    )

    @field_validator("cache")
    @classmethod
    def _expand_cache(cls, value: Path) -> Path:
        return value.expanduser()
