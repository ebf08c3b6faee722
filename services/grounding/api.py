"""The API that starts and controls runs. Every route needs the bearer token."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

import structlog
from fastapi import APIRouter, Body, Depends, Header, HTTPException, Query, Request
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.ext.asyncio import AsyncSession

from recdial import ids, run_control
from recdial.api import DeadLetterCount, DeadLetterView, Replayed, RunSummary
from recdial.bus import DeadLetter
from recdial.bus.topology import contract_queues
from recdial.config_file import ConfigError, resolve_paths, validate_config
from recdial.contracts import TOPICS, Message, RunRequested
from recdial.domain import RunState
from recdial.environment import read_environment
from recdial.process import Started
from recdial.run_control import NotPossible
from recdial.settings import Phase, RunConfig
from recdial.store import Store, jobs, models, progress, runs
from recdial.store.jobs import JobName
from recdial.store.progress import RunProgress
from recdial.store.reopening import reopen
from recdial.store.runs import RunUnknown

log = structlog.get_logger(__name__)


class ApiSettings(BaseSettings):
    """Environment variables of the API."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    api_token: SecretStr = Field(
        min_length=16, description="What clients must show: 16 characters or more."
    )
    data: Path = Field(
        default=Path(), description="Folder the sources of submitted runs are in, on this machine."
    )

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()


def make_router() -> APIRouter:
    """The routes, for the token and the data folder of this process's environment.

    Raises EnvironmentInvalid.
    """
    settings = read_environment(ApiSettings)
    router = APIRouter(dependencies=[Depends(_authorised(settings.api_token))])
    router.post("/runs", status_code=201)(_starting_runs(settings.data))
    router.get("/runs")(list_runs)
    router.get("/runs/{run_id}")(show_run)
    router.post("/runs/{run_id}/pause")(pause_run)
    router.post("/runs/{run_id}/resume")(resume_run)
    router.post("/runs/{run_id}/cancel")(cancel_run)
    router.get("/dead-letters")(count_dead_letters)
    router.get("/dead-letters/{queue}")(show_dead_letters)
    router.post("/dead-letters/{queue}/replay")(replay_dead_letters)
    return router


def source_in(config: RunConfig, folder: Path) -> RunConfig:
    """The configuration with absolute paths. Raises ConfigError for one outside the data folder."""
    resolved = resolve_paths(config, folder)
    outside = [
        f"  source.{key}: {path} is not in the service's data folder {folder} (RECDIAL_DATA)"
        for key, path in resolved.source.files.items()
        if isinstance(path, Path) and not path.is_relative_to(folder)
    ]
    if outside:
        raise ConfigError("\n".join([f"request body: {len(outside)} wrong", *outside]))
    return resolved


def message_in(letter: DeadLetter) -> Message | None:
    """The message of a dead letter; None where its body is none (it died for that)."""
    topic = contract_queues()[letter.queue]
    (message,) = (one for one in TOPICS if one.topic == topic)
    try:
        return message.model_validate_json(letter.body)
    except ValidationError:
        return None


def _authorised(token: SecretStr) -> Callable[..., None]:
    expected = f"Bearer {token.get_secret_value()}".encode()

    def check(request: Request) -> None:
        shown = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(shown, expected):
            raise HTTPException(
                401,
                "the API token is missing or wrong: send `Authorization: Bearer TOKEN` with the "
                "RECDIAL_API_TOKEN of the grounding service",
                {"WWW-Authenticate": "Bearer"},
            )

    return check


