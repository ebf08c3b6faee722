"""Services as real processes, on a database and queues of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import yaml
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from recdial.bus import RetryPolicy
from recdial.bus.topology import Topology
from recdial.contracts import Message
from recdial.store import Store
from tests.ports import free_port
from tests.servers import AMQP_URL, DATABASE_URL, Brokerage, brokerage, postgres_database

ROOT = Path(__file__).parents[1]
TOKEN = "a-token-of-the-tests"
SOON = 60.0
SERVICES = ("grounding", "prompter", "generator", "trainer", "filter", "evaluator")

T = TypeVar("T")


def until(look: Callable[[], T], what: str, seconds: float = SOON, *, every_s: float = 0.05) -> T:
    """Look again and again until what is seen is true; that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(every_s)
    raise AssertionError(f"not in {seconds:g} seconds: {what}")


class ServiceProcess:
    """One service's process."""

    def __init__(
        self, service: str, log: Path, environment: dict[str, str], arguments: tuple[str, ...] = ()
    ) -> None:
        self.log = log
        self.url = f"http://127.0.0.1:{environment['RECDIAL_HTTP_PORT']}"
        with log.open("a") as target:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{service}", *arguments],
                cwd=ROOT,
                env=environment,
                stdout=target,
                stderr=target,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def get(self, path: str) -> httpx.Response | None:
        """What the process answers; None if it does not."""
        try:
            return httpx.get(self.url + path, timeout=10)
        except httpx.TransportError:
            return None

    def probe(self, path: str, status: int) -> httpx.Response:
        """Wait for an answer with the status."""

        def look() -> list[httpx.Response]:
            assert self.alive, f"the process has ended:\n{self.log.read_text()}"
            answer = self.get(path)
            return [answer] if answer is not None and answer.status_code == status else []

        return until(look, f"{path} answers {status}")[0]

    def ready(self) -> ServiceProcess:
        self.probe("/readyz", 200)
        return self

    def metric(self, sample: str) -> float:
        """The value of one sample, e.g. `recdial_in_flight{queue="filter.run.grounded"}`."""
        for line in self.probe("/metrics", 200).text.splitlines():
            if line.startswith(f"{sample} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def total(self, metric: str) -> float:
        """The sum of a metric's samples, whatever their labels."""
        lines = self.probe("/metrics", 200).text.splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{metric}{{")
        )

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def wait(self, seconds: float = SOON) -> int:
        return self._process.wait(seconds)

    def stop(self) -> int:
        """End it in order; its exit status."""
        self.terminate()
        return self.wait()


class Cluster:
    """A database, queues, and the processes that work on them."""

    def __init__(
        self, folder: Path, runner: asyncio.Runner, database_url: str, broker: Brokerage
    ) -> None:
        self.folder = folder
        self.database_url = database_url
        self.broker = broker
        self.processes: list[ServiceProcess] = []
        self.run = runner.run
        """Runs a coroutine, on the loop of the connections."""
        self._engine = create_async_engine(database_url, pool_pre_ping=True)
        self._store = Store(database_url)
        self.environment = os.environ | {
            "RECDIAL_AMQP_URL": broker.url,
            "RECDIAL_AMQP_PREFIX": broker.prefix,
            "RECDIAL_DATABASE_URL": database_url,
            "RECDIAL_API_TOKEN": TOKEN,
            "RECDIAL_DATA": str(folder),
            "RECDIAL_POLL_S": "0.3",
            "RECDIAL_SWEEP_S": "1",
            "RECDIAL_GRACE_S": "30",
            "RECDIAL_OUTPUT": str(folder / "output"),
            "RECDIAL_ARTIFACTS": str(folder / "artifacts"),
        }

    def start(self, service: str, *arguments: str, **changes: str) -> ServiceProcess:
        """Start a process of a service, its environment changed; does not wait for it."""
        port = {"RECDIAL_HTTP_PORT": str(free_port())}
        log = self.folder / f"{service}-{len(self.processes)}.log"
        made = ServiceProcess(service, log, self.environment | port | changes, arguments)
        self.processes.append(made)
        return made

    def recdial(self, *arguments: str | Path, **changes: str) -> subprocess.CompletedProcess[str]:
        """The command line, with the token in its environment."""
        return subprocess.run(
            [sys.executable, "-m", "recdial", *map(str, arguments)],
            cwd=ROOT,
            env=self.environment | changes,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def submit(self, content: dict[str, Any], api: str, *options: str) -> UUID:
        """Submit a run to the API at a URL; its id is the first thing printed.

        Relative paths are in the cluster's data folder, wherever the file is.
        """
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        done = self.recdial("submit", path, *options, "--api", api)
        assert done.returncode == 0, done
        return UUID(done.stdout.split()[0])

    def state(self, run_id: UUID) -> str:
        """The state of a run."""
        ((state,),) = self.rows("select state from runs where id = :run", run=run_id)
        return str(state)

    def migrate(self) -> None:
        done = self.recdial("migrate")
        assert done.returncode == 0, done.stderr

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What the database says."""

        async def query() -> list[tuple[Any, ...]]:
            async with self._engine.begin() as connection:
                found = await connection.execute(text(statement), parameters)
                return [tuple(row) for row in found] if found.returns_rows else []

        return self.run(query())

    def count(self, statement: str, **parameters: Any) -> int:
        """The one number the database says."""
        ((number,),) = self.rows(f"select count(*) from {statement}", **parameters)
        return int(number)

    def publish(self, *messages: Message) -> None:
        """Publish as another process would."""

        async def send() -> None:
            bus = await self.broker.bus()
            for message in messages:
                await bus.publish(message)
            await bus.close()

        self.run(send())

    def depth(self, queue: str) -> int:
        """Messages ready in a queue."""
        return self.run(self.broker.depth(queue))

    def purge(self, queue: str) -> int:
        """Throw away what is ready in a queue; how much."""
        return self.run(self.broker.purge(queue))

    def store(self, work: Callable[[Any], Any]) -> Any:
        """Do something in a transaction of the store."""

        async def transaction() -> Any:
            async with self._store.begin() as session:
                return await work(session)

        return self.run(transaction())

    def let_in(self, allowed: bool) -> None:
        """Let connections to the database in, or cut them and let none in."""
        name = make_url(self.database_url).database

        async def change() -> None:
            # Through another database of the server: this one lets nobody in for a while.
            server = make_url(self.database_url).set(database="postgres")
            engine = create_async_engine(server, isolation_level="AUTOCOMMIT")
            async with engine.connect() as connection:
                await connection.execute(
                    text(f"alter database {name} with allow_connections {str(allowed).lower()}")
                )
                if not allowed:
                    await connection.execute(
                        text(
                            "select pg_terminate_backend(pid) from pg_stat_activity "
                            f"where datname = '{name}'"
                        )
                    )
            await engine.dispose()

        self.run(change())

    def close(self) -> None:
        for process in self.processes:
            if process.alive:
                process.kill()
        self.run(self._engine.dispose())
        self.run(self._store.close())


@contextmanager
def cluster(
    folder: Path, *, database_url: str = DATABASE_URL, amqp_url: str = AMQP_URL
) -> Iterator[Cluster]:
    """A place for processes; skips where a server is missing. Whatever still runs is killed."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runner.run(stack.__aenter__())
        try:
            url = runner.run(stack.enter_async_context(postgres_database(database_url)))
            broker = runner.run(stack.enter_async_context(brokerage(RetryPolicy(), amqp_url)))
            broker.topology = Topology(prefix=broker.prefix)
            made = Cluster(folder, runner, url, broker)
            try:
                yield made
            finally:
                made.close()
        finally:
            runner.run(stack.aclose())


def verdicts(cluster: Cluster, run_id: UUID, role: str) -> dict[str, int]:
    """How many of a role's prompts are in each state."""
    return dict(
        cluster.rows(
            "select state, count(*) from assignments where run_id = :run and role = :role "
            "group by state",
            run=run_id,
            role=role,
        )
    )
