"""The trivial language model that every loss is shown beside: token frequencies, no context."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log


class Frequencies:
    """Token frequencies of the training answers, one added to each so that none is impossible."""

    def __init__(self, answers: Iterable[Sequence[int]]) -> None:
        self._counts = Counter(token for answer in answers for token in answer)
        kinds = len(self._counts) + 1  # and one for every token that never came
        self._total = self._counts.total() + kinds

    def loss(self, answer: Sequence[int]) -> float:
        """Nats of an answer, summed over its tokens."""
        return -sum(log((self._counts[token] + 1) / self._total) for token in answer)
