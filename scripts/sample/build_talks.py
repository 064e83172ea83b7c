"""Write data/sample: Maren Holt's talks, composed from bank.yaml.

Run from the project's root: `python scripts/sample/build_talks.py`. The same bank and
the same code give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import string
import sys
from pathlib import Path
from typing import Any

from world import Fact, Steps, Talk, generator, load_talks

FOLDER = Path(__file__).resolve().parents[2] / "data" / "sample"
WORDS_PER_MINUTE = 148
LONGEST_TALK = 500
"""In words. Above it, lists make room for reasons."""

FIRST_TALK = dt.date(2024, 3, 4)
ID_LETTERS = string.ascii_letters + string.digits + "-_"
ID_DRAW = 67
"""Another number gives all talks other ids."""

ID_LEADS = {4: "-", 9: "_"}
"""Two ids begin as real ones sometimes do and as careless code does not expect."""

TURNS = (
    "That is the first half of it.",
    "Now to something I am asked at the fence.",
    "Let me go on, the kettle is not ready yet.",
    "And here is the one that people get wrong.",
    "So far, so easy.",
    "My grandfather asked me this when I was nine.",
    "Here is a short one.",
    "I had to learn the next thing twice.",
    "Now take a step closer.",
    "This one comes up every year.",
)

FORMS = ("reason list", "reason list", "reason list", "reason image", "reason image", "image list")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    total = 0
    for number, talk in enumerate(load_talks()):
        document = compose(talk, number)
        words = sum(len(segment["text"].split()) for segment in document["segments"])
        total += words
        path = FOLDER / f"{document['video_id']}.json"
        path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path.name}  {words} words  {talk.title}\n")
    sys.stdout.write(f"{total} words\n")


def compose(talk: Talk, number: int) -> dict[str, Any]:
    """One talk as a transcript file: the text in timed captions."""
    draw = generator(f"talk {number}")
    segments = caption(spoken(talk, draw), draw)
    last = segments[-1]
    published = FIRST_TALK + dt.timedelta(days=14 * number + draw.randrange(-2, 3))
    return {
        "video_id": _video_id(number),
        "title": talk.title,
        "published_at": published.isoformat(),
        "duration_s": round(last["start"] + last["duration"] + 2.5),
        "segments": segments,
    }


def spoken(talk: Talk, draw: random.Random) -> str:
    """The talk as said: opening, each question with its answer, closing."""
    forms = _forms(talk, draw)
    turns = draw.sample(TURNS, 3)
    places = draw.sample(range(1, len(talk.facts)), 3)
    while True:
        parts = [talk.opening]
        for index, (fact, form) in enumerate(zip(talk.facts, forms, strict=True)):
            if index in places and forms[index - 1].endswith("list"):
                parts.append(turns[places.index(index)])
            parts.append(_told(fact, form, wording=(index + draw.randrange(2)) % 2))
        text = " ".join([*parts, talk.closing])
        if len(text.split()) <= LONGEST_TALK:
            return text
        lists = [at for at, form in enumerate(forms) if form.endswith("list")]
        forms[draw.choice(lists)] = "reason image"


def _forms(talk: Talk, draw: random.Random) -> list[str]:
    """How each fact is told; no talk gives the same three steps twice."""
    forms, given = [], set[Steps]()
    for fact in talk.facts:
        form = draw.choice(FORMS) if fact.steps not in given else "reason image"
        if form.endswith("list"):
            given.add(fact.steps)
        forms.append(form)
    return forms


def _told(fact: Fact, form: str, *, wording: int) -> str:
    parts = {
        "image": fact.images[wording],
        "reason": fact.reason,
        "list": fact.steps.spoken(),
    }
    return " ".join((fact.question, fact.point, *(parts[part] for part in form.split())))


def caption(text: str, draw: random.Random) -> list[dict[str, Any]]:
    """Cut into captions of five to nine words, timed by the length of what is said."""
    words, segments, clock = text.split(), [], 0.4
    while words:
        size = draw.randint(5, 9)
        line, words = " ".join(words[:size]), words[size:]
        seconds = len(line.split()) * 60 / WORDS_PER_MINUTE * draw.uniform(0.9, 1.1)
        segments.append({"start": round(clock, 2), "duration": round(seconds, 2), "text": line})
        clock += seconds
    return segments


def _video_id(number: int) -> str:
    draw = generator(f"id {ID_DRAW}.{number}")
    return ID_LEADS.get(number, draw.choice(string.ascii_letters)) + "".join(
        draw.choice(ID_LETTERS) for _ in range(10)
    )


if __name__ == "__main__":
    main()
