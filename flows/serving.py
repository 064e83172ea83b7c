"""The server's own process: Prefect's API and UI, for as long as the parent lives.

A parent that is killed cannot stop anything, so the child looks for itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import uvicorn


def main(port: int) -> None:
    """Serve on loopback until SIGTERM or until the parent is gone."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
    )


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]))
