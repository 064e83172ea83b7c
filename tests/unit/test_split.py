"""The split is by video, stable for ever, within a video of its shares, and without leak."""

from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from tests.support.rows import (
    dedup_settings,
    divided,
    many_rows,
    real_answers,
    row_of,
    split_settings,
)
from understudy.dedup import deduplicate_rows, normalise
from understudy.errors import EmptySplitError, EmptyStageError
from understudy.leak import leak_report, measure_leak, random_split
from understudy.quality import defects
from understudy.rows import drop, kept, rows_of
from understudy.split import (
    HELD_OUT,
    PARTS,
    assign,
    new_assignment,
)

VIDEOS = st.sets(st.from_regex(r"[A-Za-z0-9_-]{1,11}", fullmatch=True), min_size=3, max_size=60)

SHARES = (("train", 0.8), ("valid", 0.1), ("test", 0.1))


def parts_of(videos, before=None, **changes):
    settings = split_settings(**changes)
    return assign(dict.fromkeys(videos, 4), settings, before or new_assignment(settings))


def part(rows, name):
    return [row for row in kept(rows) if row.part == name]


# --- stable, and near its shares -------------------------------------------------


@given(VIDEOS, VIDEOS, st.randoms())
def test_new_videos_move_no_other_whatever_their_order(known, newcomers, draw):
    before = parts_of(known)
    order = sorted(known | newcomers)
    draw.shuffle(order)

    after = parts_of(order, before)

    assert before.parts.items() <= after.parts.items()
    assert after == parts_of(sorted(order), before)


