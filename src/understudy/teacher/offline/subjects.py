"""What can be the subject of a question: words that name something by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from understudy.teacher.offline.sentences import Sentence
from understudy.teacher.offline.words import is_content, words_of

LINKS = frozenset(
    """
    and are because but if is or that to was what when where which who
    """.split()  # noqa: SIM905  (a word list)
)
"""Words that bind a clause to another one."""

_NOT_A_NOUN = frozenset(
    """
    all another answer anything everybody everyone everything first goal here idea issue it
    key last less lot more most next nobody nothing one other part point problem question
    reason rest result same second someone something that there thing third this way what
    which who
    """.split()  # noqa: SIM905  (a word list)
)


def names_something(words: Sequence[str]) -> bool:
    """Whether a subject is a noun phrase that means the same without its context."""
    lowers = [word.lower() for word in words]
    content = [word for word in lowers if is_content(word)]
    plain = lowers[1:] if lowers[0] in {"the", "a", "an", "your", "every"} else lowers
    linked = any(word in {"of", "for", "in", "with", "between", "behind"} for word in plain[1:-1])
    if lowers[0] == "the" and not linked:
        return False
    if any(word in LINKS or word.endswith(("ly", "ing")) or "'" in word for word in plain[1:]):
        return False
    return (
        bool(content)
        and bool(plain)
        and plain[0] not in _NOT_A_NOUN
        and (linked or all(is_content(word) for word in plain))
    )


def lower_first(text: str, sentences: Sequence[Sentence]) -> str:
    """Take the capital off the first word unless the talk writes it inside sentences too."""
    first, _, rest = text.partition(" ")
    if not is_content(first) and not re.fullmatch(r"I|I'\w+", first):
        return f"{first.lower()} {rest}".strip()
    inside = {word for s in sentences for word in words_of(s.text)[1:]}
    if first in inside or (len(first) > 1 and not first[1:].islower()):
        return text
    return f"{first.lower()} {rest}".strip()
