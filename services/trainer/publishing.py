"""Uploads an adapter that was published on this machine to where others see it."""

from __future__ import annotations

from pathlib import Path

from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from recdial.domain import AdapterRef
from recdial.llm.adapter_storage import RemoteFolder, StorageUnavailable, marker, shown_error
from recdial.llm.adapters import (
    ADAPTER_FILES,
    MARKER,
    MODEL_CARD,
    AdapterDamaged,
    adapter_folder,
    file_digest,
)
from recdial.locations import without_secrets

TRIES = 4
"""An upload that fails so often is given up; the job may repeat it."""


@retry(
    retry=retry_if_exception_type(StorageUnavailable),
    stop=stop_after_attempt(TRIES),
    wait=wait_random_exponential(multiplier=0.2, max=10),
    reraise=True,
)
def upload_adapter(adapter: AdapterRef, root: str) -> AdapterRef:
    """Copy a verified local adapter to `root/adapters/<id>` and say that it is there.

    What was uploaded is read back and compared; only then is the folder marked as complete (a
    repository of the Hub gets all in one commit). Where a trainer has published the same before,
    its bytes are compared and nothing is written.

    Raises AdapterDamaged where other bytes are there under the same name, StorageUnavailable where
    storage cannot be written, and StorageUnknown.
    """
    url = f"{root.rstrip('/')}/adapters/{adapter.adapter_id}"
    folder = adapter_folder(adapter.uri)
    files = {name: file_digest(folder / name) for name in ADAPTER_FILES}
    remote = RemoteFolder(url)
    marked = remote.marked()
    if marked is None and url.startswith("hf://"):
        _commit(url, folder, files)
    elif marked is None:
        for name in _present(folder):
            remote.upload(folder / name)
    if marked not in (None, files) or any(
        remote.digest(name) != sha256 for name, sha256 in files.items()
    ):
        raise AdapterDamaged(
            f"{remote.shown} does not hold what was published there as {adapter.adapter_id}: "
            "remove it, and train again"
        )
    if marked is None and not url.startswith("hf://"):
        remote.mark(files)
    return adapter.model_copy(update={"uri": url})


def _present(folder: Path) -> list[str]:
    return [name for name in (*ADAPTER_FILES, MODEL_CARD) if (folder / name).is_file()]


def _commit(url: str, folder: Path, files: dict[str, str]) -> None:
    """All files and the marker in one commit; the repository is made, private, if there is none."""
    from huggingface_hub import CommitOperationAdd, HfApi

    owner, name, place = url.removeprefix("hf://").split("/", 2)
    name, _, revision = name.partition("@")
    repo = f"{owner}/{name}"
    operations = [CommitOperationAdd(f"{place}/{file}", folder / file) for file in _present(folder)]
    operations.append(CommitOperationAdd(f"{place}/{MARKER}", marker(files)))
    api = HfApi()
    try:
        api.create_repo(repo, private=True, exist_ok=True)
        api.create_commit(
            repo,
            operations,
            commit_message=f"Publish adapter {folder.name}",
            revision=revision or None,
        )
    except Exception as error:  # the client's own, and those of its transport
        raise StorageUnavailable(f"{without_secrets(url)}: {shown_error(error)}") from error
