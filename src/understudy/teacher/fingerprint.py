"""What of a teacher a pass depends on."""

from __future__ import annotations

from collections.abc import Mapping

from understudy.teacher.protocol import Teacher


def determined_by(teacher: Teacher, *, without: str) -> Mapping[str, str]:
    """The teacher's fingerprint as recipe inputs, less the prompt of the other pass.

    So a change to the answers' prompt leaves every question as fresh as it was.
    """
    return {
        f"teacher.{name}": value
        for name, value in teacher.fingerprint.items()
        if name != f"prompt.{without}"
    }
