"""Files that are not behind plain HTTP: the Hugging Face Hub, and what else fsspec opens."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from services.grounding import remote
from services.grounding.fetching import fetch
from services.grounding.files import SourceError

BODY = bytes(range(256)) * 4096
URL = "hf://datasets/lab/Reviews/raw/reviews.jsonl"
API = "/api/datasets/lab/Reviews"


@dataclass
class Hub:
    """A data set on the Hub, with one large file in it."""

    url: str = ""
    body: bytes = BODY
    sha256: str | None = None
    """As the Hub says it, if it is not that of the body."""
    exists: bool = True
    gated: bool = False
    ranges: list[str | None] = field(default_factory=list)

    def close(self) -> None:
        """Be away."""
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if not hub.exists:
                    self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
                elif self.path.startswith(f"{API}/tree/"):
                    self._answer(200, json.dumps([hub.entry]).encode())
                elif self.path.startswith(API):
                    self._answer(200, b'{"id": "lab/Reviews", "sha": "0"}')
                elif "/resolve/" not in self.path:
                    self._answer(404, b"")
                elif hub.gated:
                    self._answer(401, b"", {"X-Error-Code": "GatedRepo"})
                else:
                    self._send_file()

            def _send_file(self) -> None:
                asked = self.headers.get("Range")
                hub.ranges.append(asked)
                found = re.fullmatch(r"bytes=(\d+)-(\d+)", asked or "")
                assert found
                self._answer(206, hub.body[int(found[1]) : int(found[2]) + 1])

            def _answer(
                self, status: int, body: bytes, headers: dict[str, str] | None = None
            ) -> None:
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def entry(self) -> dict[str, object]:
        """How the Hub lists the file."""
        sha256 = hashlib.sha256(self.body).hexdigest()
        return {
            "type": "file",
            "path": "raw/reviews.jsonl",
            "size": len(self.body),
            "oid": sha256[:40],
            "lfs": {"oid": self.sha256 or sha256, "size": len(self.body), "pointerSize": 134},
        }


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import HfFileSystem

    hub = Hub()
    hub.start()
    # What HF_ENDPOINT sets, which is read when huggingface_hub is imported.
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    HfFileSystem.clear_instance_cache()
    yield hub
    HfFileSystem.clear_instance_cache()
    hub.close()


def fetched(url: str, folder: Path) -> bytes:
    return fetch(url, folder, longest_pause_s=0.01).read_bytes()


def test_a_file_of_the_hub_is_fetched_once(hub: Hub, tmp_path: Path) -> None:
    assert fetched(URL, tmp_path) == BODY
    asked = len(hub.ranges)
    assert fetched(URL, tmp_path) == BODY
    assert len(hub.ranges) == asked


def test_a_new_commit_is_noticed_in_the_same_process(hub: Hub, tmp_path: Path) -> None:
    fetched(URL, tmp_path)
    hub.body = BODY[::-1]
    assert fetched(URL, tmp_path) == BODY[::-1]


def test_a_large_file_is_asked_for_in_blocks_and_gone_on_with(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_BLOCK_BYTES", 300_000)
    monkeypatch.setattr(remote, "CHUNK_BYTES", 300_000)
    assert fetched(URL, tmp_path) == BODY
    assert len(hub.ranges) > 1
    (copy,) = tmp_path.rglob("reviews.jsonl")
    copy.rename(f"{copy}.part")
    copy.with_name("reviews.jsonl.json").rename(copy.with_name("reviews.jsonl.part.json"))
    with Path(f"{copy}.part").open("r+b") as part:
        part.truncate(700_000)
    hub.ranges.clear()
    assert fetched(URL, tmp_path) == BODY
    assert str(hub.ranges[0]).startswith("bytes=700000-")


def test_the_checksum_the_hub_knows_is_verified(hub: Hub, tmp_path: Path) -> None:
    hub.sha256 = "0" * 64
    with pytest.raises(SourceError, match=f"not {'0' * 64}"):
        fetched(URL, tmp_path)


def test_a_gated_file_needs_a_token(hub: Hub, tmp_path: Path) -> None:
    hub.gated = True
    with pytest.raises(SourceError, match=r"access is refused.*HF_TOKEN"):
        fetched(URL, tmp_path)


def test_a_data_set_that_is_not_there_may_be_private(hub: Hub, tmp_path: Path) -> None:
    hub.exists = False
    with pytest.raises(SourceError, match=r"no such file.*private one needs HF_TOKEN"):
        fetched(URL, tmp_path)


def test_a_file_that_is_not_in_the_data_set(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        fetched("hf://datasets/lab/Reviews/raw/other.jsonl", tmp_path)


def test_an_address_without_a_data_set_is_refused_at_once(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        fetched("hf://datasets", tmp_path)


def test_the_copy_serves_when_the_hub_is_away(hub: Hub, tmp_path: Path) -> None:
    fetched(URL, tmp_path)
    hub.close()
    assert fetched(URL, tmp_path) == BODY
    with pytest.raises(SourceError, match=r"could not be fetched \(ConnectError"):
        fetched(URL, tmp_path / "empty")


class Faulty(MemoryFileSystem):
    """A file system whose client fails."""

    protocol = "faulty"
    cachable = False
    error: Exception | None = None

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        stripped: str = super()._strip_protocol(path.replace("faulty://", "memory://"))
        return stripped

    def info(self, path: str, **kwargs: object) -> object:
        if Faulty.error:
            raise Faulty.error
        return super().info(path, **kwargs)


@pytest.fixture
def faulty() -> Iterator[type[Faulty]]:
    fsspec.register_implementation("faulty", Faulty, clobber=True)
    fsspec.filesystem("memory").pipe("/bucket/reviews.jsonl", BODY)
    yield Faulty
    Faulty.error = None


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(104, "Connection reset by peer"), TimeoutError(), RuntimeError("no")],
)
def test_a_network_that_fails_is_not_taken_for_this_machine(
    faulty: type[Faulty], tmp_path: Path, error: Exception
) -> None:
    faulty.error = error
    with pytest.raises(SourceError, match=f"could not be fetched \\({type(error).__name__}"):
        fetched("faulty://bucket/reviews.jsonl", tmp_path)
    faulty.error = None
    assert fetched("faulty://bucket/reviews.jsonl", tmp_path) == BODY
    faulty.error = error
    assert fetched("faulty://bucket/reviews.jsonl", tmp_path) == BODY


def test_what_a_client_quotes_is_shown_without_secrets(
    faulty: type[Faulty], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    faulty.error = OSError("403 for url 'https://me:secret@cdn/a?Signature=secret'")
    with pytest.raises(SourceError, match=r"https://cdn/a\?…") as caught:
        fetched("faulty://bucket/reviews.jsonl", tmp_path)
    shown = capsys.readouterr()
    assert "secret" not in str(caught.value) + shown.out + shown.err


def test_access_that_is_refused_is_said_at_once(faulty: type[Faulty], tmp_path: Path) -> None:
    faulty.error = PermissionError("Forbidden")
    with pytest.raises(SourceError, match="access is refused"):
        fetched("faulty://bucket/reviews.jsonl", tmp_path)


def test_a_folder_is_no_file(faulty: type[Faulty], tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        fetched("faulty://bucket", tmp_path)
