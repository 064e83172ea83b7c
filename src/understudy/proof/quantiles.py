"""Quantiles of the distributions that intervals are made of.

scipy is imported by the first call: it takes 0.2 s, and every flow imports the
proof, finished or not.
"""

from __future__ import annotations

from statistics import NormalDist


def normal_quantile(share: float) -> float:
    """Below which this share of a standard normal distribution lies."""
    return NormalDist().inv_cdf(share)


def student_quantile(share: float, freedom: int) -> float:
    """Below which this share of Student's distribution lies.

    Args:
        freedom: Degrees of freedom.
    """
    from scipy.special import stdtrit

    return float(stdtrit(freedom, share))


def beta_quantile(share: float, hits: int, misses: int) -> float:
    """Below which this share of a beta distribution with these two parameters lies."""
    from scipy.special import betaincinv

    return float(betaincinv(hits, misses, share))
