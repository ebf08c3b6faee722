"""A server that behaves like TMDB's API: search, details, and all the ways to refuse."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a.bearer.token"
V3_KEY = "0123456789abcdef0123456789abcdef"

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class TmdbServer:
    """What the server has, what it is told to answer first, and what it was asked."""

    films: dict[int, dict[str, Any]] = field(default_factory=dict)
    first: list[Reply] = field(default_factory=list)
    """Answers to the next requests, whatever they ask for."""
    broken: dict[str, Reply] = field(default_factory=dict)
    """Answers by path, always."""
    asked: list[str] = field(default_factory=list)
    stop_after: int | None = None
    """Answers to later requests wait for `gate`."""
    waiting: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, film_id: int, title: str, year: int, **fields: object) -> None:
        """Add a film as TMDB has it."""
        self.films[film_id] = {
            "id": film_id,
            "title": title,
            "original_title": title,
            "release_date": f"{year}-05-25",
            "vote_count": 100,
            "genres": [{"id": 27, "name": "Horror"}],
            "origin_country": ["US"],
            "keywords": {"keywords": [{"id": 1, "name": "dread"}]},
            "credits": {
                "cast": [{"name": "Ann", "known_for_department": "Acting", "popularity": 2.0}],
                "crew": [{"name": "Bob", "department": "Directing", "job": "Director"}],
            },
        } | fields

    @property
    def counts(self) -> Counter[str]:
        """How often each request was made."""
        return Counter(self.asked)

    def answer(self, target: str, authorization: str | None) -> Reply:
        """What to answer a request."""
        address = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        key = query.pop("api_key", None)
        path = address.path.removeprefix("/3")
        with self._lock:
            number = len(self.asked)
            self.asked.append(f"{path} {json.dumps(query, sort_keys=True)}")
            if self.first:
                return self.first.pop(0)
        if self.stop_after is not None and number >= self.stop_after:
            self.waiting.set()
            self.gate.wait()
        if authorization != f"Bearer {TOKEN}" and key != V3_KEY:
            return reply({"status_code": 7, "status_message": "Invalid API key"}, 401)
        if path in self.broken:
            return self.broken[path]
        if path == "/search/movie":
            return reply({"page": 1, "results": self._search(query)})
        film = self.films.get(int(path.removeprefix("/movie/")))
        return reply(film) if film else reply({"status_code": 34}, 404)

    def _search(self, query: dict[str, str]) -> list[dict[str, Any]]:
        words = query["query"].lower().split()
        year = query.get("primary_release_year")
        return [
            {name: film[name] for name in ("id", "title", "original_title", "release_date")}
            | {"vote_count": film["vote_count"]}
            for film in self.films.values()
            if any(word in film["title"].lower().split() for word in words)
            and year in (None, film["release_date"][:4])
        ][:20]


def reply(body: object, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, json.dumps(body).encode()


@contextmanager
def tmdb_server() -> Iterator[TmdbServer]:
    """A running server without films."""
    state = TmdbServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, headers, body = state.answer(self.path, self.headers["Authorization"])
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that was killed does not read its answer."""

    http = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=[0.01])
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}/3"
    try:
        yield state
    finally:
        state.gate.set()
        http.shutdown()
        http.server_close()
        thread.join()
