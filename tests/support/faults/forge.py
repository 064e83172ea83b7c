"""Forks `understudy` commands from one process that has imported everything, to be killed at will.

    python -m tests.support.faults.forge ROOT

Prefect takes four seconds of CPU to import. Each command is a process of its own, with a process
group of its own: the same as the console script from its first line on. Where a fault does not
concern Prefect, the command is *bare*: the flows' own functions run without engine and server.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.support.faults.planting import Watch, planted

_PRELOADED = (
    *("flows.pipeline", "flows.flush", "understudy.cli.main", "understudy.analysis.picture"),
    *("understudy.analysis.tokens", "understudy.teacher.opening", "understudy.proof.report"),
    *("yt_dlp", "openai.resources.chat", "matplotlib.backends.backend_agg", "matplotlib.figure"),
    *("transformers.models.auto.tokenization_auto", "transformers.tokenization_utils_tokenizers"),
)


def main() -> None:
    root = Path(sys.argv[1])
    sys.path.insert(0, str(root))
    import_module("flows.home")
    os.environ.update(import_module("flows.home").environment(root, console_level="CRITICAL"))
    for name in _PRELOADED:
        import_module(name)
    print("ready", flush=True)
    ended: dict[int, dict[str, Any]] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            print(json.dumps(_wait(asked["wait"], asked["limit_s"], ended)), flush=True)
        else:
            print(_fork(root, asked), flush=True)


def _fork(root: Path, asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)
        return pid
    status = 70
    try:
        status = _command(root, asked)
    finally:
        os._exit(status)


def _command(root: Path, asked: dict[str, Any]) -> int:
    """Be the command."""
    os.setpgid(0, 0)
    for name, handle in (("in", 0), ("out", 1), ("err", 2)):
        flags = os.O_RDONLY if handle == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        path = "/dev/null" if handle == 0 else f"{asked['said']}.{name}"
        os.dup2(os.open(path, flags, 0o600), handle)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(asked["env"])
    os.chdir(root)
    sys.argv = ["understudy", "--root", str(root), *asked["arguments"]]
    plant = planted(os.environ)
    watch = None if plant is None or plant.model else Watch(plant)
    if watch is not None:
        watch.install()
    status = _ended(bare=asked["bare"])
    sys.stdout.flush()
    sys.stderr.flush()
    if watch is not None:
        watch.finish()
    return status


def _ended(*, bare: bool) -> int:
    from understudy.cli.main import main as command

    try:
        with without_prefect() if bare else contextlib.nullcontext():
            command()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextlib.contextmanager
def without_prefect() -> Generator[None]:
    """Call the functions of tasks and flows directly; what they show goes nowhere."""
    import prefect.artifacts
    from prefect.flows import Flow
    from prefect.logging import disable_run_logger
    from prefect.tasks import Task

    shows = {value for name, value in vars(prefect.artifacts).items() if "_artifact" in name}
    for module in [one for name, one in sys.modules.items() if name.startswith("flows.")]:
        for name, value in list(vars(module).items()):
            if callable(value) and value in shows:
                setattr(module, name, _shown)
    Task.__call__, Flow.__call__ = _task, _flow  # type: ignore[method-assign]
    import_module("flows.command").server = lambda *_, **__: contextlib.nullcontext("")
    import_module("flows.flush").flush = lambda: None
    with disable_run_logger():
        yield


def _task(self: Any, *arguments: Any, **named: Any) -> Any:
    return self.fn(*arguments, **named)


def _flow(self: Any, *arguments: Any, **named: Any) -> Any:
    from prefect.utilities.callables import get_call_parameters

    return self.fn(**self.validate_parameters(get_call_parameters(self.fn, arguments, named)))


async def _shown(*arguments: Any, **named: Any) -> None:
    """Stands in for what makes or changes an artifact."""


def _wait(pid: int, limit_s: float, ended: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """How a command ended; one that hangs is killed."""
    deadline, hung = time.monotonic() + limit_s, False
    while pid not in ended:
        done, status, used = os.wait4(pid, os.WNOHANG)
        if done:
            cpu_s = used.ru_utime + used.ru_stime
            ended[pid] = {"status": os.waitstatus_to_exitcode(status), "cpu_s": cpu_s, "hung": hung}
        elif time.monotonic() > deadline and not hung:
            hung = True
            os.killpg(pid, signal.SIGKILL)
        else:
            time.sleep(0.005)
    return ended[pid]


if __name__ == "__main__":
    main()
