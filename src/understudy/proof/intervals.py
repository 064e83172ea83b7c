"""Confidence intervals for rows that come in videos.

Rows of one video share its subject and its recording, so they are not
independent: on clustered questions a bootstrap over rows calls 43 % of pure
noise significant. Here whole videos are drawn, and the interval is widened for
their small number (`benchmarks/intervals.py` simulates what it covers).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

from understudy.proof.quantiles import normal_quantile, student_quantile
from understudy.records import Record

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]
"""Column sums `(..., columns)` to one figure for each `(...)`."""

MIN_VIDEOS = 3
"""With fewer there is no interval: two videos differ in one way only."""


class Interval(Record):
    """An estimate with its uncertainty."""

    estimate: float
    low: float | None
    """None, with `high`, for fewer than `MIN_VIDEOS` videos."""
    high: float | None
    videos: int

    @property
    def ends(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)

    def of_shares(self, confidence: float) -> Interval:
        """The same for a difference of shares: never over 1, and never without width."""
        if self.low is None or self.high is None:
            return self
        open_ = margin_without_spread(self.videos, confidence) if self.low == self.high else 0.0
        return self.model_copy(
            update={"low": max(self.low - open_, -1.0), "high": min(self.high + open_, 1.0)}
        )


def video_totals(videos: Sequence[Hashable], columns: Array) -> Array:
    """Add up the rows of each video.

    Args:
        videos: The video of each row.
        columns: `(rows, columns)`.

    Returns:
        `(videos, columns)`, videos in order of first appearance.
    """
    places = {video: place for place, video in enumerate(dict.fromkeys(videos))}
    totals = np.zeros((len(places), columns.shape[1]))
    np.add.at(totals, [places[video] for video in videos], columns)
    return totals


def ratio_of_sums(sums: Array) -> Array:
    """First column over second: a mean over rows, however they are spread over videos.

    A draw without any denominator has no ratio and gives NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def bootstrap_over_videos(
    totals: Array,
    statistic: Statistic,
    *,
    resamples: int,
    confidence: float,
    generator: np.random.Generator,
) -> Interval:
    """Interval of a statistic of sums, whole videos drawn with replacement.

    The percentile interval of few clusters is too short twice over: the draws
    spread by a factor sqrt((n-1)/n) too little, and the normal quantile stands
    where Student's belongs. Both ends are moved away from the estimate by the
    product of the two. With 3 to 40 videos of unequal size the result covers
    94 to 95 % (92 to 95 % for strongly skewed ones), where the plain percentile
    interval covers 75 % with 3 videos, 84 % with 5 and 90 % with 10.

    Args:
        totals: `(videos, columns)`, see `video_totals`. A paired difference keeps both arms'
            columns side by side, so that each draw takes a video with both.
        resamples: Number of draws.
        confidence: Such as 0.95.

    Source:
        Hesterberg, "What Teachers Should Know about the Bootstrap" (The American Statistician
        69, 2015, arXiv:1411.5279), section on the expanded percentile interval. He widens the
        quantiles' levels; with 5 clusters the draws take too few values for that (92 % coverage
        here), so the ends are stretched instead.
    """
    count = len(totals)
    estimate = float(statistic(totals.sum(axis=0)))
    if count < MIN_VIDEOS:
        return Interval(estimate=estimate, low=None, high=None, videos=count)

    weights = generator.multinomial(count, np.full(count, 1 / count), size=resamples)
    drawn = statistic(weights.astype(np.float64) @ totals)
    drawn = drawn[np.isfinite(drawn)]
    if not drawn.size or not np.isfinite(estimate):
        return Interval(estimate=estimate, low=None, high=None, videos=count)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    stretch = small_sample_stretch(count, confidence)
    return Interval(
        estimate=estimate,
        low=estimate - (estimate - float(low)) * stretch,
        high=estimate + (float(high) - estimate) * stretch,
        videos=count,
    )


def margin_without_spread(videos: int, confidence: float) -> float:
    """What is left open of a share where no video differed from another.

    The draws of a bootstrap are then all the same, and its interval has no width: it would be as sure
    after three videos as after three hundred. So many videos without an exception leave room for
    this share of exceptions.

    Source:
        Clopper and Pearson, "The Use of Confidence or Fiducial Limits" (Biometrika 26, 1934), at no
        event; about 3.7 / videos at 95 %, as the rule of three says of one side.
    """
    return 1 - ((1 - confidence) / 2) ** (1 / videos)


def small_sample_stretch(videos: int, confidence: float) -> float:
    """How much longer the interval of so few videos must be than the percentile interval."""
    tail = (1 - confidence) / 2
    quantiles = student_quantile(1 - tail, videos - 1) / normal_quantile(1 - tail)
    return float(np.sqrt(videos / (videos - 1))) * quantiles


def detectable_effect(half_width: float, *, videos: int, confidence: float) -> float:
    """Smallest true effect that this test set finds with 80 % power.

    Args:
        half_width: Of the interval at `confidence`, in any unit; the result has the same.

    Source:
        Bloom, "Minimum Detectable Effects" (Evaluation Review 19, 1995): the standard error times the
        sum of both quantiles, here Student's.
    """
    found = student_quantile(1 - (1 - confidence) / 2, videos - 1)
    return half_width * (found + student_quantile(0.8, videos - 1)) / found


def videos_needed(effect: float, *, detectable: float, videos: int) -> int:
    """Videos with which an effect of this size would be found: the error falls with the root."""
    return max(videos + 1, int(np.ceil(videos * (detectable / effect) ** 2)))
