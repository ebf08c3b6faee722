"""A model server that fails in every way: no prompt is lost, and none waits for ever.

The generator as it is wired, with an in-process bus and a real client, against a server that is
told how to fail, and against a real one that is killed. Only the times it waits are shorter.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from recdial.bus import Consumer, RetryPolicy
from recdial.bus.local import LocalBus
from recdial.contracts import DialogueFailed, DialogueGenerated, Messages, TeacherPrompt
from recdial.domain import ChatMessage, SamplingParams
from recdial.llm.limited import LimitedBackend
from recdial.settings import RunConfig
from recdial.store import Store, prompts, runs
from services.generator import backends, main
from services.generator.patience import GatedBackend
from services.generator.settings import GeneratorSettings
from services.generator.spreading import SpreadBackend
from tests.model_server import TEXT, completion
from tests.ports import free_port
from tests.synthetic import scripted_config
from tests.tiny_llama import save_tiny_llama
from tests.uvicorn_server import serving

PROMPTS = 50
TIMEOUT_S = 0.4
PATIENT_S = 20.0
"""Where the server is not slow, but the machine may be."""
IN_FLIGHT = 6
CONCURRENCY = 12
ENDS_WITHIN_S = 60.0

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Behaviour = Callable[[Receive, Send], Awaitable[None]]

GOOD = completion(TEXT, "stub")


async def start(
    send: Send, status: int = 200, kind: str = "application/json", length: int | None = None
) -> None:
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def gone(receive: Receive) -> None:
    """Return when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def answer(
    _receive: Receive,
    send: Send,
    *,
    body: bytes = GOOD,
    status: int = 200,
    kind: str = "application/json",
) -> None:
    await start(send, status, kind, len(body))
    await send({"type": "http.response.body", "body": body})


async def hang(receive: Receive, _send: Send) -> None:
    await gone(receive)


async def hang_in_the_body(receive: Receive, send: Send) -> None:
    await start(send, length=len(GOOD))
    await send({"type": "http.response.body", "body": GOOD[:20], "more_body": True})
    await gone(receive)


async def drip(receive: Receive, send: Send) -> None:
    """A byte at a time: each read is quick, the whole answer is not."""
    await start(send, length=len(GOOD))
    hung_up = asyncio.create_task(gone(receive))
    for byte in GOOD:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        if (await asyncio.wait([hung_up], timeout=TIMEOUT_S / 8))[0]:
            return
    hung_up.cancel()


async def break_off(_receive: Receive, send: Send) -> None:
    """The server dies in the middle of an answer."""
    await start(send, length=len(GOOD))
    await send({"type": "http.response.body", "body": GOOD[:20], "more_body": True})
    raise ConnectionAbortedError("told to break off")


def with_body(body: Any) -> Behaviour:
    return partial(answer, body=body if isinstance(body, bytes) else json.dumps(body).encode())


CHOICE = json.loads(GOOD)["choices"][0]
FAULTS: dict[str, tuple[Behaviour, str]] = {
    "hang": (hang, "did not answer within 0.4 s"),
    "hang in the body": (hang_in_the_body, "did not answer within 0.4 s"),
    "slow drip": (drip, "did not answer within 0.4 s"),
    "500": (partial(answer, status=500, body=b'{"error": "CUDA out of memory"}'), "answered 500"),
    "503 of a proxy": (partial(answer, status=503, body=b"<html>", kind="text/html"), "503"),
    "429": (partial(answer, status=429, body=b'{"error": "Model is overloaded"}'), "answered 429"),
    "broken off": (break_off, "cannot reach"),
    "truncated JSON": (with_body(GOOD[:-30]), "no chat completion"),
    "no JSON": (partial(answer, body=b"<html></html>", kind="text/html"), "no chat completion"),
    "not UTF-8": (with_body(b'{"choices": "\xff"}'), "no chat completion"),
    "empty body": (with_body(b""), "no chat completion"),
    "empty choices": (with_body(json.loads(GOOD) | {"choices": []}), "without a completion"),
    "no choices": (with_body({"detail": "soon"}), "without a completion"),
    "no message": (with_body({"choices": [{"finish_reason": "stop"}]}), "without a completion"),
    "a list": (with_body([]), "no chat completion"),
    "null": (with_body(b"null"), "no chat completion"),
    "no finish reason": (with_body({"choices": [CHOICE | {"finish_reason": None}]}), "broke off"),
}


