"""Which bytes an adapter is, and where: what the trainer publishes and a backend verifies."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from recdial.domain import AdapterRef

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
"""What an adapter consists of, in peft's format."""

MODEL_CARD = "README.md"
MARKER = "recdial.json"
"""Written last where a folder cannot appear by a rename: names the adapter's files."""

_ABOUT = frozenset({MODEL_CARD, MARKER})
"""What is said about an adapter in its folder, and is no part of it."""


class AdapterDamaged(Exception):
    """An adapter's files are not what was published, or are incomplete or missing."""


def directory_digest(folder: Path) -> str:
    """SHA-256 of a folder: of the names and the contents of its files, in order of name.

    It depends on nothing else: not on where the folder is, nor on times, owners or permissions, nor
    on a model card or a marker at its top.
    """
    digest = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file())
    for name, path in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        if name not in _ABOUT:
            digest.update(f"{file_digest(path)} {name}\n".encode())
    return digest.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def adapter_folder(uri: str) -> Path:
    """The folder an adapter's URI names: a plain path or a `file://` URL.

    Raises ValueError for any other kind of URI.
    """
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    if parts.scheme == "":
        return Path(uri)
    raise ValueError(f"adapter URI {uri!r} is neither a path nor a file:// URL of this machine")


def is_on_this_machine(uri: str) -> bool:
    """Whether an adapter's URI names a folder here, and not one that has to be fetched."""
    parts = urlsplit(uri)
    return parts.scheme == "" or (parts.scheme == "file" and parts.netloc in ("", "localhost"))


def verify_adapter(adapter: AdapterRef) -> Path:
    """The folder of an adapter, whose files are those that were published.

    Raises AdapterDamaged if they are not, if one is missing, or if they are for another base model,
    and ValueError for a URI that is no folder of this machine.
    """
    return verify_files(adapter, adapter_folder(adapter.uri))


def verify_files(adapter: AdapterRef, folder: Path) -> Path:
    """A folder, which holds the adapter's files as they were published.

    Raises AdapterDamaged as `verify_adapter` does.
    """
    for name in ADAPTER_FILES:
        if not (folder / name).is_file():
            raise AdapterDamaged(f"adapter {adapter.adapter_id}: there is no {folder / name}")
    if (found := directory_digest(folder)) != adapter.sha256:
        raise AdapterDamaged(
            f"adapter {adapter.adapter_id}: {folder} has SHA-256 {found}, and {adapter.sha256} "
            "was published: restore it from a copy"
        )
    config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    if (base := config["base_model_name_or_path"]) != adapter.base_model:
        raise AdapterDamaged(
            f"adapter {adapter.adapter_id}: it is registered for {adapter.base_model} and its "
            f"adapter_config.json names {base}"
        )
    return folder
