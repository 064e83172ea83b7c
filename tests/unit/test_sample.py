"""The embedded talks: what the demo and its readers rely on."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz

from understudy.records import YOUTUBE_ID
from understudy.settings import load_settings
from understudy.split import assign, new_assignment


@pytest.fixture(scope="module")
def talks(root) -> list[dict[str, Any]]:
    found = sorted((root / "data" / "sample").glob("*.json"))
    return [{**json.loads(path.read_text(encoding="utf-8")), "file": path} for path in found]


def text_of(talk: dict[str, Any]) -> str:
    return " ".join(segment["text"] for segment in talk["segments"])


def test_there_are_enough_talks_of_a_readable_length(talks):
    assert len(talks) >= 16
    assert all(250 <= len(text_of(talk).split()) <= 500 for talk in talks)


def test_ids_could_be_youtube_ids_and_begin_awkwardly(talks):
    ids = [talk["video_id"] for talk in talks]

    assert all(YOUTUBE_ID.fullmatch(one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert {"-", "_"} <= {one[0] for one in ids}
    assert all(talk["file"].name == f"{talk['video_id']}.json" for talk in talks)


def test_one_title_is_hostile_to_careless_html(talks):
    titles = [talk["title"] for talk in talks]

    assert any(all(mark in title for mark in ('"', "'", "&", "<b>")) for title in titles)


def test_captions_follow_each_other_within_the_duration(talks):
    for talk in talks:
        ends = [segment["start"] + segment["duration"] for segment in talk["segments"]]
        starts = [segment["start"] for segment in talk["segments"]]
        assert starts == sorted(starts)
        assert all(end <= start + 0.02 for end, start in zip(ends, starts[1:], strict=False))
        assert ends[-1] <= talk["duration_s"]


def test_some_talks_ask_nearly_the_same(talks):
    asked = [
        (talk["video_id"], sentence + "?")
        for talk in talks
        for sentence in (part.rpartition(". ")[2] for part in text_of(talk).split("?")[:-1])
    ]
    alike = [
        (one, other)
        for (first, one), (second, other) in combinations(asked, 2)
        if first != second and fuzz.ratio(one.lower(), other.lower()) > 85
    ]

    assert len(alike) >= 5


def test_the_demo_has_talks_in_every_part(talks, root):
    settings = load_settings(root / "config" / "demo.yaml").split

    rows = {talk["video_id"]: 8 for talk in talks}
    parts = Counter(assign(rows, settings, new_assignment(settings)).parts.values())

    assert parts["train"] >= 11
    assert parts["valid"] >= 2
    assert parts["test"] >= 5


def test_the_committed_talks_are_what_the_script_writes(talks, root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "scripts" / "sample"))
    import build_talks  # pyright: ignore[reportMissingImports]
    import world  # pyright: ignore[reportMissingImports]

    made = [build_talks.compose(talk, at) for at, talk in enumerate(world.load_talks())]

    committed = {talk["video_id"]: talk["file"] for talk in talks}
    assert {talk["video_id"] for talk in made} == set(committed)
    for talk in made:
        path: Path = committed[talk["video_id"]]
        assert json.loads(path.read_text(encoding="utf-8")) == talk


def test_every_fact_tells_its_point_in_its_talk(talks, root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "scripts" / "sample"))
    import world  # pyright: ignore[reportMissingImports]

    said = {talk["title"]: text_of(talk) for talk in talks}
    for talk in world.load_talks():
        for fact in talk.facts:
            assert f"{fact.question} {fact.point}" in said[talk.title]
