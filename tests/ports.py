"""Ports for processes that must be told theirs before they listen.

A port the system chose for a moment (bind to 0, close) lies where it also takes the near ends of
outgoing connections from: by the time the process listens, one of the hundreds that tests open
may have it. These lie below, and a counter in a locked file hands out each one once before any
comes again, whichever test process asks.
"""

from __future__ import annotations

import fcntl
import getpass
import socket
import tempfile
from pathlib import Path

FIRST, END = 18_000, 32_000
"""Below what Linux takes for outgoing connections (32768, net.ipv4.ip_local_port_range)."""


def free_port() -> int:
    """A port nobody listens on, handed out to nobody else for the next 14,000 calls."""
    counter = Path(tempfile.gettempdir()) / f"recdial-test-ports-{getpass.getuser()}"
    with counter.open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        port = int(file.read() or FIRST)
        while not _is_free(port):
            port = _after(port)
        file.truncate(0)
        file.write(str(_after(port)))
    return port


def _after(port: int) -> int:
    return port + 1 if port + 1 < END else FIRST


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