@dataclass
class Server:
    """Fails as it is told, for as many calls as it is told; a probe of a token counts as a call."""

    fault: Behaviour
    failing: float = float("inf")
    """So many calls fail, the first ones."""
    probes_fail: bool = False
    in_flight: int = 0
    most_in_flight: int = 0
    asked: int = 0
    authorizations: set[bytes | None] = field(default_factory=set)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        self.authorizations.add(dict(scope["headers"]).get(b"authorization"))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            asked = await self._body(receive)
            probe = asked["max_tokens"] == 1
            self.asked += not probe
            fails = self.asked <= self.failing and (self.probes_fail or not probe)
            await (self.fault if fails else answer)(receive, send)
        finally:
            self.in_flight -= 1

    async def _body(self, receive: Receive) -> dict[str, Any]:
        body, more = b"", True
        while more:
            event = await receive()
            body += event.get("body", b"")
            more = event.get("more_body", False)
        found: dict[str, Any] = json.loads(body)
        return found


@dataclass
class Outcome:
    """What became of the prompts."""

    asked: set[UUID]
    written: set[UUID]
    generated: set[UUID]
    failed: dict[UUID, str]
    dead: int


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(f"sqlite+aiosqlite:///{tmp_path / 'store.db'}")
    await made.migrate()
    yield made
    await made.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of patience become parts of a second."""
    for name, short in (
        ("LimitedBackend", partial(LimitedBackend, patience_s=0.3)),
        ("GatedBackend", partial(GatedBackend, poll_s=0.05)),
        ("SpreadBackend", partial(SpreadBackend, wait_s=1.0)),
    ):
        monkeypatch.setattr(backends, name, short)


async def generate(
    store: Store,
    url: str,
    *,
    in_flight: int = IN_FLIGHT,
    concurrency: int = CONCURRENCY,
    max_failures: int = 2,
    count: int = PROMPTS,
    within_s: float = ENDS_WITHIN_S,
    on_generated: Callable[[], None] | None = None,
    **teacher: Any,
) -> Outcome:
    """Let the generator write the prompts of a run. Raises TimeoutError where it gets stuck."""
    own = {"backend": "hub", "base_url": url, "timeout_s": PATIENT_S, "max_in_flight": in_flight}
    config = scripted_config("faults", teacher=own | teacher)
    messages = await issued(store, count, config)
    bus = LocalBus(RetryPolicy(max_failures, first_delay_s=0.02, factor=2, max_delay_s=0.1))
    generated: set[UUID] = set()
    failed: dict[UUID, str] = {}

    async def note_generated(message: DialogueGenerated) -> Messages:
        generated.add(message.dialogue_id)
        if on_generated is not None:
            on_generated()
        return []

    async def note_failed(message: DialogueFailed) -> Messages:
        failed[message.dialogue_id] = message.cause
        return []

    service = main.build(store, GeneratorSettings(teacher_concurrency=concurrency))
    await service.start(bus)
    await bus.consume(Consumer("filter", DialogueGenerated, note_generated, 1))
    await bus.consume(Consumer("filter", DialogueFailed, note_failed, 1))
    await bus.start()
    try:
        for message in messages:
            await bus.publish(message)
        async with asyncio.timeout(within_s):
            await bus.drain()
        dead = sum((await bus.dead_letter_counts()).values())
    finally:
        await bus.close(0)
        await service.release()
    async with store.read() as session:
        rows = await session.execute(text("select dialogue_id from completions"))
        written = {UUID(str(row[0])) for row in rows}
    return Outcome({one.dialogue_id for one in messages}, written, generated, failed, dead)


async def issued(store: Store, count: int, config: RunConfig) -> list[TeacherPrompt]:
    """Prompts of a new run, stored and to be published."""
    run_id = uuid4()
    found = [
        TeacherPrompt(
            run_id=run_id,
            prompt_id=uuid4(),
            dialogue_id=uuid4(),
            messages=(ChatMessage(role="user", content=f"Write number {number}."),),
            sampling=SamplingParams(**config.teacher.sampling.model_dump()),
        )
        for number in range(count)
    ]
    rows = [
        {
            "id": one.prompt_id,
            "run_id": run_id,
            "user_id": f"user {number}",
            "history_number": 0,
            "stereotype": "curious_newcomer",
            "template_version": "1",
            "messages": [message.model_dump() for message in one.messages],
            "item_ids": [],
            "history": [],
            "history_shown": False,
            "target_item_id": "1",
            "target_rating": 5.0,
            "target_liked": True,
            "draw": number,
        }
        for number, one in enumerate(found)
    ]
    async with store.begin() as session:
        await runs.create(session, run_id, config)
        await prompts.add(session, rows)
    return found


def deadline_s(fault: str) -> float:
    """Short where it is what ends the calls."""
    return TIMEOUT_S if "did not answer" in FAULTS[fault][1] else PATIENT_S


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_that_never_mends_fails_every_prompt_with_the_cause(
    fault: str, store: Store
) -> None:
    behaviour, cause = FAULTS[fault]
    server = Server(behaviour)
    async with serving(server) as url:
        found = await generate(store, url, timeout_s=deadline_s(fault))
    assert found.failed.keys() == found.asked
    assert not found.written
    assert not found.generated
    assert all(cause in said and url in said for said in found.failed.values()), found.failed
    assert server.most_in_flight <= IN_FLIGHT
    assert server.in_flight == 0


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_server_that_mends_gets_every_prompt_written(fault: str, store: Store) -> None:
    server = Server(FAULTS[fault][0], failing=PROMPTS * 3 // 5)
    async with serving(server) as url:
        found = await generate(store, url, max_failures=8, timeout_s=deadline_s(fault))
    assert found.written == found.generated == found.asked
    assert not found.failed
    assert not found.dead
    assert server.asked > PROMPTS
    assert server.most_in_flight <= IN_FLIGHT


@pytest.mark.parametrize("fault", ["500", "hang", "429"])
async def test_a_server_that_answers_not_even_a_probe_fails_every_prompt_with_the_cause(
    fault: str, store: Store
) -> None:
    behaviour, cause = FAULTS[fault]
    server = Server(behaviour, probes_fail=True)
    async with serving(server) as url:
        found = await generate(store, url, timeout_s=deadline_s(fault))
    assert found.failed.keys() == found.asked
    assert all(cause in said for said in found.failed.values()), found.failed
    assert server.asked == 0, "no prompt is sent to a server that does not answer"
    assert server.most_in_flight == 1, "one asks for all"


async def test_calls_in_flight_never_pass_the_generators_concurrency(store: Store) -> None:
    server = Server(FAULTS["500"][0], failing=20)
    async with serving(server) as url:
        found = await generate(store, url, in_flight=64, concurrency=3, max_failures=8)
    assert found.written == found.asked
    assert server.most_in_flight <= 3


async def test_a_refusal_is_not_repeated(store: Store) -> None:
    server = Server(partial(answer, status=422, body=b'{"error": "Input validation error"}'))
    async with serving(server) as url:
        found = await generate(store, url)
    assert found.failed.keys() == found.asked
    assert all("answered 422" in said for said in found.failed.values())
    assert server.asked == PROMPTS


async def test_a_client_that_is_told_to_be_offline_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    server = Server(answer)
    async with serving(server) as url:
        found = await generate(store, url, count=3)
    assert len(found.failed) == 3
    assert all("HF_HUB_OFFLINE is set: unset it" in said for said in found.failed.values())
    assert server.asked == 0


@pytest.mark.parametrize("token", [None, "hf_secret"])
async def test_a_token_is_sent_only_where_one_is_set(
    token: str | None, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    # What `hf auth login` has saved is for the Hub, and for no other server.
    monkeypatch.setattr("huggingface_hub.utils._headers.get_token", lambda: "hf_saved")
    server = Server(answer)
    async with serving(server) as url:
        found = await generate(store, url, count=3)
    assert len(found.written) == 3
    assert server.authorizations == {f"Bearer {token}".encode() if token else None}


class RealServer:
    """`transformers serve`, at the same port whenever it is started."""

    def __init__(self, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "transformers.cli.transformers", "serve"]
        command += ["--continuous-batching", "--device", "cpu", "--cb-max-memory-percent", "0.1"]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """At once, and with whatever it is doing."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@pytest.fixture
def real_server(tmp_path: Path) -> Iterator[RealServer]:
    made = RealServer(tmp_path / "server.log")
    made.start()
    yield made
    made.kill()


async def test_prompts_in_flight_when_a_real_server_is_killed_are_written_after_its_restart(
    store: Store, real_server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("transformers", reason="needs the extra local")
    model = save_tiny_llama(tmp_path / "tiny")
    # A start takes longer than the other tests wait.
    monkeypatch.setattr(backends, "SpreadBackend", SpreadBackend)
    killed = False

    def kill_once() -> None:
        nonlocal killed
        if not killed:
            killed = True
            real_server.kill()
            real_server.start()

    with capture_logs() as logs:
        found = await generate(
            store,
            real_server.url,
            max_failures=5,
            count=20,
            within_s=240,
            on_generated=kill_once,
            model=str(model),
            timeout_s=120,
            longer=1,
            sampling={"max_tokens": 48},
        )
    causes = [one["cause"] for one in logs if one["event"] == "bus.retry"]
    assert any(real_server.url in cause for cause in causes), "some were in flight"
    assert found.written == found.generated == found.asked
    assert not found.failed
