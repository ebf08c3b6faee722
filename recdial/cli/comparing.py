"""Does a comparison of generators: reads a run, has texts written, judges and measures them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from filelock import FileLock, Timeout
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from recdial import __version__
from recdial.config_file import ConfigError
from recdial.domain import AdapterRef, Role, SamplingParams
from recdial.issuing import issue
from recdial.process_settings import ProcessSettings
from recdial.run_folder import FolderInUse
from recdial.settings import RunConfig
from recdial.store import Store, adapters, models, runs
from recdial.store.dialogues import text_for
from recdial.store.models import Completion, Prompt, utc_now
from recdial.store.runs import RunUnknown
from services.evaluator.comparison import JudgedText, NotWritten, Outcome, compare
from services.evaluator.held_out import NothingHeldOut, Population, Sample, candidates, draw
from services.evaluator.report.comparison_page import (
    ComparisonReport,
    GeneratorFacts,
    write_comparison,
)
from services.filter.catalogues import Catalogue, Catalogues
from services.filter.contexts import context_of
from services.filter.judging import judge
from services.generator.backends import make_backend
from services.generator.canary import CanaryOf, recorded_canary
from services.generator.samples import (
    Request,
    SampleFile,
    SamplesDamaged,
    Written,
    all_failed,
    write_missing,
)
from services.generator.writing import longer_sampling

TEACHER, STUDENT, UNDISTILLED = "teacher", "student", "undistilled"
_PAIRS = ((TEACHER, STUDENT), (STUDENT, UNDISTILLED))

Counted: TypeAlias = Callable[[str, int], Callable[[], None]]
"""Told a generator and how many texts it is to write; what it gives is called for each."""


@dataclass(frozen=True)
class Place:
    """Where a run is."""

    url: str
    run_id: UUID | None
    """None for the only run of a folder."""
    own: bool
    """Whether the store is this user's alone and may be brought to this version."""


@dataclass(frozen=True)
class Options:
    """What is asked of a comparison."""

    number: int
    seed: int | None
    population: Population
    fresh: bool


@dataclass(frozen=True)
class Generator:
    """One of the generators that are compared."""

    name: str
    role: Role
    adapter: AdapterRef | None


@dataclass(frozen=True)
class _Run:
    """A run as far as a comparison needs it."""

    row: models.Run
    config: RunConfig
    generators: tuple[Generator, ...]
    seed: int
    sample: Sample
    prompts: tuple[Prompt, ...]


async def compare_run(
    place: Place, results: Path, options: Options, settings: ProcessSettings, counted: Counted
) -> ComparisonReport:
    """Compare the generators of a run on prompts of it, and write the results to a folder held.

    Every text is kept as soon as it is there, so the same call again goes on. Raises ConfigError
    for a run that cannot be compared and for a generator that wrote nothing at all, and
    BackendError for a model that cannot be had.
    """
    try:
        file = SampleFile(results / "texts.jsonl", own_only=options.fresh)
    except SamplesDamaged as error:
        raise ConfigError(str(error)) from error
    async with _opened(place) as store:
        run = await _read(store, place, options)
        outcomes, warnings = await _outcomes(store, run, file, options, settings, counted)
    # The bootstrap takes seconds, and the loop has nothing else to do.
    report = await asyncio.to_thread(_report, run, options, outcomes, warnings)
    write_comparison(report, results)
    return report


@contextmanager
def claimed(results: Path) -> Iterator[None]:
    """Make the folder of the results and hold it. Raises FolderInUse."""
    results.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(results / ".lock", timeout=0):
            yield
    except Timeout:
        raise FolderInUse(f"another process writes a comparison to {results}") from None


@asynccontextmanager
async def _opened(place: Place) -> AsyncIterator[Store]:
    store = Store(place.url)
    try:
        if place.own:
            await store.migrate()
        yield store
    except (OSError, DBAPIError) as error:
        raise ConfigError(f"the store cannot be read: {error}") from error
    finally:
        await store.close()


