"""What processes are told by their environment, `RECDIAL_*`, and not by a run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_CACHE = Path("~/.cache/recdial")


class ProcessSettings(BaseSettings):
    """What a process is told by its environment (`RECDIAL_*`), not by a run."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    models: Path = Field(
        default=PROJECT_CACHE / "models", description="Where local models are kept."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged, at least."
    )
    traces: Literal["none", "console", "otlp"] = Field(
        default="none",
        description="Where spans go: console (JSON lines) or otlp (`OTEL_EXPORTER_OTLP_ENDPOINT`).",
    )
    traces_share: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the traces that is kept."
    )

    @field_validator("models")
    @classmethod
    def _expand(cls, value: Path) -> Path:
        return value.expanduser()


class StoreSettings(ProcessSettings):
    """What a process is told that works on a shared store."""

    database_url: SecretStr = Field(
        description="The store, e.g. postgresql://USER:PASSWORD@HOST:5432/recdial."
    )

    @field_validator("database_url")
    @classmethod
    def _with_driver(cls, value: SecretStr) -> SecretStr:
        scheme, separator, rest = value.get_secret_value().partition("://")
        if not separator or scheme not in ("postgres", "postgresql", "postgresql+asyncpg"):
            raise ValueError("must begin with postgresql:// (SQLite serves one process only)")
        return SecretStr(f"postgresql+asyncpg://{rest}")


class ServiceProcessSettings(StoreSettings):
    """What a process is told that is one service of a cluster (`recdial/process.py`)."""

    amqp_url: SecretStr = Field(
        description="The broker, e.g. amqp://USER:PASSWORD@HOST:5672/VHOST."
    )
    amqp_prefix: str = Field(
        default="", description="Begins every queue's name: keeps clusters on one vhost apart."
    )
    http_host: str = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 in a container."
    )
    http_port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    grace_s: float = Field(
        default=330.0,
        ge=0,
        description="How long a stop waits for what is in flight: longer than one call to a model.",
    )
    sweep_s: float = Field(
        default=30.0, gt=0, description="Look for completed runs this often, whatever was heard."
    )
    log_format: Literal["json", "console"] = Field(
        default="json", description="json: one object a line; console: to be read."
    )


class JobSettings(ProcessSettings):
    """What a process with long work is told on top (`recdial/jobs.py`)."""

    lease_s: float = Field(
        default=60.0, gt=0, description="A job whose worker is silent this long is taken over."
    )
    poll_s: float = Field(default=5.0, gt=0, description="Look for taken-over jobs this often.")
