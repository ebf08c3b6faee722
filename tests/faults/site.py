"""Where a campaign takes place: six services, broker, store and model, all of its own.

The services reach broker and store through wires that can be cut; the campaign itself does not.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError
from yarl import URL

from tests import synthetic
from tests.faults.mirror import Mirror
from tests.faults.model import HUNG_CLIENT_S, WritingServer, writing_server
from tests.faults.wire import Wire, wire_to
from tests.private_servers import PrivateServers, private_servers
from tests.processes import SERVICES, Cluster, ServiceProcess, cluster

TEACHER_SHARE = 0.1
IN_FLIGHT = 3
WINDOW = 16
"""Calls of one role in flight, and prompts that are released at a time. Few, so that faults meet
every part of a run at work."""

_BACK_S = 60.0
_GRACE_S = 15.0

T = TypeVar("T")


@dataclass(frozen=True)
class _Ending:
    """A process that was asked to end."""

    service: str
    process: ServiceProcess
    up: bool
    """Whether it answered when it was asked. One that still loads its modules just dies."""


class Site:
    """The processes, and what can be done to them and to what they work on."""

    def __init__(
        self,
        place: Cluster,
        servers: PrivateServers,
        model: WritingServer,
        wires: dict[str, Wire],
        mirror: Mirror,
    ) -> None:
        self.place = place
        self.folder = place.folder
        self.servers = servers
        self.model = model
        self.wires = wires
        self.mirror = mirror
        self.run_id: UUID | None = None
        """The run that goes on."""
        self.complaints: list[str] = []
        """What processes did that nobody told them to."""
        self._ending: list[_Ending] = []
        self.processes = {service: place.start(service) for service in SERVICES}

    def restart(self, service: str) -> None:
        """Start a service whose process has ended; does not wait for it."""
        self.processes[service] = self.place.start(service)

    def kill(self, service: str) -> None:
        """`kill -9`."""
        self.notice_deaths()
        self.processes[service].kill()

    def terminate(self, service: str) -> ServiceProcess:
        """Ask a process to end. It may end until the campaign settles, but then with status 0."""
        self.notice_deaths()
        process = self.processes[service]
        self._ending.append(_Ending(service, process, up=process.get("/healthz") is not None))
        process.terminate()
        return process

    def notice_deaths(self) -> None:
        """Start anew what ended by itself, as whoever runs services does, and note it."""
        ending = {one.process.pid for one in self._ending}
        for service, process in self.processes.items():
            if not process.alive and process.pid not in ending:
                self.complaints.append(f"the {service} ended by itself: {process.log}")
                self.restart(service)

    def settle(self) -> None:
        """Wait until every service works again and what was asked to end has ended."""
        self.notice_deaths()
        self.complaints += self._ended()
        for process in self.processes.values():
            process.ready()

    def end(self) -> list[str]:
        """End all services in order; what went wrong."""
        for service in SERVICES:
            self.terminate(service).wait()
        return [*self.complaints, *self._ended()]

    def recdial(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Give a command to the API, once it answers."""
        grounding = self.processes["grounding"].ready()
        return self.place.recdial(*arguments, "--api", grounding.url)

    def submit(self, source: dict[str, str], seed: int) -> UUID:
        """Start a run of which the model server writes all dialogues."""
        backend = {"backend": "hub", "base_url": self.model.url, "timeout_s": HUNG_CLIENT_S}
        content = synthetic.config(
            Path(),
            source,
            seed=seed,
            # Other names for every run: the server then tells their calls from each other.
            teacher=backend | {"model": f"teacher-{seed}"},
            student=backend | {"model": f"student-{seed}"},
            distillation={"mode": "none", "teacher_share": TEACHER_SHARE},
            window=WINDOW,
            # A hint is in the prompt of a second chance, and the audit knows the first's only.
            filtering={"hints": "none"},
        )
        self.run_id = self.place.submit(content, self.processes["grounding"].ready().url)
        return self.run_id

    def resume(self) -> None:
        """`recdial resume`, unless the run has ended, or ends before it is asked to."""
        assert self.run_id is not None, "a run was submitted"
        if self.state(self.run_id) != "completed":
            done = self.recdial("resume", str(self.run_id))
            assert not done.returncode or self.state(self.run_id) == "completed", done

    def publish_raw(self, topic: str, body: bytes) -> None:
        """Publish anything."""

        async def send() -> None:
            bus = await self.place.broker.bus()
            await bus.publish_raw(topic, body)
            await bus.close()

        self.place.run(send())

    def state(self, run_id: UUID) -> str:
        """The state of a run, once the database says something."""
        return self._patiently(lambda: self.place.state(run_id))

    def rows(self, statement: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """What the database says, once it says something."""
        return self._patiently(lambda: self.place.rows(statement, **parameters))

    def count(self, statement: str, **parameters: Any) -> int:
        """The one number the database says, once it says something."""
        return self._patiently(lambda: self.place.count(statement, **parameters))

    def _ended(self) -> list[str]:
        """Wait for what was asked to end; which of it did not do so with status 0."""
        found = []
        for one in self._ending:
            status = one.process.wait(2 * _GRACE_S + _BACK_S)
            if status != 0 and (one.up or status != -SIGTERM):
                found.append(
                    f"the {one.service} ended with status {status} after SIGTERM: {one.process.log}"
                )
        self._ending.clear()
        return found

    def _patiently(self, ask: Callable[[], T]) -> T:
        deadline = time.monotonic() + _BACK_S
        while True:
            try:
                return ask()
            except (DBAPIError, OSError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextmanager
def site(folder: Path, seed: int) -> Iterator[Site]:
    """A site whose services are ready. Whatever happens, no process of it stays."""
    with ExitStack() as stack:
        servers = stack.enter_context(private_servers())
        model = stack.enter_context(writing_server(seed))
        wires = {
            "broker": stack.enter_context(wire_to(servers.rabbit.port)),
            "store": stack.enter_context(wire_to(servers.postgres.port)),
        }
        place = stack.enter_context(
            cluster(folder, database_url=servers.postgres.url, amqp_url=servers.rabbit.url)
        )
        place.migrate()
        place.environment |= {
            "RECDIAL_AMQP_URL": str(URL(servers.rabbit.url).with_port(wires["broker"].port)),
            "RECDIAL_DATABASE_URL": make_url(place.database_url)
            .set(port=wires["store"].port)
            .render_as_string(hide_password=False),
            "RECDIAL_TEACHER_CONCURRENCY": str(IN_FLIGHT),
            "RECDIAL_STUDENT_CONCURRENCY": str(IN_FLIGHT),
            "RECDIAL_GRACE_S": str(_GRACE_S),
            # A killed worker's job waits for this long.
            "RECDIAL_LEASE_S": "4",
        }
        mirror = Mirror(place.broker, place.run)
        mirror.open()
        stack.callback(mirror.close)
        made = Site(place, servers, model, wires, mirror)
        made.settle()
        yield made