async def _read(store: Store, place: Place, options: Options) -> _Run:
    async with store.read() as session:
        try:
            if place.run_id is None:
                (row,) = await runs.all_runs(session)
            else:
                row = await runs.get(session, place.run_id)
        except RunUnknown as error:
            raise ConfigError(str(error)) from error
        config = RunConfig.model_validate(row.config)
        published = await adapters.of_run(session, row.id)
        if published is None:
            raise ConfigError(
                f"run {row.name} has no adapter, so there is nothing to compare: "
                + (
                    "it goes on until the teacher only; raise until"
                    if config.until == "teacher"
                    else "its distillation.mode is none"
                    if not config.trains
                    else f"it is {row.state}, and the student was not trained yet"
                )
            )
        seed = config.seed if options.seed is None else options.seed
        try:
            sample = draw(
                await candidates(session, row.id), options.number, seed, options.population
            )
        except NothingHeldOut as error:
            raise ConfigError(f"{error}: --prompts all") from error
        found = await session.execute(select(Prompt).where(Prompt.id.in_(sample.prompt_ids)))
        by_id = {prompt.id: prompt for prompt in found.scalars()}
    return _Run(
        row=row,
        config=config,
        generators=(
            Generator(TEACHER, Role.teacher, None),
            Generator(STUDENT, Role.student, adapters.reference(published)),
            Generator(UNDISTILLED, Role.student, None),
        ),
        seed=seed,
        sample=sample,
        prompts=tuple(by_id[prompt_id] for prompt_id in sample.prompt_ids),
    )


async def _outcomes(
    store: Store,
    run: _Run,
    file: SampleFile,
    options: Options,
    settings: ProcessSettings,
    counted: Counted,
) -> tuple[dict[str, list[Outcome]], list[str]]:
    """What each generator wrote, judged, and what is to be said about it."""
    written: dict[str, list[Written]] = {}
    for generator in run.generators:
        requests = [_request(prompt, generator, run.config) for prompt in run.prompts]
        if not options.fresh:
            await _take_from_run(store, run, generator, requests, file)
        written[generator.name] = await _write(
            run, generator, requests, file, settings, partial(recorded_canary, store=store), counted
        )
        if (cause := all_failed(written[generator.name])) is not None:
            raise ConfigError(
                f"the {generator.name} wrote nothing for any of {len(requests)} prompts, which "
                f"says nothing about it; the same command again tries once more. {cause}"
            )
    outcomes = {
        name: await _judged(store, run, texts, run.prompts) for name, texts in written.items()
    }
    return outcomes, _warnings(run, written)


async def _write(
    run: _Run,
    generator: Generator,
    requests: Sequence[Request],
    file: SampleFile,
    settings: ProcessSettings,
    canary_of: CanaryOf,
    counted: Counted,
) -> list[Written]:
    config = run.config.backend(generator.role)
    # One generator after the other: two local models need not be in memory together.
    backend = make_backend(config, settings, canary_of)
    try:
        return await write_missing(
            generator.name,
            requests,
            backend,
            file,
            concurrency=config.concurrency,
            longer=config.longer,
            on_written=counted(generator.name, len(requests)),
        )
    finally:
        await backend.close()


def _request(prompt: Prompt, generator: Generator, config: RunConfig) -> Request:
    """What the run itself asks of the generator: the student's seeds without the adapter, too."""
    issued = issue(prompt, generator.role, config, generator.adapter)
    return Request(
        issued.dialogue_id, prompt.id, issued.messages, issued.sampling, generator.adapter
    )


