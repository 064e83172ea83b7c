"""The lines between one verdict and another, decided before looking at any run.

Losses are nats per answer token. 0.02 nats is 2 % of perplexity: less is below
what another seed does to the same training.
"""

from __future__ import annotations

from understudy.records import Record


class Thresholds(Record):
    """Every number that `verdict.judge` compares with."""

    min_test_videos: int = 3
    """Fewer have no interval: INVALID. Of answers from fewer nothing is concluded."""
    inert_shift: float = 1e-4
    """If no question's loss moves by more than this, the adapter does nothing: INVALID."""
    loss_that_matters: float = 0.02
    """A gain below this is none, however certain."""
    undertrained_gain: float = 0.05
    """A gain under this share of the base's loss is UNDERTRAINED on a curve that still falls, as is any
    that no answer shows although the base's lack the references' form; on one that has turned such a
    small and hidden gain is NO EFFECT."""
    still_falling: float = 0.95
    """The best validation lies beyond this share of the updates: the curve never turned."""
    begun: float = 0.005
    """Nats that the validation loss must have fallen before its still falling means anything: a base
    that has been through the same training falls by less, and says NO EFFECT."""
    repeated_excess: float = 0.3
    """Longest repeated span, tuned over references, as a share of the answer: DEGENERATE."""
    ended_share: float = 0.5
    """Of the references that fit the token limit; fewer endings than this: DEGENERATE."""
    copied_excess: float = 0.15
    """Words in spans of one training video's answers, tuned over references: MEMORISED. It was 0.3 while
    spans that many videos share counted too; without them a sound training on the sample stands at
    -0.05 and 30 epochs on 40 rows at 0.30 (`benchmarks/verdict_matrix.py`)."""
    belongs: float = 0.5
    """Of what their questions tell the base about held-out answers; training answers about which theirs
    tell it certainly less than those, and less than this share, stand beside other questions: INVALID.
    On the sample sound rows stand at 0.9 and shuffled ones at 0.2 to 0.4."""
    ends_learned: float = 0.05
    """Share of training rows whose end of turn is trained; with fewer nobody taught it to end: INVALID."""
    heeded: float = 0.25
    """Of what its question tells the base about an answer; a tuned model to which it tells a smaller
    share answers without regard to the question: DEGENERATE. A sound training on the sample keeps nine
    tenths."""
    form_kept: float = 0.15
    """Largest distance from the references' form that counts as kept."""
    length_kept: float = 0.585
    """Largest typical distance in doublings that counts as kept: a factor of 1.5."""
    voice_kept: float = 0.15
    """Share of answers that may sound less like the speaker than the references do."""
    forgetting: float = 0.1
    """Rise of the loss on general questions that counts as forgetting."""
    turned: float = 0.05
    """A rise from the best to the last validation above this is shown as overfitting."""


THRESHOLDS = Thresholds()
