"""Telling a difference between two shares from chance."""

import math
from typing import NamedTuple

from .values import Share

Z = 1.959963984540054  # of the normal distribution: 95 of 100 cases lie within it, on both sides


class Interval(NamedTuple):
    """Where a share may truly lie, in per cent, rounded outwards."""

    low: int
    high: int


def interval(share: Share) -> Interval | None:
    """In 95 of 100 cases the true share lies in it (Wilson 1927). None where nothing was counted."""
    if not share.whole:
        return None
    low, high = _bounds(share)
    return Interval(math.floor(100 * low), math.ceil(100 * high))


def differ(one: Share, other: Share) -> int:
    """1 where `one` is higher than `other` beyond what chance explains, -1 where it is lower, else 0.

    They differ where their intervals do not touch: rather too seldom than too often.
    """
    if not one.whole or not other.whole:
        return 0
    (low, high), (other_low, other_high) = _bounds(one), _bounds(other)
    return (low > other_high) - (high < other_low)


def _bounds(share: Share) -> tuple[float, float]:
    n, p = share.whole, share.part / share.whole
    middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    low = 0.0 if share.part == 0 else max(middle - half, 0.0)
    high = 1.0 if share.all else min(middle + half, 1.0)
    return low, high
