"""Near-duplicates: the same clusters in any order, one keeper each, by a documented rule."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from tests.support.rows import GOOD, dedup_settings, real_answers, row_of
from understudy.conflicts import conflicts, disagreements
from understudy.dedup import deduplicate_rows, normalise
from understudy.quality import defects
from understudy.rows import kept, rows_of
from understudy.similarity.clusters import complete_linkage, connected


@pytest.fixture(scope="module")
def real_rows(real_pairs):
    return rows_of(real_answers(real_pairs))


def found(rows, **changes):
    return deduplicate_rows(rows, dedup_settings(**changes), defects=defects)


def outcome(result):
    return {(row.id, row.reason, row.cluster) for row in result.rows}


# --- the figures of FACTS 1 ----------------------------------------------------


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_real_questions_lose_31_in_15_clusters_in_any_order(real_rows, seed):
    rows = list(real_rows)
    if seed is not None:
        random.Random(seed).shuffle(rows)

    result = found(rows, normalise="lower", max_cluster=0)

    assert len(rows) - len(kept(result.rows)) == 31
    assert len(result.clusters) == 15
    assert outcome(result) == outcome(
        found(sorted(rows, key=lambda row: row.id), normalise="lower", max_cluster=0)
    )


def test_no_two_real_questions_that_stay_are_near_each_other(real_rows):
    rows = real_rows

    result = found(rows, normalise="lower", max_cluster=0)

    questions = {row.id: row.question.lower() for row in rows}
    left = [questions[row.id] for row in kept(result.rows)]
    near = process.cdist(left, left, scorer=fuzz.ratio) > 85
    assert near.sum() == len(left)  # each is near itself alone


def test_at_a_lower_threshold_the_guard_divides_the_snowball(real_rows):
    rows = real_rows

    loose = found(rows, normalise="lower", threshold=0.7, max_cluster=0)
    guarded = found(rows, normalise="lower", threshold=0.7, max_cluster=20)

    assert max(len(cluster.members) for cluster in loose.clusters) == 83
    assert guarded.split_clusters == 1
    assert max(len(cluster.members) for cluster in guarded.clusters) <= 20


# --- keepers -------------------------------------------------------------------


def test_the_keeper_has_the_fewest_defects_whatever_its_evidence():
    rows = [
        row_of("a:q01", answer="It ends in the middle of", evidence_score=100.0),
        row_of("b:q01", answer="**Yes.** They fan.", evidence_score=80.0),
    ]

    assert [row.id for row in kept(found(rows).rows)] == ["b:q01"]


def test_among_sound_answers_the_better_evidence_keeps_its_row():
    rows = [
        row_of("a:q01", answer=GOOD, evidence_score=None, quote=None),
        row_of("b:q01", answer="Yes, it does so.", evidence_score=90.0),
    ]

    assert [row.id for row in kept(found(rows).rows)] == ["b:q01"]


def test_with_equal_evidence_the_more_complete_answer_stays():
    rows = [row_of("a:q01", answer="Yes, it does so."), row_of("b:q01", answer=GOOD)]

    assert [row.id for row in kept(found(rows).rows)] == ["b:q01"]


def test_the_same_question_is_a_duplicate_and_a_similar_one_a_near_duplicate():
    rows = [
        row_of("a:q01", answer=GOOD),
        row_of(
            "b:q01", answer="Short one.", question="HOW do bees keep their stores  dry in winter?"
        ),
        row_of("c:q01", answer="Another.", question="How do bees keep their store dry in winters?"),
    ]

    assert [row.reason for row in found(rows).rows] == [None, "duplicate_row", "near_duplicate"]


def test_equal_answers_are_duplicates_unless_they_are_short():
    rows = [
        row_of("a:q01", question="Why do bees dance at all?"),
        row_of("b:q01", question="What makes drones leave?"),
        row_of("c:q01", question="Is wax made of honey?", answer="No."),
        row_of("d:q01", question="Do queens sting often?", answer="No."),
    ]

    result = found(rows)

    assert sorted(str(row.reason) for row in result.rows) == [
        "None",
        "None",
        "None",
        "duplicate_row",
    ]


def test_rows_that_were_dropped_before_neither_win_nor_lose():
    dropped = row_of("a:q01", status="dropped", reason="empty")

    result = found([dropped, row_of("b:q01")])

    assert list(result.rows) == [dropped, row_of("b:q01")]


WORDS = st.sampled_from(["bees", "keep", "honey", "dry", "in", "winter", "why", "cold"])


@given(st.lists(st.lists(WORDS, min_size=1, max_size=6), max_size=14), st.randoms())
def test_order_changes_nothing_and_a_second_pass_removes_nothing(questions, draw):
    rows = [
        row_of(f"v:q{index:02d}", question=" ".join(words), answer=f"Answer {index}.")
        for index, words in enumerate(questions)
    ]
    shuffled = list(rows)
    draw.shuffle(shuffled)

    result = found(rows, max_cluster=3)

    assert outcome(result) == outcome(found(shuffled, max_cluster=3))
    if not result.split_clusters:
        assert len(kept(found(kept(result.rows), max_cluster=0).rows)) == len(kept(result.rows))


# --- parts of it ---------------------------------------------------------------


def test_connected_names_the_lowest_node():
    assert connected(6, [(4, 2), (2, 5), (0, 1)]) == [0, 0, 2, 3, 2, 2]


def test_complete_linkage_joins_only_what_is_linked_throughout():
    chain = [(0.1, 0, 1), (0.2, 1, 2), (0.3, 0, 2), (0.4, 2, 3)]

    assert sorted(complete_linkage(range(4), chain)) == [[0, 1, 2], [3]]


@given(st.integers(2, 8), st.data())
def test_complete_linkage_makes_cliques(count, data):
    every = list(combinations(range(count), 2))
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True))
    edges = [(data.draw(st.integers(1, 3)) / 10, left, right) for left, right in chosen]

    groups = complete_linkage(range(count), edges)

    assert sorted(node for group in groups for node in group) == list(range(count))
    assert all(pair in chosen for group in groups for pair in combinations(sorted(group), 2))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a low\u2011carb diet", "a low-carb diet"),
        ("don’t  they?", "don't they?"),
        ("Ｗｈｙ", "why"),
        ("“so”", '"SO"'),
        ("STRASSE", "straße"),
    ],
)
def test_full_normalisation_folds_variants(one, other):
    assert normalise(one, "full") == normalise(other, "full")
    assert normalise(one, "lower") != normalise(other, "lower") or one.lower() == other.lower()


def test_answers_that_disagree_are_told():
    assert conflicts("**Yes**, bees sleep.", "No, bees never sleep.") == ("yes_or_no",)
    assert "numbers" in conflicts("Feed 12 litres of syrup.", "Feed 30 litres of syrup.")
    assert conflicts("Feed 12 litres of syrup.", "Feed them 12 litres of syrup.") == ()


def test_the_rows_tell_which_answers_conflict_as_the_clusters_do():
    asked = "Do bees sleep at night in winter?"
    rows = [
        row_of("a:q01", question=asked, answer="Yes. They sleep a little at night."),
        row_of("b:q01", question=asked, answer="No. They never sleep a little at night."),
        row_of("c:q01", question=asked, answer="Yes. They sleep rather more at night."),
        row_of("d:q01", question="Why is honey sticky?"),
    ]

    result = found(rows)

    [cluster] = result.clusters
    listed = {(one.id, cluster.keeper, one.conflicts) for one in cluster.members if one.conflicts}
    assert listed == set(disagreements(result.rows))
    assert {how for *_, how in listed} == {("yes_or_no",)}


def test_the_real_rows_tell_which_answers_conflict_as_the_clusters_do(real_rows):
    result = found(real_rows)

    told = list(disagreements(result.rows))

    assert {one.keeper for one in told} == {
        one.keeper for one in result.clusters if one.conflicting
    }
    assert len({one.keeper for one in told}) == 2
