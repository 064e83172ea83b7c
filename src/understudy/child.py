"""Work in a process of its own: what ends that process is an error here and no end.

MLX ends the process when memory runs out, and gives memory back only with it. So
training and generation run in a child, which appends events to a file that the
parent follows. The child holds one end of a pipe whose other end only the parent
has: when the parent is gone, however it went, the pipe closes and the child ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from understudy.blas import blas_name, fast_blas, kernels
from understudy.errors import TrainingError, UnderstudyError

EVENTS = "events.jsonl"
SPEC = "spec.json"
BLAS_VARIABLE = "UNDERSTUDY_BLAS"
GRACE_S = 60.0
"""How long a child may take to save and end after it was asked to."""

_ORPHAN_GRACE_S = 30.0
_POLL_S = 0.1
_FORESEEN = 3
"""Exit status of a child that has already said what went wrong."""

Event = dict[str, Any]


# --- in the parent -----------------------------------------------------------


async def run_child(
    module: str,
    spec: Mapping[str, Any],
    *,
    folder: Path,
    on_event: Callable[[Event], None],
) -> None:
    """Run `python -m module` and follow its events until it ends.

    A cancelled caller ends the child cleanly: it is interrupted, given `GRACE_S` to save what it
    has, and only then killed.

    Args:
        module: Has a `main` that uses `serve`.
        spec: What the child is to do; must be JSON.
        folder: Exists; a scratch folder is made in it for as long as the child runs.
        on_event: Called in this process with each event, in order.

    Raises:
        TrainingError: The child failed; says with what.
    """
    with TemporaryDirectory(prefix=".child-", dir=folder) as scratch:
        here = Path(scratch)
        _prepare(here, spec)
        with (here / "stderr").open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                str(here / SPEC),
                stdin=asyncio.subprocess.PIPE,
                stderr=errors,
                env=child_environment(),
                start_new_session=True,  # Ctrl-C in the terminal reaches the parent alone
            )
            status, failure = await _follow(process, here / EVENTS, on_event)
        if status != 0 or failure is not None:
            raise TrainingError(_explain(status, failure, here / "stderr"))


def _prepare(here: Path, spec: Mapping[str, Any]) -> None:
    (here / SPEC).write_text(json.dumps(spec), encoding="utf-8")
    (here / EVENTS).touch()


async def _follow(
    process: asyncio.subprocess.Process, events: Path, on_event: Callable[[Event], None]
) -> tuple[int, str | None]:
    """Forward events until the end; return the exit status and what the child said of it."""
    failure: str | None = None
    try:
        with events.open("rb") as stream:
            ending = asyncio.ensure_future(process.wait())
            while True:
                done = ending.done()
                for event in _new_events(stream):
                    if event.get("event") == "failed":
                        failure = str(event.get("message"))
                    else:
                        on_event(event)
                if done:
                    return ending.result(), failure
                await asyncio.wait({ending}, timeout=_POLL_S)
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Make sure the child is gone, asking first."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        await asyncio.wait_for(asyncio.shield(process.wait()), GRACE_S)
    except (TimeoutError, asyncio.CancelledError):
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _new_events(stream: Any) -> Iterator[Event]:
    """Yield the complete lines that were added since the last call."""
    while True:
        start = stream.tell()
        line = stream.readline()
        if not line.endswith(b"\n"):
            stream.seek(start)
            return
        yield json.loads(line)


def _explain(status: int, failure: str | None, errors: Path) -> str:
    if failure is not None:
        return failure
    tail = errors.read_text(encoding="utf-8", errors="replace").strip()[-600:]
    if _looks_like_memory(status, tail):
        return (
            "the model process was ended for want of memory. Set train.grad_checkpoint to true, "
            "then lower train.batch_size (raise gradient_accumulation_steps by the same factor), "
            "then train.max_seq_length, or take a quantised base. What was saved is kept: the "
            f"same command goes on from there. {_last_line(tail)}".rstrip()
        )
    if status > 0 and not tail:
        return (
            f"the model process ended with exit status {status} and could not write why, as on a "
            "full disk: free some space, then run the same command again"
        )
    ended = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
    return f"the model process ended with {ended}: {_last_line(tail) or 'it said nothing'}"


def _looks_like_memory(status: int, tail: str) -> bool:
    named = any(word in tail.lower() for word in ("insufficient memory", "bad_alloc", "malloc"))
    return named or status in {-signal.SIGKILL, -signal.SIGABRT}


def _last_line(tail: str) -> str:
    return tail.splitlines()[-1][:300] if tail else ""


def child_environment() -> dict[str, str]:
    """This environment, and on Linux the fast BLAS where Debian's package brought it."""
    environment = dict(os.environ)
    library = fast_blas()
    if library is not None:
        before = environment.get("LD_PRELOAD", "")
        environment["LD_PRELOAD"] = f"{library} {before}".strip()
        environment.update(kernels())
    environment[BLAS_VARIABLE] = blas_name()
    return environment


# --- in the child ------------------------------------------------------------


class Channel:
    """The child's side: what it was asked, where events go, and whether it is to stop."""

    def __init__(self, spec_path: Path) -> None:
        self.spec: dict[str, Any] = json.loads(spec_path.read_text(encoding="utf-8"))
        self._events = os.open(spec_path.parent / EVENTS, os.O_WRONLY | os.O_APPEND)
        self._stop = threading.Event()

    def send(self, event: Event) -> None:
        """Append one event; a parent that is gone does not hear it."""
        with suppress(OSError):
            os.write(self._events, json.dumps(event).encode() + b"\n")

    @property
    def stopping(self) -> bool:
        """Whether the work is to be saved and ended."""
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def on_signal(self, number: int, frame: object) -> None:  # noqa: ARG002  (Python's shape)
        self.stop()


@contextmanager
def serve() -> Generator[Channel]:
    """Run a child's work: signals become `stopping`, foreseen errors become one event."""
    spec_path = Path(sys.argv[1])
    channel = Channel(spec_path)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, channel.on_signal)
    threading.Thread(target=_watch_parent, args=(channel,), daemon=True).start()
    _wait_for_orphan(spec_path.parent.parent)
    try:
        yield channel
    except UnderstudyError as error:
        channel.send({"event": "failed", "kind": type(error).__name__, "message": str(error)})
        sys.exit(_FORESEEN)


def _wait_for_orphan(folder: Path) -> None:
    """Wait until no other child works in this folder, and keep the next one out until our end.

    A parent that was killed gave the channel's lock back at once, but its child may go on saving
    for `_ORPHAN_GRACE_S`, into the very files that we are about to read.
    """
    with suppress(OSError):  # not every file system locks folders
        fcntl.flock(os.open(folder, os.O_RDONLY | os.O_CLOEXEC), fcntl.LOCK_EX)


def _watch_parent(channel: Channel) -> None:
    """End soon after the parent: its end of standard input closes with it."""
    with suppress(OSError):
        while os.read(0, 4096):  # not sys.stdin: its lock, held here, aborts Python's own end
            pass
    channel.stop()
    threading.Event().wait(_ORPHAN_GRACE_S)
    os._exit(1)
