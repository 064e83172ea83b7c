"""A child that does what its spec says, for tests of how children end."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from understudy.child import serve
from understudy.errors import TrainingError


def main() -> None:
    with serve() as channel:
        act(channel, channel.spec)


def act(channel: Any, spec: dict[str, Any]) -> None:
    channel.send({"event": "hello", "pid": os.getpid(), "given": spec.get("given")})
    if "raise" in spec:
        raise TrainingError(spec["raise"])
    if "crash" in spec:
        raise RuntimeError(spec["crash"])
    if "kill" in spec:
        os.kill(os.getpid(), spec["kill"])
    if "say" in spec:
        sys.stderr.write(spec["say"])
        os._exit(134)
    for number in range(spec.get("count", 0)):
        channel.send({"event": "count", "number": number})
    if "until_stopped" in spec:
        while not channel.stopping:
            time.sleep(0.01)
        Path(spec["until_stopped"]).write_text("saved")


if __name__ == "__main__":
    main()
