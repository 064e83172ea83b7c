"""What became of the rows between two versions of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, get_args

from understudy.records import Part, Record, Row, digest_of
from understudy.table import Rows, is_kept, named, selected


class Came(Record):
    """A row that one version holds and the other does not."""

    id: str
    question: str
    part: Part | None
    """In the version that holds it."""
    elsewhere: str
    """What the other version says of it: the reason it was dropped there, or `unknown`."""


class Changed(Record):
    """A row that both versions hold, with another question or answer."""

    id: str
    fields: tuple[str, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]


class Moved(Record):
    """A row that both versions hold, in different parts."""

    id: str
    question: str
    before: Part | None
    after: Part | None


class Setting(Record):
    """A setting that made the versions different."""

    key: str
    before: Any
    after: Any


class Difference(Record):
    """From one version to another. Rows count that are in the dataset; dropped ones do not."""

    before: str
    """Digest in the folder's name."""
    after: str
    counts: Mapping[str, tuple[int, int]]
    """Rows in all and in each part, before and after."""
    added: tuple[Came, ...]
    removed: tuple[Came, ...]
    changed: tuple[Changed, ...]
    moved: tuple[Moved, ...]
    settings: tuple[Setting, ...]

    @property
    def same(self) -> bool:
        return not (self.added or self.removed or self.changed or self.moved)


_TEXTS = ("question", "answer", "tags")


class _Version:
    """One version, as far as all of its rows are held: part and digest of the text of the kept ones."""

    def __init__(self, rows: Rows) -> None:
        self._kept = selected(rows, is_kept)
        self.parts: dict[str, Part | None] = {}
        self.texts: dict[str, str] = {}
        for row in self._kept:
            self.parts[row.id] = row.part
            self.texts[row.id] = digest_of(repr([getattr(row, name) for name in _TEXTS]))
        self._rows = rows

    def named(self, names: Collection[str]) -> Callable[[str], Row]:
        return named(self._kept, names)

    def reasons(self, names: Collection[str]) -> dict[str, str]:
        """Why these rows were dropped here, of those that were."""
        return {row.id: row.reason for row in self._rows if row.reason and row.id in names}


def difference(
    before: Rows,
    after: Rows,
    *,
    names: tuple[str, str],
    settings: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
) -> Difference:
    """Compare two tables row by row, by id.

    Args:
        before: All rows of the older version, dropped ones too.
        names: What to call the two versions.
        settings: Those that made them.
    """
    old, new = _Version(before), _Version(after)
    both = sorted(old.parts.keys() & new.parts.keys())
    edited = [name for name in both if old.texts[name] != new.texts[name]]
    moved = [name for name in both if old.parts[name] != new.parts[name]]
    was, now = old.named(set(edited)), new.named({*edited, *moved})
    return Difference(
        before=names[0],
        after=names[1],
        counts=_counts(old.parts, new.parts),
        added=_came(new, old),
        removed=_came(old, new),
        changed=tuple(_changed(was(name), now(name)) for name in edited),
        moved=tuple(
            Moved(
                id=name, question=now(name).question, before=old.parts[name], after=new.parts[name]
            )
            for name in moved
        ),
        settings=_settings(*settings),
    )


def _counts(
    old: Mapping[str, Part | None], new: Mapping[str, Part | None]
) -> dict[str, tuple[int, int]]:
    counts = {"rows": (len(old), len(new))}
    ones, others = Counter(old.values()), Counter(new.values())
    return counts | {part: (ones[part], others[part]) for part in get_args(Part)}


def _came(here: _Version, there: _Version) -> tuple[Came, ...]:
    names = here.parts.keys() - there.parts.keys()
    row, reasons = here.named(names), there.reasons(names)
    return tuple(
        Came(
            id=name,
            question=row(name).question,
            part=here.parts[name],
            elsewhere=reasons.get(name, "unknown"),
        )
        for name in sorted(names)
    )


def _changed(old: Row, new: Row) -> Changed:
    fields = tuple(name for name in _TEXTS if getattr(old, name) != getattr(new, name))
    return Changed(
        id=new.id,
        fields=fields,
        before={name: _as_text(getattr(old, name)) for name in fields},
        after={name: _as_text(getattr(new, name)) for name in fields},
    )


def _as_text(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Setting, ...]:
    one, other = dict(_flat(old)), dict(_flat(new))
    return tuple(
        Setting(key=key, before=one.get(key), after=other.get(key))
        for key in sorted(one.keys() | other.keys())
        if one.get(key) != other.get(key)
    )


def _flat(value: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Settings by their dotted keys."""
    found: list[tuple[str, Any]] = []
    for key, inner in value.items():
        found += (
            _flat(inner, f"{prefix}{key}.") if isinstance(inner, dict) else [(prefix + key, inner)]
        )
    return found


# --- in words ----------------------------------------------------------------


def lines_of(one: Difference, *, most: int) -> list[str]:
    """Tell a difference line by line.

    Args:
        most: Rows that are named of each sort; the others are counted.
    """
    lines = [f"{one.before} -> {one.after}"]
    for name, (old, new) in one.counts.items():
        lines.append(f"  {name:<8} {old:>7,} -> {new:>7,}  {_signed(new - old)}")
    if one.same:
        lines.append("The same rows, with the same texts, in the same parts.")
    lines += _told(
        "added",
        [f"{row.id}  {row.part}, was {row.elsewhere}: {_short(row.question)}" for row in one.added],
        most,
    )
    lines += _told(
        "removed",
        [
            f"{row.id}  {row.part}, now {row.elsewhere}: {_short(row.question)}"
            for row in one.removed
        ],
        most,
    )
    lines += _told("changed", [_of_change(row) for row in one.changed], most)
    lines += _told(
        "moved",
        [f"{row.id}  {row.before} -> {row.after}: {_short(row.question)}" for row in one.moved],
        most,
    )
    lines += _told(
        "settings",
        [f"{s.key}: {_short(str(s.before))} -> {_short(str(s.after))}" for s in one.settings],
        most,
    )
    return lines


def _of_change(row: Changed) -> str:
    shown = [
        f"{name}: {_short(row.before[name], 60)} -> {_short(row.after[name], 60)}"
        for name in row.fields
    ]
    return f"{row.id}  {'; '.join(shown)}"


def _told(name: str, items: Sequence[str], most: int) -> list[str]:
    if not items:
        return []
    rest = [f"  ... and {len(items) - most:,} more"] if len(items) > most else []
    return [f"{name} ({len(items):,})", *(f"  {item}" for item in items[:most]), *rest]


def _signed(number: int) -> str:
    return f"{number:+,}" if number else ""


def _short(text: str, most: int = 90) -> str:
    flat = printable(text)
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def printable(text: str) -> str:
    """Untrusted text on one line of a terminal, where its control characters do nothing."""
    return "".join(one if one.isprintable() else " " for one in text)
