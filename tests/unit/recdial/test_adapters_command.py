"""`recdial adapters`: what is registered, whether the files are right, whether a server uses it."""

from __future__ import annotations

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import UUID

import fsspec
import pytest
import yaml
from sqlalchemy import text
from typer.testing import CliRunner

from recdial.cli import app
from recdial.contracts import Canary
from recdial.domain import AdapterRef, ChatMessage
from recdial.llm.adapter_storage import marker
from recdial.llm.adapters import AdapterDamaged, directory_digest, verify_adapter
from recdial.run_folder import RunFolder
from recdial.store import Store, adapters, runs
from tests import synthetic
from tests.model_server import completion, http_server

RUN = UUID(int=1)
CANARY = Canary(
    messages=(ChatMessage(role="user", content="Write."),),
    max_tokens=8,
    adapter_output="tuned words here",
    base_output="base text there",
)


def invoke(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["adapters", *map(str, arguments)])
    return done.exit_code, done.output


@pytest.fixture
def published(tmp_path: Path) -> AdapterRef:
    files = tmp_path / "adapters" / "run-1"
    files.mkdir(parents=True)
    (files / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "base"}))
    (files / "adapter_model.safetensors").write_bytes(b"weights")
    return AdapterRef(
        adapter_id="run-1", uri=files.as_uri(), sha256=directory_digest(files), base_model="base"
    )


@pytest.fixture
def run(tmp_path: Path, published: AdapterRef) -> Path:
    folder = RunFolder(tmp_path)
    config = synthetic.scripted_config("adapters")
    folder.config.write_text(yaml.safe_dump(config.model_dump(mode="json")))

    async def fill() -> None:
        store = Store(folder.url)
        await store.migrate()
        async with store.begin() as session:
            await runs.create(session, RUN, config)
            await adapters.add(session, RUN, published, {"steps": 3}, CANARY)
        await store.close()

    asyncio.run(fill())
    return tmp_path


def test_an_adapter_is_listed_and_shown(run: Path, published: AdapterRef) -> None:
    status, listed = invoke("list", "--run", run)
    assert (status, "run-1" in listed) == (0, True)

    status, shown = invoke("show", "run-1", "--run", run)
    assert status == 0
    for expected in (published.sha256, published.uri, "steps: 3", "tuned words", "base text"):
        assert expected in shown


def test_an_unknown_adapter_is_an_error(run: Path) -> None:
    status, said = invoke("show", "run-2", "--run", run)

    assert status == 2
    assert "there is no adapter run-2" in said


def test_files_are_verified(run: Path) -> None:
    assert invoke("verify", "run-1", "--run", run)[0] == 0

    (run / "adapters" / "run-1" / "adapter_model.safetensors").write_bytes(b"other")

    status, said = invoke("verify", "run-1", "--run", run)
    assert status == 1
    assert "restore it from a copy" in said


def test_a_missing_file_and_another_base_model_are_reported(
    published: AdapterRef, tmp_path: Path
) -> None:
    with pytest.raises(AdapterDamaged, match=r"registered for other.*names base"):
        verify_adapter(published.model_copy(update={"base_model": "other"}))

    (tmp_path / "adapters" / "run-1" / "adapter_model.safetensors").unlink()
    with pytest.raises(AdapterDamaged, match=r"there is no .*safetensors"):
        verify_adapter(published)


@pytest.mark.parametrize(
    ("written", "status", "says"),
    [(CANARY.adapter_output, 0, "uses it"), (CANARY.base_output, 1, "without using it")],
)
def test_a_server_is_asked_for_the_canary(run: Path, written: str, status: int, says: str) -> None:
    asked: list[dict[str, Any]] = []

    def post(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> None:
        asked.append(body)
        answer = completion(written, "run-1")
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    with http_server(post) as url:
        found, said = invoke("verify", "run-1", "--run", run, "--server", url)

    assert (found, says in said) == (status, True)
    (call,) = asked
    assert (call["model"], call["temperature"], call["max_tokens"]) == ("run-1", 0, 8)


def test_an_adapter_is_fetched_to_a_folder(
    run: Path, published: AdapterRef, tmp_path: Path
) -> None:
    for _ in range(2):
        status, said = invoke("fetch", "--run", run, "--to", tmp_path / "to")

        assert (status, said.strip()) == (0, str(tmp_path / "to" / "run-1"))
    assert directory_digest(tmp_path / "to" / "run-1") == published.sha256


def test_a_damaged_adapter_is_not_fetched(run: Path, tmp_path: Path) -> None:
    (run / "adapters" / "run-1" / "adapter_model.safetensors").write_bytes(b"other")

    status, said = invoke("fetch", "run-1", "--run", run, "--to", tmp_path / "to")

    assert (status, "SHA-256" in said) == (1, True)
    assert list((tmp_path / "to").glob("[!.]*")) == []


def change(run: Path, *, state: str | None) -> None:
    """Take the adapter away, and let the run be in a state."""

    async def work() -> None:
        store = Store(RunFolder(run).url)
        async with store.begin() as session:
            await session.execute(text("DELETE FROM adapters"))
            if state == "failed":
                await runs.fail(session, RUN, "trainer", "too few examples")
        await store.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("state", "says"),
    [(None, "has not published its adapter (yet)"), ("failed", "too few examples")],
)
def test_why_there_is_nothing_to_fetch_is_said(run: Path, state: str | None, says: str) -> None:
    change(run, state=state)

    status, said = invoke("fetch", "--run", run, "--wait", "0.01")

    assert (status, says in said) == (1, True), said


def test_an_adapter_is_waited_for(run: Path, published: AdapterRef, tmp_path: Path) -> None:
    change(run, state=None)

    def publish() -> None:
        async def work() -> None:
            store = Store(RunFolder(run).url)
            async with store.begin() as session:
                await adapters.add(session, RUN, published, {})
            await store.close()

        asyncio.run(work())

    later = threading.Timer(0.5, publish)
    later.start()
    status, said = invoke("fetch", "--run", run, "--to", tmp_path / "to", "--wait", "60")
    later.join()

    assert (status, said.strip()) == (0, str(tmp_path / "to" / "run-1"))


def test_something_must_be_named_to_be_fetched() -> None:
    status, said = invoke("fetch")

    assert (status, "say which adapter" in said) == (2, True)


def test_an_adapter_behind_a_url_is_verified_there(run: Path, published: AdapterRef) -> None:
    memory = fsspec.filesystem("memory")
    for file in (run / "adapters" / "run-1").iterdir():
        memory.pipe(f"/verified/run-1/{file.name}", file.read_bytes())
    memory.pipe("/verified/run-1/recdial.json", marker({}))
    change(run, state=None)

    async def publish() -> None:
        store = Store(RunFolder(run).url)
        reference = published.model_copy(update={"uri": "memory://verified/run-1"})
        async with store.begin() as session:
            await adapters.add(session, RUN, reference, {})
        await store.close()

    asyncio.run(publish())

    assert invoke("verify", "run-1", "--run", run)[0] == 0
    memory.pipe("/verified/run-1/adapter_model.safetensors", b"other")
    status, said = invoke("verify", "run-1", "--run", run)
    memory.store.clear()
    assert (status, "SHA-256" in said) == (1, True)
