"""Answers under each other's id are noticed."""

from __future__ import annotations

import json
from collections import defaultdict

from understudy.pairing import looks_swapped
from understudy.records import Question
from understudy.teacher.protocol import DraftAnswer


def group_of(rows):
    questions = [
        Question(id=f"v:q{number:02d}", video_id="v", question=row["question"], generator="t")
        for number, row in enumerate(rows, start=1)
    ]
    drafts = {
        question.id: DraftAnswer(id=question.id, answer=row["answer"], quote="")
        for question, row in zip(questions, rows, strict=True)
    }
    return questions, drafts


ROWS = [
    {"question": "How does smoke calm a hive?", "answer": "Smoke makes the hive fill up on honey."},
    {"question": "Why do drones leave in autumn?", "answer": "Drones eat and do not work."},
    {"question": "When is a queen replaced?", "answer": "A queen goes when her eggs run out."},
]


def test_swapped_answers_are_both_named():
    questions, drafts = group_of(ROWS)
    drafts["v:q01"], drafts["v:q02"] = drafts["v:q02"], drafts["v:q01"]

    assert looks_swapped(questions, drafts) == {"v:q01", "v:q02"}


def test_answers_in_their_places_are_left_alone():
    questions, drafts = group_of(ROWS)

    assert looks_swapped(questions, drafts) == frozenset()


def test_of_the_real_pairs_hardly_one_is_suspected(real_pairs):
    videos = defaultdict(list)
    for line in real_pairs.read_text().splitlines():
        row = json.loads(line)
        videos[row["video_id"]].append(row)

    suspected = sum(len(looks_swapped(*group_of(rows))) for rows in videos.values())

    assert suspected <= 10


def test_of_real_answers_swapped_most_are_noticed(real_pairs):
    videos = defaultdict(list)
    for line in real_pairs.read_text().splitlines():
        row = json.loads(line)
        videos[row["video_id"]].append(row)

    noticed = 0
    for rows in videos.values():
        questions, drafts = group_of(rows)
        first, last = questions[0].id, questions[-1].id
        drafts[first], drafts[last] = drafts[last], drafts[first]
        noticed += {first, last} <= looks_swapped(questions, drafts)

    assert noticed >= 0.85 * len(videos)
