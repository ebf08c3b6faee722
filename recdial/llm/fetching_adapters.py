"""Brings a published adapter to this machine, once, and proves that it is the one published.

A folder of copies may be shared: one process fetches, the others wait for it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import structlog
from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from tenacity import (
    retry,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from recdial.domain import AdapterRef
from recdial.llm.adapter_storage import RemoteFolder, StorageUnavailable
from recdial.llm.adapters import (
    ADAPTER_FILES,
    MODEL_CARD,
    AdapterDamaged,
    is_on_this_machine,
    verify_adapter,
    verify_files,
)

log = structlog.get_logger(__name__)

TRIES = 4
"""A fetch that fails so often is given up."""


def adapter_here(adapter: AdapterRef, copies: Path) -> Path:
    """The verified folder of an adapter on this machine: its own, or a copy in `copies`.

    Raises AdapterDamaged, StorageUnavailable and StorageUnknown.
    """
    if is_on_this_machine(adapter.uri):
        return verify_adapter(adapter)
    return fetch_adapter(adapter, copies)


def fetch_adapter(adapter: AdapterRef, copies: Path) -> Path:
    """The copy of an adapter at `copies/<id>`, fetched where it is missing or was altered.

    It appears by one rename, after its SHA-256 and its base model were compared.
    Raises AdapterDamaged where storage holds something else, or no adapter whose upload has ended;
    StorageUnavailable where it cannot be read; StorageUnknown.
    """
    if Path(adapter.adapter_id).name != adapter.adapter_id or adapter.adapter_id.startswith("."):
        raise AdapterDamaged(f"{adapter.adapter_id!r} cannot be the name of a folder")
    target = copies / adapter.adapter_id
    copies.mkdir(parents=True, exist_ok=True)
    with FileLock(copies / f".{adapter.adapter_id}.lock"):
        if target.exists():
            try:
                return verify_files(adapter, target)
            except AdapterDamaged as error:
                log.warning("adapter.copy_damaged", adapter_id=adapter.adapter_id, cause=str(error))
        # The lock is held: what is there was left by a fetch that was killed.
        for left in copies.glob(f".{adapter.adapter_id}.part-*"):
            shutil.rmtree(left)
        part = Path(mkdtemp(prefix=f".{adapter.adapter_id}.part-", dir=copies))
        try:
            _fill(adapter, part)
            verify_files(adapter, part)
            part.chmod(0o755)
            if target.exists():
                shutil.rmtree(target)
            part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    log.info("adapter.fetched", adapter_id=adapter.adapter_id, folder=str(target))
    return target


@retry(
    retry=retry_if_exception_type(StorageUnavailable),
    stop=stop_after_attempt(TRIES),
    wait=wait_random_exponential(multiplier=0.2, max=10),
    reraise=True,
)
def _fill(adapter: AdapterRef, part: Path) -> None:
    if is_on_this_machine(adapter.uri):
        source = verify_adapter(adapter)
        for name in (*ADAPTER_FILES, MODEL_CARD):
            if (source / name).is_file():
                shutil.copyfile(source / name, part / name)
        return
    remote = RemoteFolder(adapter.uri)
    if remote.marked() is None:
        raise AdapterDamaged(
            f"adapter {adapter.adapter_id}: {remote.shown} holds no adapter that was published to "
            "its end"
        )
    card = (MODEL_CARD,) if remote.has(MODEL_CARD) else ()
    with _progress(adapter.adapter_id, sum(map(remote.size, ADAPTER_FILES))) as advance:
        for name in (*ADAPTER_FILES, *card):
            remote.download(name, part / name, advance)


@contextmanager
def _progress(name: str, size: int) -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(name, total=size)
        yield lambda count: bar.update(task, advance=count)
