"""What the test server says to a prompt that asks for variants, opinions on rows, or a preference."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_ITEMS = re.compile(r"^(?:Items|Rows):\n(.*)", re.DOTALL | re.MULTILINE)
_OPENINGS = {
    "casual question": "So tell me, ",
    "neutral question": "In other words, ",
    "formal question": "May I ask, ",
    "translation": "Sag mir, ",
}


@dataclass
class Rewriting:
    """A list of items, understood; answers like `Talk` does."""

    items: list[dict[str, str]]
    words: list[str]
    """Of the transcript, where the prompt holds one."""

    @property
    def labels(self) -> list[str]:
        return [item["id"] for item in self.items]

    def reply(self, fault: str) -> dict[str, Any]:
        """One entry per item; the faults of content that can happen to a list."""
        judging = "write" not in self.items[0]
        entries = [self._opinion(item) if judging else self._variant(item) for item in self.items]
        if fault == "missing_items":
            entries = entries[: len(entries) // 2]
        if fault == "wrong_ids":
            entries = [{**one, "id": f"z{number}"} for number, one in enumerate(entries)]
        if fault == "duplicate_ids":
            entries = [*entries, entries[0]]
        return {"rows" if judging else "variants": entries}

    def _variant(self, item: dict[str, str]) -> dict[str, Any]:
        return {"id": item["id"], "text": self._text(item), "quote": self._quote(item)}

    def _opinion(self, item: dict[str, str]) -> dict[str, Any]:
        """A row says by itself what is wrong with it."""
        faults = [word for word in ("INVENTED", "EVASIVE") if word in item["answer"]]
        return {
            "id": item["id"],
            "faithful": "INVENTED" not in faults,
            "answers": "EVASIVE" not in faults,
            "problem": ", ".join(faults).lower(),
        }

    def _text(self, item: dict[str, str]) -> str:
        write = item["write"]
        if write in _OPENINGS:
            return _OPENINGS[write] + item["question"][:1].lower() + item["question"][1:]
        if write == "short answer":
            return "\n\n".join(item["answer"].split("\n\n")[:2])
        told = " ".join(self.words[:120])
        return f"{item['answer']}\n\nMore of it is this: {told}."

    def _quote(self, item: dict[str, str]) -> str:
        return " ".join(self.words[10:34]) if item["write"] == "long answer" else ""


@dataclass
class Comparing:
    """Two answers to compare: an answer says by itself how good it is, and where it is to stand."""

    shown: dict[str, str]
    labels: tuple[str, ...] = ()

    def reply(self, fault: str) -> dict[str, Any]:
        """BEST wins in any place; of others the first, if it says FIRST; else neither."""
        best = [name for name in ("first", "second") if "BEST" in self.shown[name]]
        biased = "first" if "FIRST" in self.shown["first"] else "same"
        better = best[0] if len(best) == 1 else biased
        return {"why": f"It is {better}.", "better": "both" if fault == "wrong_ids" else better}


def comparing_of(whole: str) -> Comparing | None:
    """Read a prompt's two answers, or None where it has none."""
    if not whole.startswith('{"question": '):
        return None
    return Comparing(json.JSONDecoder().raw_decode(whole)[0])


def rewriting_of(whole: str, words: list[str]) -> Rewriting | None:
    """Read a prompt's items, or None where it has none."""
    found = _ITEMS.search(whole)
    if found is None:
        return None
    lines = found.group(1).splitlines()
    return Rewriting([json.loads(line) for line in lines if line.startswith("{")], words)
