"""Publishing to a repository of the Hugging Face Hub, whose HTTP API is faked in this process.

Faked are what the client calls: making a repository, asking how files are to be sent (all of them
inside the commit, as small files are; large files of the real Hub go to its own storage first), the
commit, the list of a tree and the files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest

from recdial.domain import AdapterRef
from recdial.llm.adapters import AdapterDamaged, directory_digest
from recdial.llm.fetching_adapters import fetch_adapter
from services.trainer.adapters import add_card, publish_adapter
from services.trainer.publishing import upload_adapter

API = "/api/models/lab/students"


@dataclass
class Hub:
    """One repository, its files and how often it was committed to."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    made: list[dict[str, object]] = field(default_factory=list)
    commits: int = 0

    def tree(self, folder: str) -> list[dict[str, object]]:
        inside = {name for name in self.files if name.startswith(f"{folder}/")}
        return [
            {
                "type": "file",
                "path": name,
                "size": len(self.files[name]),
                "oid": hashlib.sha1(self.files[name]).hexdigest(),
            }
            for name in sorted(inside)
        ]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    from huggingface_hub import HfFileSystem

    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = urlsplit(self.path).path
            if path == "/api/repos/create":
                hub.made.append(json.loads(body))
                self._json({"url": f"{hub.url}/lab/students"})
            elif path == "/api/validate-yaml":
                self._json({"errors": [], "warnings": []})
            elif path == f"{API}/preupload/main":
                asked = json.loads(body)["files"]
                self._json({"files": [_regular(one["path"]) for one in asked]})
            elif path == f"{API}/commit/main":
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        value = line["value"]
                        hub.files[value["path"]] = base64.b64decode(value["content"])
                hub.commits += 1
                self._json({"commitUrl": f"{hub.url}/lab/students/commit/1", "commitOid": "1"})
            else:
                self._json({"error": path}, 404)

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            if path.startswith(f"{API}/tree/main"):
                if found := hub.tree(path.removeprefix(f"{API}/tree/main/")):
                    self._json(found)
                else:
                    self._json({"error": path}, 404, {"X-Error-Code": "EntryNotFound"})
            elif path.startswith(API):
                self._json({"id": "lab/students", "sha": "0"})
            elif path.startswith("/lab/students/resolve/main/"):
                self._send_file(path.removeprefix("/lab/students/resolve/main/"))
            else:
                self._json({"error": path}, 404)

        def _send_file(self, name: str) -> None:
            if name not in hub.files:
                self._json({"error": name}, 404, {"X-Error-Code": "EntryNotFound"})
                return
            asked = self.headers.get("Range")
            start, _, end = (asked or "bytes=0-").removeprefix("bytes=").partition("-")
            part = hub.files[name][int(start) : int(end) + 1 if end else None]
            self._answer(206 if asked else 200, part, {})

        def _json(
            self, value: object, status: int = 200, headers: dict[str, str] | None = None
        ) -> None:
            self._answer(
                status, json.dumps(value).encode(), (headers or {}) if status > 399 else {}
            )

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    # What HF_ENDPOINT sets, which is read when huggingface_hub is imported.
    template = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    monkeypatch.setenv("HF_TOKEN", "hf_test")
    HfFileSystem.clear_instance_cache()
    yield hub
    HfFileSystem.clear_instance_cache()
    server.shutdown()
    server.server_close()


def _regular(path: str) -> dict[str, object]:
    return {"path": path, "uploadMode": "regular", "shouldIgnore": False, "oid": None}


@pytest.fixture
def local(tmp_path: Path) -> AdapterRef:
    source = tmp_path / "trained"
    source.mkdir()
    config = {"base_model_name_or_path": "?", "target_modules": ["q"]}
    (source / "adapter_config.json").write_text(json.dumps(config))
    (source / "adapter_model.safetensors").write_bytes(b"weights" * 999)
    adapter = publish_adapter(source, tmp_path / "local", UUID(int=1), "base")
    add_card(tmp_path / "local" / "adapters" / adapter.adapter_id, "# card\n")
    return adapter


def test_an_adapter_is_one_commit_and_is_fetched_as_it_was(
    hub: Hub, local: AdapterRef, tmp_path: Path
) -> None:
    published = upload_adapter(local, "hf://lab/students")

    assert upload_adapter(local, "hf://lab/students") == published
    assert hub.commits == 1
    assert sorted(hub.files) == [
        f"adapters/{local.adapter_id}/{name}"
        for name in (
            "README.md",
            "adapter_config.json",
            "adapter_model.safetensors",
            "recdial.json",
        )
    ]
    assert [one["visibility"] for one in hub.made] == ["private"]
    folder = fetch_adapter(published, tmp_path / "copies")
    assert directory_digest(folder) == local.sha256
    assert (folder / "README.md").read_text() == "# card\n"


def test_other_bytes_on_the_hub_are_an_error(hub: Hub, local: AdapterRef, tmp_path: Path) -> None:
    published = upload_adapter(local, "hf://lab/students")
    hub.files[f"adapters/{local.adapter_id}/adapter_model.safetensors"] = b"other"

    with pytest.raises(AdapterDamaged, match="does not hold what was published"):
        upload_adapter(local, "hf://lab/students")
    with pytest.raises(AdapterDamaged, match="SHA-256"):
        fetch_adapter(published, tmp_path / "copies")
