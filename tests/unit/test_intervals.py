from __future__ import annotations

import numpy as np
import pytest

from understudy.proof.intervals import (
    bootstrap_over_videos,
    detectable_effect,
    ratio_of_sums,
    video_totals,
    videos_needed,
)


def clustered_noise(generator, videos, spread=1.0):
    """Rows around 0 whose videos differ: `(rows, 2)` of value and 1, and each row's video."""
    sizes = generator.integers(5, 16, videos)
    shift = generator.normal(0, spread, videos)
    names = np.repeat(np.arange(videos), sizes)
    values = shift[names] + generator.normal(0, 1.5, sizes.sum())
    return names.tolist(), np.column_stack([values, np.ones(len(values))])


def covered(videos, *, rows_as_videos=False, runs=300):
    generator = np.random.default_rng(videos)
    hits = 0
    for _ in range(runs):
        names, columns = clustered_noise(generator, videos)
        totals = columns if rows_as_videos else video_totals(names, columns)
        found = bootstrap_over_videos(
            totals, ratio_of_sums, resamples=300, confidence=0.95, generator=generator
        )
        hits += found.low <= 0 <= found.high
    return hits / runs


@pytest.mark.parametrize("videos", [3, 5, 10, 20])
def test_an_interval_over_videos_covers_what_it_promises(videos):
    share = covered(videos)

    assert 0.915 <= share <= 0.985  # three standard errors around 0.95 with 300 runs


def test_an_interval_over_rows_does_not():
    share = covered(10, rows_as_videos=True)

    assert share < 0.75


def interval_of(totals, seed=0, confidence=0.95):
    return bootstrap_over_videos(
        np.asarray(totals, float),
        ratio_of_sums,
        resamples=400,
        confidence=confidence,
        generator=np.random.default_rng(seed),
    )


def test_the_estimate_weighs_rows_and_not_videos():
    found = interval_of([[10, 1], [0, 9], [0, 10]])

    assert found.estimate == pytest.approx(0.5)


def test_two_videos_have_an_estimate_and_no_interval():
    found = interval_of([[1, 2], [3, 4]])

    assert (found.estimate, found.low, found.high) == (pytest.approx(4 / 6), None, None)


def test_equal_videos_leave_no_doubt():
    found = interval_of([[2, 4]] * 5)

    assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_the_same_seed_gives_the_same_interval():
    totals = [[1, 3], [2, 3], [5, 4], [0, 2]]

    assert interval_of(totals, seed=3) == interval_of(totals, seed=3)


def test_more_confidence_is_wider():
    totals = [[1, 3], [2, 3], [5, 4], [0, 2], [3, 3]]

    wide, narrow = interval_of(totals, confidence=0.99), interval_of(totals, confidence=0.8)

    assert wide.high - wide.low > narrow.high - narrow.low


def test_rows_of_one_video_are_added_wherever_they_stand():
    totals = video_totals(["a", "b", "a"], np.array([[1.0, 1], [5, 1], [2, 1]]))

    assert totals.tolist() == [[3, 2], [5, 1]]


def shares(*videos):
    """The interval of a difference of shares, each video with one answer."""
    totals = np.array([(value, 1.0) for value in videos])
    generator = np.random.default_rng(1)
    found = bootstrap_over_videos(
        totals, ratio_of_sums, resamples=500, confidence=0.95, generator=generator
    )
    return found.of_shares(0.95).ends


@pytest.mark.parametrize(("videos", "room"), [(3, 0.708), (7, 0.410), (40, 0.088)])
def test_videos_without_an_exception_leave_room_for_as_many_as_they_could_miss(videos, room):
    assert shares(*[1.0] * videos) == pytest.approx((1 - room, 1.0), abs=1e-3)
    assert shares(*[0.0] * videos) == pytest.approx((-room, room), abs=1e-3)


def test_a_share_is_not_said_to_move_by_more_than_all():
    low, high = shares(-1.0, -1.0, -0.2)

    assert low == -1.0
    assert high > -0.2


def test_four_times_the_videos_find_half_the_effect():
    smallest = detectable_effect(0.1, videos=10, confidence=0.95)

    assert smallest > 0.1
    assert videos_needed(smallest / 2, detectable=smallest, videos=10) == 40
