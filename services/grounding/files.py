"""Reading source files, plain or compressed, with errors that say what to do."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_LINE_BYTES = 16 * 1024 * 1024
"""A longer line is no row of a review or item file: reading it would only fill the memory."""

COMPRESSIONS = ("", ".gz", ".zst")

BOM = b"\xef\xbb\xbf"
"""The byte-order mark some programs begin UTF-8 files with."""


class SourceError(Exception):
    """A source cannot be used. The message says what, where, and what to do."""


def check_file(path: Path, key: str, extensions: tuple[str, ...]) -> None:
    """Raise SourceError unless `path`, the value of the config's `key`, is a file one can read.

    It must be there, be a regular file that is not empty, and have one of the `extensions`.
    """
    if path.is_dir():
        raise SourceError(f"{path}: is a folder. {key} must name a file.")
    if not path.exists():
        raise SourceError(
            f"{path}: there is no such file. Correct {key} in the config "
            "(a relative path starts at the config file)."
        )
    if not path.is_file():
        raise SourceError(
            f"{path}: is not a regular file, and files are read twice. Correct {key}."
        )
    if not path.name.lower().endswith(extensions):
        raise SourceError(
            f"{path}: unknown kind of file. {key} must end in {', '.join(extensions)}."
        )
    if path.stat().st_size == 0:
        raise SourceError(f"{path}: is empty (0 bytes). Download it again, or correct {key}.")


def with_compressions(*extensions: str) -> tuple[str, ...]:
    """The extensions, plain and with each compression `read_lines` knows."""
    return tuple(
        extension + compression for extension in extensions for compression in COMPRESSIONS
    )


def read_lines(path: Path) -> Iterator[bytes]:
    """Lines of a plain, `.gz` or `.zst` file, newlines kept, without a byte-order mark.

    Raises SourceError if the file cannot be opened, its compressed stream is cut or damaged, or a
    line is longer than `MAX_LINE_BYTES`.
    """
    with reading(path), open_stream(path) as stream:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES:
                raise SourceError(
                    f"{path}: line {number} is longer than {MAX_LINE_BYTES // 2**20} MiB, so this "
                    "is not a file of one JSON object a line. Is it the right file?"
                )
            yield line.removeprefix(BOM) if number == 1 else line


def read_whole(path: Path) -> bytes:
    """All of a plain, `.gz` or `.zst` file, without a byte-order mark.

    Raises SourceError if it cannot be opened, or its compressed stream is cut or damaged.
    """
    with reading(path), open_stream(path) as stream:
        return stream.read().removeprefix(BOM)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the operating system and the decompressors raise into SourceError."""
    try:
        yield
    except (EOFError, zlib.error) as error:
        raise damaged(path, error) from error
    except OSError as error:
        if error.errno is None:  # gzip.BadGzipFile, and Arrow on a bad zstd stream
            raise damaged(path, error) from error
        raise SourceError(
            f"{path}: cannot be read: {error.strerror}. Correct that, or the path in the config."
        ) from error


def damaged(path: Path, error: Exception) -> SourceError:
    """The error for a compressed or binary file that does not decode."""
    return SourceError(
        f"{path}: its data are cut off or damaged ({error}). Download it again; if it is not "
        f"{path.suffix} data, give it the extension of what it is."
    )


def open_stream(path: Path) -> io.BufferedIOBase:
    """The decompressed bytes of a plain, `.gz` or `.zst` file. Raises what `reading` turns."""
    suffix = path.suffix.lower()
    if suffix == ".gz":
        return gzip.open(path)
    if suffix == ".zst":
        # Arrow, not zstandard: the latter's stream reader takes a cut stream for its end.
        import pyarrow as pa

        return io.BufferedReader(pa.input_stream(str(path), compression="zstd"))
    return path.open("rb")
