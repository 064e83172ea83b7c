"""Ports of this machine."""

from __future__ import annotations

import socket

from understudy.errors import ProjectError


def refuse_taken(port: int, *, program: str) -> None:
    """Refuse a port where somebody listens: a stranger would answer in place of what is started.

    Args:
        program: What is to listen there, such as "`understudy ui`".

    Raises:
        ProjectError: The port is taken.
    """
    with socket.socket() as probe:
        taken = probe.connect_ex(("127.0.0.1", port)) == 0
    if taken:
        raise ProjectError(
            f"port {port} of this machine is taken by another program, perhaps another project's "
            f"{program}: end that one, or give this one a port of its own with --port"
        )
