"""Which bytes an adapter is, and where: what the trainer publishes and a backend verifies."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import unquote, urlsplit

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
"""What an adapter consists of, in peft's format."""


def directory_digest(folder: Path) -> str:
    """SHA-256 of a folder: of the names and the contents of its files, in order of name.

    It depends on nothing else: not on where the folder is, nor on times, owners or permissions.
    """
    digest = hashlib.sha256()
    files = (path for path in folder.rglob("*") if path.is_file())
    for name, path in sorted((file.relative_to(folder).as_posix(), file) for file in files):
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{content} {name}\n".encode())
    return digest.hexdigest()


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