@pytest.mark.parametrize("count", [1, 10, 50])
@given(draw=st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_of_148_videos_none_moves_when_more_come_at_once_or_one_by_one(count, draw):
    known = [f"v{number}" for number in range(148)]
    more = [f"new{number}" for number in draw.sample(range(1_000), count)]
    before = parts_of(known)

    at_once = parts_of([*more, *known], before)
    after, present = before, list(known)
    for video in more:
        present.append(video)
        after = parts_of(present, after)

    assert before.parts.items() <= at_once.parts.items()
    assert before.parts.items() <= after.parts.items()
    found = Counter(after.parts.values())
    assert all(abs(found[name] / len(present) - share) <= 0.02 for name, share in SHARES)


@given(VIDEOS)
def test_a_video_that_is_gone_for_a_while_comes_back_to_its_part(videos):
    before = parts_of(videos)
    counts = Counter(before.parts.values())
    gone = {next((v for v in sorted(videos) if counts[before.parts[v]] > 1), None)}

    without = parts_of(videos - gone, before)

    assert parts_of(videos, without) == before


@pytest.mark.parametrize("count", [100, 148, 300])
@pytest.mark.parametrize("salt", ["a", "b", "c"])
def test_shares_are_within_two_points_from_100_videos_on(count, salt):
    found = Counter(parts_of([f"video{n}" for n in range(count)], salt=salt).parts.values())

    for name, share in SHARES:
        assert abs(found[name] / count - share) <= 0.02


def test_shares_stay_near_while_videos_come_one_by_one():
    assignment, videos = None, []
    for number in range(120):
        videos.append(f"v{number}")
        if len(videos) >= 3:
            assignment = parts_of(videos, assignment)

    found = Counter(assignment.parts.values())
    assert [found[name] for name in PARTS] == [96, 12, 12]


@pytest.mark.parametrize("count", [3, 5, 12, 22])
def test_even_few_videos_leave_no_part_empty(count):
    found = Counter(parts_of([f"v{n}" for n in range(count)]).parts.values())

    assert all(found[name] >= 1 for name in PARTS)


def test_another_salt_is_another_draw():
    videos = [f"v{n}" for n in range(40)]
    first = parts_of(videos)

    other = parts_of(videos, first, salt="other")

    assert other.parts != first.parts
    assert other == parts_of(videos, salt="other")


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_videos_are_refused_by_count_with_advice(count):
    with pytest.raises(EmptySplitError, match=rf"out of {count} videos .* Add videos$"):
        divided(many_rows(count), split_settings())


def test_an_empty_split_is_an_empty_stage():
    assert issubclass(EmptySplitError, EmptyStageError)


# --- rows ------------------------------------------------------------------------


def test_no_video_is_in_two_parts_and_dropped_rows_are_in_none():
    rows = many_rows(30)
    rows[5] = drop(rows[5], "off_topic")

    after, _ = divided(rows, split_settings())

    videos = [{row.video_id for row in part(after, name)} for name in PARTS]
    assert all(one.isdisjoint(other) for one, other in combinations(videos, 2))
    assert (after[5].status, after[5].part) == ("dropped", None)
    assert [row.id for row in after] == [row.id for row in rows]


def test_a_train_row_near_a_held_out_question_is_purged_and_others_stay():
    rows = many_rows(30)
    after, assignment = divided(rows, split_settings())
    held, train = part(after, "test")[0], part(after, "train")
    copy = train[0].model_copy(update={"question": held.question + "?", "part": None})
    planted = [copy if row.id == copy.id else row for row in rows]

    purged, _ = divided(planted, split_settings(), assignment)

    assert [row.id for row in purged if row.reason == "near_heldout"] == [copy.id]
    assert held.id in {row.id for row in part(purged, "test")}


def unnamed(number, question):
    return row_of(f"row-{number:012x}:x{number:012x}", question=question, answer=f"A{number}.")


def test_rows_without_a_video_share_a_part_with_those_that_ask_nearly_the_same():
    asked = [row.question for row in many_rows(20, each=2)]
    rows = [unnamed(number, question) for number, question in enumerate(asked)]
    likes = [unnamed(100 + n, f"{question[:-1]} or so?") for n, question in enumerate(asked)]

    after, assignment = divided([*rows, *likes], split_settings())
    later, _ = divided(
        [*rows, *likes, *[unnamed(200 + n, f"Now {q}") for n, q in enumerate(asked)]],
        split_settings(),
        assignment,
    )

    placed = {row.id: row.part for row in later}
    assert all(row.part == other.part for row, other in zip(after[:40], after[40:], strict=True))
    assert {row.part for row in after} == set(PARTS)
    assert {row.status for row in after} == {"kept"}
    assert all(placed[row.id] == row.part for row in after)
    assert all(later[n].part == later[80 + n].part for n in range(40))


def test_a_split_without_any_training_row_left_is_refused():
    rows = [row_of(f"v{n}:q01") for n in range(6)]

    with pytest.raises(EmptySplitError, match="purge_threshold"):
        divided(rows, split_settings())


@pytest.mark.parametrize("wanted", [5, 17, 40])
def test_validation_rows_are_exact_by_request(wanted):
    rows = many_rows(40)

    after, assignment = divided(rows, split_settings(validation_rows=wanted))
    again, _ = divided(rows, split_settings(validation_rows=wanted), assignment)

    assert len(part(after, "valid")) == wanted
    assert after == again
    assert {row.reason for row in after} <= {None, "not_selected"}


def test_more_validation_rows_than_there_are_is_refused():
    with pytest.raises(EmptySplitError, match="validation_rows"):
        divided(many_rows(5), split_settings(validation_rows=500))


# --- leak ------------------------------------------------------------------------


def test_leak_counts_held_out_rows_not_pairs():
    held = [row_of("a:q01"), row_of("b:q01", question="Why is wax white?", answer="It is new.")]
    train = [row_of("a:q02"), row_of("c:q01"), row_of("d:q01")]

    leak = measure_leak(train, held, 0.8)

    assert (leak.held_out_rows, leak.train_rows) == (2, 3)
    assert (leak.rows_sharing_video, leak.rows_near_duplicate, leak.rows_sharing_8gram) == (1, 1, 1)


def test_few_videos_say_what_cannot_be_claimed():
    rows, _ = divided(many_rows(4), split_settings())

    claims = leak_report(rows, split_settings()).claims

    assert any("nothing can be claimed" in claim for claim in claims)


# --- the real rows -----------------------------------------------------------------


@pytest.fixture(scope="module")
def real_rows(real_pairs):
    return rows_of(real_answers(real_pairs))


@pytest.fixture(scope="module")
def real_split(real_rows):
    settings = split_settings(salt="2025-11")
    cleaned = deduplicate_rows(real_rows, dedup_settings(), defects=defects)
    return divided(cleaned.rows, settings)[0]


def test_a_random_split_of_the_real_rows_leaks_as_facts_2_says(real_rows):
    settings = [split_settings(salt=str(seed), purge_threshold=0.85) for seed in range(4)]

    leaks = [measure_leak(*random_split(real_rows, one), 0.85) for one in settings]

    assert {(leak.held_out_rows, leak.rows_sharing_video) for leak in leaks} == {(342, 342)}
    assert 5 < sum(leak.rows_near_duplicate for leak in leaks) / len(leaks) < 11


def test_the_split_of_the_real_rows_leaks_nothing_by_brute_force(real_split):
    train = part(real_split, "train")
    held = [row for row in kept(real_split) if row.part in HELD_OUT]

    assert {row.video_id for row in train}.isdisjoint({row.video_id for row in held})
    near = process.cdist(
        [normalise(row.question, "full") for row in held],
        [normalise(row.question, "full") for row in train],
        scorer=fuzz.ratio,
    )
    assert (near > 80 + 1e-3).sum() == 0


def test_the_leak_report_of_the_real_rows_agrees_with_brute_force(real_split):
    report = leak_report(real_split, split_settings(salt="2025-11"))

    train, held = random_split(real_split, split_settings(salt="2025-11"))
    near = process.cdist(
        [normalise(row.question, "full") for row in held],
        [normalise(row.question, "full") for row in train],
        scorer=fuzz.ratio,
    )
    assert report.before.rows_near_duplicate == int((near > 80 + 1e-3).any(axis=1).sum())
    assert report.before.rows_sharing_video == report.before.held_out_rows
    assert (report.after.rows_sharing_video, report.after.rows_near_duplicate) == (0, 0)
    assert 0 < report.purged_share < 0.03
    assert dict(report.videos) == {"train": 118, "valid": 15, "test": 15}


def test_adding_real_videos_in_any_order_moves_no_row(real_rows):
    videos = sorted({row.video_id for row in real_rows})
    random.Random(7).shuffle(videos)
    settings = split_settings()
    first, assignment = divided([row for row in real_rows if row.video_id in videos[:98]], settings)
    before = {row.id: row.part for row in first if row.part}

    for count in (99, 109, 148):
        present = set(videos[:count])
        rows, assignment = divided(
            [row for row in real_rows if row.video_id in present], settings, assignment
        )
        now = {row.id: row.part for row in rows if row.status == "kept"}
        assert all(now[id_] == name for id_, name in before.items() if id_ in now)
        assert {row.reason for row in rows if row.id in before} <= {None, "near_heldout"}
