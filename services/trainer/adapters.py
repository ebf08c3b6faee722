"""Publishes a trained adapter as a folder that never changes again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from tempfile import mkdtemp, mkstemp
from uuid import UUID

from recdial.domain import AdapterRef
from recdial.llm.adapters import ADAPTER_FILES, MODEL_CARD, AdapterDamaged, directory_digest


def publish_adapter(source: Path, root: Path, run_id: UUID, base_model: str) -> AdapterRef:
    """Put a trained adapter at `root/adapters/<run>-<digest>/` and say where it is.

    `<run>` is the beginning of the run's id, `<digest>` that of the SHA-256 of the folder.
    `base_model` is the name the base model is served by; the adapter's configuration will say so
    exactly, whatever folder the trainer loaded. The folder appears complete or not at all, and
    publishing the same adapter again changes nothing.

    Raises AdapterDamaged if a file of the adapter is missing, or if a folder of that name exists
    with other content.
    """
    shelf = (root / "adapters").resolve()
    shelf.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=".draft-", dir=shelf))
    try:
        _copy(source, draft, base_model)
        sha256 = directory_digest(draft)
        folder = shelf / f"{run_id.hex[:8]}-{sha256[:12]}"
        draft.chmod(0o755)
        try:
            draft.rename(folder)
        except OSError:
            # A folder cannot be renamed onto one that is not empty: it has been published.
            if not folder.is_dir():
                raise
        _sync(shelf)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if directory_digest(folder) != sha256:
        raise AdapterDamaged(f"{folder} was changed after it was published: remove it, train again")
    return AdapterRef(
        adapter_id=folder.name, uri=folder.as_uri(), sha256=sha256, base_model=base_model
    )


def add_card(folder: Path, card: str) -> None:
    """Put the model card (Markdown) into a published adapter's folder, if it has none.

    The adapter's SHA-256 does not cover it.
    """
    if (folder / MODEL_CARD).exists():
        return
    # Made beside the folder, not in it: a digest taken meanwhile would cover a file of any name.
    handle, draft = mkstemp(prefix=".card-", dir=folder.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(card)
    Path(draft).chmod(0o644)
    Path(draft).rename(folder / MODEL_CARD)


def _copy(source: Path, draft: Path, base_model: str) -> None:
    for name in ADAPTER_FILES:
        if not (source / name).is_file():
            raise AdapterDamaged(f"{source} holds no adapter: {name} is missing")
        shutil.copyfile(source / name, draft / name)
    config_file = draft / "adapter_config.json"
    config = json.loads(config_file.read_text())
    config["base_model_name_or_path"] = base_model
    # peft writes a set; in order of name the same training gives the same bytes.
    config["target_modules"] = sorted(config["target_modules"])
    config_file.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    for name in ADAPTER_FILES:
        _sync(draft / name)
    _sync(draft)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
