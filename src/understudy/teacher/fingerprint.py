"""What of a teacher a pass depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from understudy.settings import TeacherSettings


def without(fingerprint: Mapping[str, str], other: str) -> Mapping[str, str]:
    """A teacher's fingerprint as recipe inputs, less the prompt of the other pass.

    So a change to the answers' prompt leaves every question as fresh as it was.
    """
    return {
        f"teacher.{name}": value for name, value in fingerprint.items() if name != f"prompt.{other}"
    }


def parameters(address: str, settings: TeacherSettings) -> dict[str, Any]:
    """What beside the prompt determines a reply."""
    return {
        "address": address,
        "model": settings.model,
        "temperature": settings.temperature,
        "reasoning_effort": settings.reasoning_effort,
        "structured": settings.structured,
    }
