"""One file, there whole or not at all, however large: temporary file, fsync, rename."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from understudy.errors import WriteError


class Sink:
    """Takes a file's content in pieces and knows its digest without reading it again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self.bytes = 0
        self.closed = False
        """Asked for by pyarrow."""

    def write(self, content: bytes) -> int:
        """Append."""
        self._sha256.update(content)
        self.bytes += len(content)
        return self._stream.write(content)

    def flush(self) -> None:
        """Asked for by pyarrow; what counts is the fsync at the end."""

    @property
    def sha256(self) -> str:
        """Of everything so far, in hex."""
        return self._sha256.hexdigest()


@contextmanager
def replacing(path: Path) -> Generator[Sink]:
    """Give a sink whose content takes the place of a file when the block ends well.

    Raises:
        WriteError: The file system refused; a file that was there is untouched.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield Sink(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            temporary.unlink()
