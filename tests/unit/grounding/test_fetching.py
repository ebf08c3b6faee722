"""Files behind URLs: fetched once, gone on with after a break, verified."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fsspec
import pytest

from recdial.locations import without_secrets
from services.grounding.fetching import fetch
from services.grounding.files import SourceError

BODY = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(BODY).hexdigest()


@dataclass
class FileServer:
    """One file on a web server, and how the server behaves."""

    url: str = ""
    body: bytes = BODY
    etag: str | None = '"one"'
    ranges: bool = True
    breaks_after: list[int] = field(default_factory=list)
    """The connection is cut after so many bytes; one for each answer, then none."""
    statuses: list[int] = field(default_factory=list)
    """Answered first, one each."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Methods and ranges."""
    half_way: threading.Event = field(default_factory=threading.Event)
    hold: threading.Event = field(default_factory=threading.Event)
    holds: bool = False
    compresses: bool = False
    """Sends it compressed, with another size and ETag, to whoever takes that."""
    heeds_if_range: bool = True
    sends_from: int | None = None
    """Where every range begins, whatever was asked for."""
    head_status: int | None = None


@pytest.fixture
def server() -> Iterator[FileServer]:
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            asked_range = self.headers.get("Range")
            state.asked.append((self.command, asked_range))
            if state.statuses:
                self.send_response(state.statuses.pop(0))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if state.head_status and not with_body:
                self.send_response(state.head_status)
                self.end_headers()
                return
            if state.compresses and "gzip" in self.headers.get("Accept-Encoding", ""):
                self.send_response(200)
                self.send_header("Content-Length", "17")
                self.send_header("Content-Encoding", "gzip")
                self.send_header("ETag", 'W/"compressed"')
                self.end_headers()
                return
            body = state.body
            unchanged = self.headers.get("If-Range") in (None, state.etag)
            if asked_range and state.ranges and (unchanged or not state.heeds_if_range):
                first, _, last = asked_range.removeprefix("bytes=").partition("-")
                start = int(first) if state.sends_from is None else state.sends_from
                body = body[start : int(last) + 1] if last else body[start:]
                self.send_response(206)
                shown = f"bytes {start}-{start + len(body) - 1}/{len(state.body)}"
                self.send_header("Content-Range", shown)
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            if state.etag:
                self.send_header("ETag", state.etag)
            self.end_headers()
            if with_body:
                self._send(body)

        def _send(self, body: bytes) -> None:
            if state.breaks_after:
                self.wfile.write(body[: state.breaks_after.pop(0)])
                self.close_connection = True
                return
            if state.holds:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                state.half_way.set()
                state.hold.wait(30)
                return
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that was killed reads no answer."""

    http = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=[0.01])
    thread.start()
    state.url = f"http://127.0.0.1:{http.server_port}/data/reviews.jsonl?token=secret"
    yield state
    state.hold.set()
    http.shutdown()
    http.server_close()
    thread.join()


def fetched(url: str, folder: Path) -> bytes:
    path = fetch(url, folder, longest_pause_s=0.01)
    assert path.name == "reviews.jsonl"
    return path.read_bytes()


def test_a_file_is_fetched_once(server: FileServer, tmp_path: Path) -> None:
    assert fetched(server.url, tmp_path) == BODY
    assert fetched(server.url, tmp_path) == BODY
    assert [method for method, _ in server.asked] == ["HEAD", "GET", "HEAD"]


def test_it_goes_on_where_the_transfer_broke_off(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = [300_000, 200_000]
    assert fetched(server.url, tmp_path) == BODY
    assert [asked for _, asked in server.asked] == [None, None, "bytes=300000-", "bytes=500000-"]


def test_a_transfer_that_never_gets_further_is_given_up_and_kept(
    server: FileServer, tmp_path: Path
) -> None:
    server.breaks_after = [100_000] + [0] * 50
    with pytest.raises(SourceError, match=r"The 100,000 bytes that came are kept\. Run or resume"):
        fetched(server.url, tmp_path)
    server.breaks_after = []
    assert fetched(server.url, tmp_path) == BODY
    assert server.asked[-1] == ("GET", "bytes=100000-")


def test_a_killed_process_leaves_what_the_next_one_goes_on_with(
    server: FileServer, tmp_path: Path
) -> None:
    server.holds = True
    code = (
        "import sys; from pathlib import Path; from services.grounding.fetching import fetch; "
        "fetch(sys.argv[1], Path(sys.argv[2]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, server.url, str(tmp_path)])
    assert server.half_way.wait(60)
    while not any(part.stat().st_size for part in tmp_path.rglob("*.part")):
        assert process.poll() is None
    process.kill()
    process.wait()
    server.holds = False
    server.hold.set()
    here = next(tmp_path.rglob("*.part")).stat().st_size

    assert fetched(server.url, tmp_path) == BODY

    assert server.asked[-1] == ("GET", f"bytes={here}-")


def test_another_version_is_fetched_anew(server: FileServer, tmp_path: Path) -> None:
    fetched(server.url, tmp_path)
    server.body, server.etag = BODY[::-1], '"two"'
    assert fetched(server.url, tmp_path) == BODY[::-1]


def test_a_part_of_another_version_is_thrown_away(server: FileServer, tmp_path: Path) -> None:
    server.breaks_after = [100_000] + [0] * 50
    with pytest.raises(SourceError):
        fetched(server.url, tmp_path)
    server.breaks_after = []
    server.body, server.etag = BODY[::-1], '"two"'
    assert fetched(server.url, tmp_path) == BODY[::-1]


def test_an_update_that_broke_off_does_not_pass_the_old_copy_off_as_the_new_one(
    server: FileServer, tmp_path: Path
) -> None:
    fetched(server.url, tmp_path)
    server.body, server.etag = BODY[::-1], '"two"'
    server.breaks_after = [100_000] + [0] * 50
    with pytest.raises(SourceError, match="could not be fetched"):
        fetched(server.url, tmp_path)
    server.breaks_after = []
    assert fetched(server.url, tmp_path) == BODY[::-1]
    assert server.asked[-1] == ("GET", "bytes=100000-")


def test_a_file_that_changes_while_it_is_fetched_is_not_mixed(
    server: FileServer, tmp_path: Path
) -> None:
    server.etag = 'W/"one"'  # no If-Range can be asked for with a weak one
    server.breaks_after = [100_000] + [0] * 50
    with pytest.raises(SourceError):
        fetched(server.url, tmp_path)
    server.breaks_after = [0]
    server.heeds_if_range = False

    def change(*_: object) -> None:
        server.body, server.etag = BODY[::-1], 'W/"two"'

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.grounding.fetching._Copy._note", change)
        with pytest.raises(SourceError, match="changed while it was fetched"):
            fetched(server.url, tmp_path)
    assert fetched(server.url, tmp_path) == BODY[::-1]


def test_bytes_that_were_not_asked_for_are_refused(server: FileServer, tmp_path: Path) -> None:
    server.sends_from = 200_000
    server.breaks_after = [300_000]
    with pytest.raises(SourceError, match="other bytes than it is asked for"):
        fetched(server.url, tmp_path)


def test_a_server_that_compresses_is_asked_for_the_bytes_themselves(
    server: FileServer, tmp_path: Path
) -> None:
    server.compresses = True
    assert fetched(server.url, tmp_path) == BODY
    assert fetched(server.url, tmp_path) == BODY


@pytest.mark.parametrize("status", [403, 405, 501])
@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_refuses_head_is_asked_for_a_byte(
    server: FileServer, tmp_path: Path, status: int, ranges: bool
) -> None:
    server.head_status, server.ranges = status, ranges
    assert fetched(server.url, tmp_path) == BODY
    asked = len(server.asked)
    assert fetched(server.url, tmp_path) == BODY
    assert server.asked[asked:] == [("HEAD", None), ("GET", "bytes=0-0")]


def test_an_empty_file_is_fetched_as_it_is(server: FileServer, tmp_path: Path) -> None:
    server.body = b""
    assert fetched(server.url, tmp_path) == b""


def test_a_server_without_ranges_is_asked_for_all_again(server: FileServer, tmp_path: Path) -> None:
    server.ranges = False
    server.breaks_after = [300_000]
    assert fetched(server.url, tmp_path) == BODY


def test_a_server_that_is_away_for_a_moment_is_asked_again(
    server: FileServer, tmp_path: Path
) -> None:
    server.statuses = [503, 429]
    assert fetched(server.url, tmp_path) == BODY


def test_a_whole_copy_serves_when_the_server_is_away(server: FileServer, tmp_path: Path) -> None:
    fetched(server.url, tmp_path)
    server.statuses = [503] * 50
    assert fetched(server.url, tmp_path) == BODY


@pytest.mark.parametrize(("status", "advice"), [(404, "correct the URL"), (401, "by hand")])
def test_what_the_server_refuses_is_explained_without_secrets(
    server: FileServer, tmp_path: Path, status: int, advice: str
) -> None:
    server.statuses = [status]
    with pytest.raises(SourceError, match=advice) as caught:
        fetched(server.url, tmp_path)
    assert "secret" not in str(caught.value)
    assert "/data/reviews.jsonl" in str(caught.value)


def test_the_checksum_is_verified(server: FileServer, tmp_path: Path) -> None:
    assert fetched(f"{server.url}#sha256={SHA256}", tmp_path) == BODY
    wrong = f"{server.url}#sha256={SHA256[::-1]}"
    other = tmp_path / "other"
    with pytest.raises(SourceError, match=f"SHA-256 is {SHA256}, not"):
        fetched(wrong, other)
    assert not list(other.rglob("reviews.jsonl*.part"))


def test_the_checksum_of_a_copy_that_is_here_is_verified_too(
    server: FileServer, tmp_path: Path
) -> None:
    fetched(server.url, tmp_path)
    assert fetched(f"{server.url}#sha256={SHA256.upper()}", tmp_path) == BODY
    wrong = f"{server.url}#sha256={'0' * 64}"
    for statuses in ([], [503] * 50):
        server.statuses = statuses
        with pytest.raises(SourceError, match=f"of its copy is {SHA256}, not 0000"):
            fetched(wrong, tmp_path)
    server.statuses = []
    next(tmp_path.rglob("reviews.jsonl.json")).write_text('{"vers')
    server.statuses = [503] * 50
    assert fetched(f"{server.url}#sha256={SHA256}", tmp_path) == BODY
    with pytest.raises(SourceError, match=f"of its copy is {SHA256}, not 0000"):
        fetched(wrong, tmp_path)


def test_two_processes_fetch_it_once(server: FileServer, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from services.grounding.fetching import fetch; "
        "print(fetch(sys.argv[1], Path(sys.argv[2])).stat().st_size)"
    )
    command = [sys.executable, "-c", code, server.url, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    assert [int(one.communicate(timeout=60)[0].split()[-1]) for one in both] == [len(BODY)] * 2
    assert [method for method, _ in server.asked].count("GET") == 1


def test_a_fragment_that_is_no_checksum_is_refused(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="64 hexadecimal digits"):
        fetched(f"{server.url}#md5=00", tmp_path)


def test_a_folder_that_cannot_be_written_is_named(server: FileServer, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SourceError, match="RECDIAL_SOURCES"):
        fetched(server.url, blocked)


def test_other_file_systems_are_read_by_fsspec(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/bucket/reviews.jsonl", BODY)
    assert fetched("memory://bucket/reviews.jsonl", tmp_path) == BODY
    part = next(tmp_path.rglob("reviews.jsonl"))
    os.rename(part, f"{part}.part")
    os.truncate(f"{part}.part", 1000)
    assert fetched("memory://bucket/reviews.jsonl", tmp_path) == BODY


def test_a_file_that_is_not_there_and_a_scheme_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        fetch("memory://bucket/nothing.jsonl", tmp_path)
    with pytest.raises(SourceError, match="nowhere:// is not known"):
        fetch("nowhere://a/b", tmp_path)


def test_a_url_is_shown_without_what_is_secret() -> None:
    shown = without_secrets("https://me:pass@host:8443/a/b.gz?sig=1")
    assert shown == "https://host:8443/a/b.gz?…"
