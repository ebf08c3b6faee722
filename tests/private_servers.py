"""A RabbitMQ and a Postgres of one's own, to be stopped, killed and started at will.

Started from the programs on the machine, with their data in a temporary folder and on ports of
their own. The servers that other tests share are not touched: not even their epmd is.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.ports import free_port

STARTS_S = 60.0
"""A broker on a busy machine takes its time."""
STOPS_S = 30.0

_SUPERUSER = "postgres"
_AMQP_GREETING = b"AMQP\x00\x00\x09\x01"


class ServerDead(Exception):
    """A server does not come up or does not go down."""


class PrivateServer(ABC):
    """One server's process, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it answers."""

    def start(self) -> None:
        """Start it, and wait until it answers. Raises ServerDead."""
        deadline = time.monotonic() + STARTS_S
        while True:
            if self._process is None or self._process.poll() is not None:
                # Also again: what a killed server held may be held for a moment more.
                self._process = self._begin()
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise ServerDead(f"{self.url} does not come up:\n{self.last_words()}")
            time.sleep(0.05)

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])

    @property
    def _log(self) -> Path:
        return self.folder / "server.log"

    @abstractmethod
    def _begin(self) -> subprocess.Popen[bytes]:
        """Start the process."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether clients are served."""

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(STOPS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise ServerDead(f"{self.url} did not end:\n{self.last_words()}") from None
        finally:
            self._process = None

    def _popen(
        self, command: Sequence[str | Path], environment: Mapping[str, str], user: str | None = None
    ) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=user,
                # A Ctrl-C at the terminal is for the campaign, which then ends its servers.
                start_new_session=True,
            )


class PrivatePostgres(PrivateServer):
    """A Postgres without passwords."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._programs = _postgres_programs()
        # It refuses to run as root.
        self._user = _SUPERUSER if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        subprocess.run(
            [
                self._program("initdb"),
                *("--pgdata", folder / "data", "--username", _SUPERUSER),
                *("--auth", "trust", "--encoding", "UTF8", "--locale", "C"),
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            user=self._user,
        )

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://{_SUPERUSER}@127.0.0.1:{self.port}/postgres"

    def crash(self) -> None:
        """End it as `pg_ctl stop -m immediate` does: without a checkpoint."""
        self._end(signal.SIGQUIT)

    def stop(self) -> None:
        """End it as `pg_ctl stop -m fast` does: open transactions are rolled back."""
        self._end(signal.SIGINT)

    def _begin(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._popen(
            [self._program("postgres"), "-D", self.folder / "data", *options],
            dict(os.environ),
            self._user,
        )

    def _answers(self) -> bool:
        asked = [self._program("pg_isready"), "--quiet", "--host", "127.0.0.1"]
        return subprocess.run([*asked, "--port", str(self.port)], check=False).returncode == 0

    def _program(self, name: str) -> str:
        return str(self._programs / name)


class PrivateRabbit(PrivateServer):
    """A RabbitMQ node, and an epmd that knows no other."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for name, content in (("rabbitmq.conf", ""), ("env", ""), ("plugins", "[].\n")):
            (folder / name).write_text(content)
        epmd_port, distribution_port = free_port(), free_port()
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")
        } | {
            "HOME": str(folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false",
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": f"private-{uuid4().hex[:8]}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution_port),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
            "RABBITMQ_MNESIA_BASE": str(self._data),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # Its threads would spin for a while before they sleep, and others need the cores.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            # The script then becomes the server, so that a signal for the one is for the other.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
        self._epmd = self._popen(["epmd", "-port", str(epmd_port)], self._environment)

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def forget(self) -> None:
        """Delete all it has, its queues and what is in them, as a lost disk does. While it is down.

        What is in queues that outlive a restart is in the node's data, so nothing else forgets it.
        """
        assert self._process is None, "the node is up"
        shutil.rmtree(self._data)

    def close(self) -> None:
        """End node and epmd."""
        self.kill()
        self._epmd.kill()
        self._epmd.wait()

    @property
    def _data(self) -> Path:
        return self.folder / "mnesia"

    def _begin(self) -> subprocess.Popen[bytes]:
        return self._popen([_rabbitmq_server()], self._environment)

    def _answers(self) -> bool:
        # The node listens when all else is done, and answers the greeting of a protocol it speaks.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(_AMQP_GREETING)
                return bool(connection.recv(1))
        except OSError:
            return False


@dataclass(frozen=True)
class PrivateServers:
    """The two, running."""

    rabbit: PrivateRabbit
    postgres: PrivatePostgres


def missing_programs() -> str:
    """What is not installed here, in words; empty where nothing is missing."""
    here = {
        "rabbitmq-server": bool(_find_rabbitmq_server()),
        "epmd": bool(shutil.which("epmd")),
        "initdb": _postgres_programs().joinpath("initdb").exists(),
    }
    away = [program for program, found in here.items() if not found]
    return f"not on this machine: {', '.join(away)} (make services)" if away else ""


@contextmanager
def private_servers() -> Iterator[PrivateServers]:
    """Both servers, started; killed and their data removed at the end. Or it skips."""
    with _folder() as folder, ExitStack() as stack:
        for name in ("rabbit", "postgres"):
            (folder / name).mkdir()
        postgres = PrivatePostgres(folder / "postgres")
        stack.callback(postgres.crash)
        rabbit = PrivateRabbit(folder / "rabbit")
        stack.callback(rabbit.close)
        postgres.start()
        rabbit.start()
        yield PrivateServers(rabbit, postgres)


@contextmanager
def private_rabbit() -> Iterator[PrivateRabbit]:
    """A broker alone, as `private_servers` has it."""
    with _folder() as folder, ExitStack() as stack:
        rabbit = PrivateRabbit(folder)
        stack.callback(rabbit.close)
        rabbit.start()
        yield rabbit


@contextmanager
def _folder() -> Iterator[Path]:
    """For the servers' data. Not the test's own: Postgres runs as another user, who must get there.

    Skips where a server's program is missing.
    """
    if missing := missing_programs():
        pytest.skip(missing)
    folder = Path(tempfile.mkdtemp(prefix="recdial-servers-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


def _postgres_programs() -> Path:
    """The folder of the newest Postgres; Debian keeps the versions apart."""
    versions = Path("/usr/lib/postgresql").glob("[0-9]*")
    newest = max(versions, key=lambda folder: float(folder.name), default=None)
    if newest is not None:
        return newest / "bin"
    return Path(shutil.which("postgres") or "/nowhere/postgres").parent


def _find_rabbitmq_server() -> str | None:
    # Debian's own on the path is a wrapper that changes the user, and with it the environment.
    bare = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    return str(bare) if bare.exists() else shutil.which("rabbitmq-server")


def _rabbitmq_server() -> str:
    found = _find_rabbitmq_server()
    assert found is not None, "missing_programs was asked before"
    return found
