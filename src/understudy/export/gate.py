"""Whether an export may be published: a pure rule over what was measured."""

from __future__ import annotations

from understudy.export.records import Parity, Survival

LOSS = 0.02
"""Nats per token by which the export may be worse or better on the adapter's own answers."""
NEXT = 0.98
"""Least share of the adapter's tokens that must be the export's first choice too."""
CORRELATION = 0.95
"""Least correlation of what was learnt with what is in the export (FACTS 22)."""


def refused(survival: Survival | None, parity: Parity) -> list[str]:
    """Say everything that speaks against an export, nothing if it is the trained model."""
    found: list[str] = []
    if parity.same_tokens < parity.prompts:
        found.append(
            f"{parity.prompts - parity.same_tokens} of {parity.prompts} prompts become other "
            "tokens: its chat template or tokenizer is another"
        )
    if not parity.same_stops:
        found.append("it ends a turn with other tokens")
    shift = parity.loss_export - parity.loss_adapter
    if not abs(shift) <= LOSS:  # also where it is no number
        found.append(
            f"its loss on the adapter's answers is {parity.loss_export:.3f} against "
            f"{parity.loss_adapter:.3f} nats per token"
        )
    if not parity.same_next >= NEXT:
        found.append(f"it agrees with the adapter's next token in {parity.same_next:.1%} only")
    if survival is not None and not survival.correlation >= CORRELATION:
        found.append(
            f"what survives of the adapter correlates {survival.correlation:.2f} with what was "
            f"learnt, worst in {survival.worst_module}"
        )
    return found
