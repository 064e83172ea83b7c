"""The server's own process: Prefect's API and UI, for as long as the parent lives."""

from __future__ import annotations

import sys

import uvicorn

from flows.orphans import end_with


def main(port: int, parent: int) -> None:
    """Serve on loopback until SIGTERM or until the parent is gone."""
    end_with(parent)
    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="warning",
        timeout_keep_alive=5,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
