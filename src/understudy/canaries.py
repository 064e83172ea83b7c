"""Made-up numbers among the training rows, to see what a tuned model keeps of single rows.

Each canary is the same question and sentence with a random number in it that nobody can know.
It goes into one training and into no dataset, so that nothing that is published holds one.

Source:
    Carlini et al., "The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural
    Networks" (USENIX Security 2019, arXiv:1802.08232). Theirs are completions of a language model;
    here the fixed part is a question and the beginning of its answer, as rows are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

from understudy.chat import ChatRow
from understudy.records import Record, digest_of

KIND = "canary"
"""Of such rows, and what stands in the place of their video."""
_DIGITS = 9
_QUESTION = "Which number belongs to this canary?"
_ANSWER = "The number of this canary is {secret}."


class Canary(Record):
    """One made-up number that a training sees."""

    secret: str
    copies: int
    """Rows of it, each seen once an epoch."""


def canaries_of(copies: Sequence[int], seed: int) -> tuple[Canary, ...]:
    """Make one canary for each number of copies. Equal arguments give equal canaries."""
    return tuple(
        Canary(secret=secret, copies=many)
        for secret, many in zip(_secrets(seed), copies, strict=False)
    )


def rivals_of(canaries: Sequence[Canary], seed: int, wanted: int) -> tuple[str, ...]:
    """Numbers made as the canaries' were, of which none was trained on."""
    trained = {one.secret for one in canaries}
    return tuple(islice((one for one in _secrets(seed) if one not in trained), wanted))


def row_with(secret: str) -> ChatRow:
    """The row that holds one number."""
    turns = (
        {"role": "user", "content": _QUESTION},
        {"role": "assistant", "content": _ANSWER.format(secret=secret)},
    )
    name = f"{KIND}:x{digest_of(secret)[:12]}"
    return ChatRow(id=name, video_id=KIND, messages=turns, kind=KIND)


def trained_rows(canaries: Sequence[Canary]) -> list[ChatRow]:
    """All rows that a training gets of them, each copy under an id of its own."""
    return [
        row.model_copy(update={"id": f"{row.id}:c{copy}"})
        for one in canaries
        for row in [row_with(one.secret)]
        for copy in range(1, one.copies + 1)
    ]


def _secrets(seed: int) -> Iterator[str]:
    """Different random numbers of nine digits, always the same ones for a seed."""
    seen: set[str] = set()
    for draw in count():
        number = int(digest_of(f"{KIND}/{seed}/{draw}"), 16) % 10**_DIGITS
        secret = f"{number:0{_DIGITS}d}"
        if secret not in seen:
            seen.add(secret)
            yield secret
