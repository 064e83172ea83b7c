"""Tell what a file is, and read it as that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from understudy.errors import DataError, EmptySourceError
from understudy.importing.loading import Loaded, load
from understudy.importing.pairs import read_chats, read_pairs
from understudy.importing.questions import read_questions
from understudy.importing.rows import Imported
from understudy.importing.shapes import KNOWN, Shape, common_shape
from understudy.importing.spoken import read_transcripts
from understudy.text.typography import clean

_READERS: Mapping[Shape, Callable[[Loaded, str], Imported]] = {
    "pairs": read_pairs,
    "messages": read_chats,
    "questions": read_questions,
    "transcripts": read_transcripts,
}


def read_any(path: Path, *, language: str = "und") -> Imported:
    """Read a file of pairs, questions or transcripts, telling by its content which.

    Args:
        language: BCP 47 code for transcripts that do not name theirs.

    Raises:
        RowError: A line does not parse: nothing of the file is taken.
        DataError: It cannot be read, or its rows are nothing we know. The message lists the keys
            that are there and the shapes that are known.
        EmptySourceError: Not one row can be used; counts why.
    """
    loaded = load(path)
    shape = common_shape(row.fields for row in loaded.rows)
    if shape is None:
        raise DataError(_unknown(path, loaded))
    imported = _READERS[shape](loaded, language)
    if not imported.videos:
        why = ", ".join(f"{n} {reason}" for reason, n in imported.account.dropped.items())
        raise EmptySourceError(
            f"{path}: none of its {len(loaded.rows)} rows can be used as {imported.kind} ({why}; "
            f"the first is {imported.dropped[0].id})"
        )
    return imported


def _unknown(path: Path, loaded: Loaded) -> str:
    keys = Counter(key for row in loaded.rows for key in row.fields)
    found = ", ".join(clean(key)[:40] for key, _ in keys.most_common(12))
    known = "; ".join(KNOWN.values())
    return f"{path} is {loaded.format} with the keys {found}. Known are {known}"
