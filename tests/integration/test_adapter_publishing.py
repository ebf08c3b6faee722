"""Adapters published behind URLs, and fetched: one contract for every kind of storage.

S3 is asked where `RECDIAL_TEST_S3_URL` names a bucket (`s3://…`, with `AWS_ENDPOINT_URL` and keys).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import fsspec
import pytest

from recdial.domain import AdapterRef
from recdial.llm.adapter_storage import RemoteFolder
from recdial.llm.adapters import MARKER, AdapterDamaged, directory_digest
from recdial.llm.fetching_adapters import adapter_here, fetch_adapter
from services.trainer.adapters import add_card, publish_adapter
from services.trainer.publishing import upload_adapter

RUN = UUID("12345678-0000-0000-0000-000000000000")
WEIGHTS = bytes(range(256)) * 8192


@pytest.fixture(params=["memory", "file", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "memory":
        yield f"memory://{uuid4().hex}"
        fsspec.filesystem("memory").store.clear()
    elif request.param == "file":
        (tmp_path / "storage").mkdir()
        yield (tmp_path / "storage").as_uri().replace("file://", "local://")
    elif bucket := os.environ.get("RECDIAL_TEST_S3_URL"):
        yield f"{bucket.rstrip('/')}/{uuid4().hex}"
    else:
        pytest.skip("RECDIAL_TEST_S3_URL names no bucket")


@pytest.fixture
def local(tmp_path: Path) -> AdapterRef:
    """An adapter with its card, published on this machine."""
    source = tmp_path / "trained"
    source.mkdir()
    config = {"base_model_name_or_path": "?", "target_modules": ["q"]}
    (source / "adapter_config.json").write_text(json.dumps(config))
    (source / "adapter_model.safetensors").write_bytes(WEIGHTS)
    adapter = publish_adapter(source, tmp_path / "local", RUN, "base")
    add_card(tmp_path / "local" / "adapters" / adapter.adapter_id, "# card\n")
    return adapter


def test_what_is_published_is_fetched_with_its_card_and_the_same_digest(
    root: str, local: AdapterRef, tmp_path: Path
) -> None:
    published = upload_adapter(local, root)

    folder = adapter_here(published, tmp_path / "copies")

    assert published.uri == f"{root}/adapters/{local.adapter_id}"
    assert folder == tmp_path / "copies" / local.adapter_id
    assert directory_digest(folder) == local.sha256
    assert (folder / "README.md").read_text() == "# card\n"
    assert [path.name for path in folder.parent.glob("[!.]*")] == [local.adapter_id]


def test_another_trainers_same_adapter_is_fine(root: str, local: AdapterRef) -> None:
    assert upload_adapter(local, root) == upload_adapter(local, root)


def test_half_an_upload_is_no_adapter_and_is_finished_by_the_next(
    root: str, local: AdapterRef, tmp_path: Path
) -> None:
    url = f"{root}/adapters/{local.adapter_id}"
    half = tmp_path / "adapter_model.safetensors"
    half.write_bytes(WEIGHTS[:1000])
    RemoteFolder(url).upload(half)
    reference = local.model_copy(update={"uri": url})
    with pytest.raises(AdapterDamaged, match="published to its end"):
        fetch_adapter(reference, tmp_path / "copies")

    upload_adapter(local, root)

    assert directory_digest(fetch_adapter(reference, tmp_path / "copies")) == local.sha256


def test_other_bytes_under_the_same_name_are_an_error(
    root: str, local: AdapterRef, tmp_path: Path
) -> None:
    published = upload_adapter(local, root)
    other = tmp_path / "adapter_model.safetensors"
    other.write_bytes(b"other")
    RemoteFolder(published.uri).upload(other)

    with pytest.raises(AdapterDamaged, match="does not hold what was published"):
        upload_adapter(local, root)
    with pytest.raises(AdapterDamaged, match="SHA-256"):
        fetch_adapter(published, tmp_path / "copies")
    assert not (tmp_path / "copies" / local.adapter_id).exists()


def test_a_copy_that_was_altered_is_fetched_anew(
    root: str, local: AdapterRef, tmp_path: Path
) -> None:
    published = upload_adapter(local, root)
    folder = fetch_adapter(published, tmp_path / "copies")
    (folder / "adapter_model.safetensors").write_bytes(b"other")

    assert directory_digest(fetch_adapter(published, tmp_path / "copies")) == local.sha256


def test_several_fetch_at_once(root: str, local: AdapterRef, tmp_path: Path) -> None:
    published = upload_adapter(local, root)
    found: list[str] = []

    def work() -> None:
        found.append(directory_digest(fetch_adapter(published, tmp_path / "copies")))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [local.sha256] * 4


def test_the_marker_says_which_files_there_are(root: str, local: AdapterRef) -> None:
    remote = RemoteFolder(upload_adapter(local, root).uri)

    assert remote.has(MARKER)
    assert sorted(remote.marked() or {}) == ["adapter_config.json", "adapter_model.safetensors"]