def _starting_runs(data: Path) -> Callable[..., Any]:
    async def start_run(
        started: Started,
        body: Annotated[dict[str, Any], Body(description="The run's configuration.")],
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> RunSummary:
        """Start a run. The same `Idempotency-Key` gives the same run, however often it is sent."""
        try:
            config = source_in(validate_config(body, "request body"), data)
        except ConfigError as error:
            raise HTTPException(422, str(error)) from error
        run_id = ids.requested_run_id(idempotency_key) if idempotency_key else uuid4()
        async with started.store.begin() as session:
            new = await runs.create(session, run_id, config)
            run = await runs.get(session, run_id)
            if run.config_digest != config.digest() or run.config["until"] != config.until:
                raise HTTPException(
                    409, f"this Idempotency-Key started run {run_id} with another configuration"
                )
            # The row is what starts the run; the message only saves a worker's next look.
            await jobs.add(session, run_id, JobName.ground)
        await started.bus.publish(RunRequested(run_id=run_id))
        if new:
            log.info("run.requested", run_id=str(run_id), name=config.name)
        return _summary(run)

    return start_run


async def list_runs(started: Started) -> list[RunSummary]:
    """Every run, oldest first."""
    async with started.store.read() as session:
        return [_summary(run) for run in await runs.all_runs(session)]


async def show_run(run_id: UUID, started: Started) -> RunProgress:
    """How far a run is."""
    async with started.store.read() as session:
        try:
            return await progress.read(session, run_id)
        except RunUnknown as error:
            raise HTTPException(404, str(error)) from error


async def pause_run(run_id: UUID, started: Started) -> RunSummary:
    """Admit no new work; what is in flight finishes."""
    return await _controlled(started.store, run_id, run_control.pause)


async def resume_run(run_id: UUID, started: Started, until: Phase | None = None) -> RunSummary:
    """Let a paused or failed run go on; publish again what has no final verdict.

    With `until`, a run that has ended goes on to that phase.
    """
    follows: list[Message] = []

    async def resume(session: AsyncSession, run_id: UUID) -> None:
        follows.extend(await run_control.resume(session, run_id, until))

    summary = await _controlled(started.store, run_id, resume)
    for message in follows:
        await started.bus.publish(message)
    return summary


async def cancel_run(run_id: UUID, started: Started) -> RunSummary:
    """End a run for good; what there is of it is reported."""
    return await _controlled(started.store, run_id, run_control.cancel)


async def count_dead_letters(started: Started) -> list[DeadLetterCount]:
    """The queues with dead letters."""
    counts = await started.bus.dead_letter_counts()
    return [
        DeadLetterCount(queue=queue, count=count)
        for queue, count in sorted(counts.items())
        if count
    ]


async def show_dead_letters(
    queue: str, started: Started, limit: Annotated[int, Query(ge=1, le=10_000)] = 100
) -> list[DeadLetterView]:
    """The first dead letters of a queue, oldest first."""
    _known(queue)
    return [
        DeadLetterView(
            died_at=letter.died_at,
            failures=letter.failures,
            error=letter.error,
            body=letter.body.decode(errors="replace"),
        )
        for letter in (await started.bus.dead_letters(queue))[:limit]
    ]


async def replay_dead_letters(queue: str, started: Started) -> Replayed:
    """Send the dead letters of a queue again, and reopen the final verdicts they led to."""
    _known(queue)
    left = 0

    async def reopened(letter: DeadLetter) -> bool:
        nonlocal left
        message = message_in(letter)
        if message is None:
            return True  # a consumer of another version may know it
        async with started.store.begin() as session:
            goes = await reopen(session, message)
        left += not goes
        return goes

    sent = await started.bus.replay(queue, reopened)
    log.info("dead_letters.replayed", queue=queue, sent=sent, left=left)
    return Replayed(sent=sent, left=left)


async def _controlled(store: Store, run_id: UUID, change: Callable[..., Any]) -> RunSummary:
    try:
        async with store.begin() as session:
            await change(session, run_id)
        async with store.read() as session:
            return _summary(await runs.get(session, run_id))
    except RunUnknown as error:
        raise HTTPException(404, str(error)) from error
    except NotPossible as error:
        raise HTTPException(409, str(error)) from error


def _known(queue: str) -> None:
    if queue not in contract_queues():
        known = ", ".join(sorted(contract_queues()))
        raise HTTPException(404, f"there is no queue {queue}; there are: {known}")


def _summary(run: models.Run) -> RunSummary:
    return RunSummary(
        run_id=run.id,
        name=run.name,
        state=RunState(run.state),
        created_at=run.created_at,
        finished_at=run.finished_at,
        failure_cause=run.failure_cause,
    )