async def _take_from_run(
    store: Store, run: _Run, generator: Generator, requests: Sequence[Request], file: SampleFile
) -> None:
    """Put texts of the run into the file that are what would be written now.

    The dialogue's id says that prompt, role, model, adapter and attempt are the same; backend and
    sampling are looked at.
    """
    config = run.config.backend(generator.role)
    wanted = {one.dialogue_id: one for one in requests if file.find(one) is None}
    async with store.read() as session:
        found = await session.execute(
            select(Completion).where(Completion.dialogue_id.in_(list(wanted)))
        )
        for completion in found.scalars():
            request = wanted[completion.dialogue_id]
            sampled = SamplingParams.model_validate(completion.sampling)
            allowed = (request.sampling, longer_sampling(request.sampling, config.longer))
            if completion.backend == config.backend and sampled in allowed:
                file.add(_from_run(generator, request, completion))


def _from_run(generator: Generator, request: Request, completion: Completion) -> Written:
    return Written.model_validate(
        {
            "generator": generator.name,
            "dialogue_id": request.dialogue_id,
            "prompt_id": request.prompt_id,
            "sampling": request.sampling,
            "model": completion.model,
            "adapter_sha256": completion.adapter_sha256,
            "text": completion.text,
            "finish_reason": completion.finish_reason,
            "tokens_in": completion.prompt_tokens,
            "tokens_out": completion.completion_tokens,
            "seconds": completion.seconds,
            "from_run": True,
        }
    )


async def _judged(
    store: Store, run: _Run, written: Sequence[Written], prompts: Sequence[Prompt]
) -> list[Outcome]:
    """The filter's verdicts, by the rules of the run."""
    catalogue = await Catalogues(store).get(run.row.id)
    return [
        _outcome(one, prompt, catalogue, run.config)
        for one, prompt in zip(written, prompts, strict=True)
    ]


def _outcome(one: Written, prompt: Prompt, catalogue: Catalogue, config: RunConfig) -> Outcome:
    if one.failure is not None:
        return NotWritten(one.failure)
    context = context_of(text_for(prompt, one.text, one.finish_reason), catalogue)
    judgement = judge(one.text, one.finish_reason, context, config.filtering, config.profile)
    return JudgedText(
        utterances=tuple(turn.text for turn in judgement.turns) or (one.text,),
        turns=len(judgement.turns),
        rules=tuple(reason.rule for reason in judgement.reasons),
        cut_off=one.finish_reason == "length",
        tokens_in=one.tokens_in,
        tokens_out=one.tokens_out,
        seconds=one.seconds,
        from_run=one.from_run,
    )


def _warnings(run: _Run, written: Mapping[str, Sequence[Written]]) -> list[str]:
    student = [one.text for one in written[STUDENT]]
    if student == [one.text for one in written[UNDISTILLED]]:
        return [
            "Warning: with and without its adapter the student wrote the same texts. The server at "
            f"{', '.join(run.config.student.base_urls) or 'hand'} does not use the adapter, or the "
            "adapter changes nothing."
        ]
    return []


def _report(
    run: _Run, options: Options, outcomes: Mapping[str, Sequence[Outcome]], warnings: list[str]
) -> ComparisonReport:
    return ComparisonReport(
        recdial_version=__version__,
        created_at=utc_now(),
        run_id=str(run.row.id),
        run_name=run.row.name,
        config_digest=run.row.config_digest,
        profile=run.config.profile,
        seed=run.seed,
        population=options.population,
        users=run.sample.users,
        prompts=len(run.prompts),
        prompts_in_training=run.sample.in_training,
        generators={one.name: _facts(one, run.config) for one in run.generators},
        comparison=compare(outcomes, _PAIRS, run.seed),
        warnings=tuple(warnings),
    )


def _facts(generator: Generator, config: RunConfig) -> GeneratorFacts:
    backend = config.backend(generator.role)
    return GeneratorFacts(
        backend=backend.backend,
        model=backend.model_name,
        adapter_id=generator.adapter.adapter_id if generator.adapter else None,
        sampling=SamplingParams(**backend.sampling.model_dump()),
    )
