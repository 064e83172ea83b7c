"""What the test server says to a prompt that asks for variants."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_ITEMS = re.compile(r"^Items:\n(.*)", re.DOTALL | re.MULTILINE)
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
        variants = [
            {"id": item["id"], "text": self._text(item), "quote": self._quote(item)}
            for item in self.items
        ]
        if fault == "missing_items":
            variants = variants[: len(variants) // 2]
        if fault == "wrong_ids":
            variants = [{**one, "id": f"z{number}"} for number, one in enumerate(variants)]
        if fault == "duplicate_ids":
            variants = [*variants, variants[0]]
        return {"variants": variants}

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


def rewriting_of(whole: str, words: list[str]) -> Rewriting | None:
    """Read a prompt's items, or None where it has none."""
    found = _ITEMS.search(whole)
    if found is None:
        return None
    return Rewriting([json.loads(line) for line in found.group(1).splitlines() if line], words)
