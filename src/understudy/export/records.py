"""What an export says about itself."""

from __future__ import annotations

from understudy.export.formats import Target
from understudy.models import BaseDigests
from understudy.records import Record

REPORT = "export.json"


class Survival(Record):
    """How much of what was learnt is still in the exported weights."""

    correlation: float
    """Of the learnt change with the exported one, over all weights; 1: nothing was lost."""
    worst: float
    """The same for the module in which most was lost."""
    worst_module: str
    modules: int


class Parity(Record):
    """The export beside the adapter, on the fixed prompts."""

    prompts: int
    same_tokens: int
    """Prompts that both turn into the same tokens."""
    same_text: int
    """Prompts that both answer with the same greedy text."""
    same_next: float
    """Share of the places in the adapter's answers where both would say the same next."""
    loss_adapter: float
    """Nats per token of the adapter's own answers."""
    loss_export: float
    same_stops: bool
    """Both end a turn with the same tokens."""


class ExportReport(Record):
    """`export.json`."""

    target: Target
    bits: int | None
    """Quantised to so many after fusing; null for the base's own precision."""
    run: str
    base: str
    """As the settings name it."""
    base_sha256: BaseDigests
    adapter_sha256: str
    system_prompt: str | None
    """What the training put before each question; whoever asks the model must put it too."""
    stop: tuple[str, ...]
    """Tokens that end a turn."""
    survival: Survival | None
    """Null after full fine-tuning: there the trained weights are the exported ones."""
    parity: Parity
