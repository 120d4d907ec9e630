"""Lines over the days of a course, as SVG draws them at any width: every place is in per cent of the width or the height.

The first day fills the width from 0 to its end, the last one ends at 100: what is told of a day is told of its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .progress import Share

STEPS = (1, 2, 3, 7, 14, 28, 91, 182, 364)  # days between two marks on the axis
MARKS = 4  # at most so many steps
APART = 9  # per cent of the height that a line of text takes

Point = tuple[int, Share]  # a number from that day of the course on, counted from 1


@dataclass(frozen=True)
class Line:
    """A drawn line. `x` and `y` are where it ends, `label_y` is where its name stands there."""

    name: str
    look: int  # from 1 on: how it is dashed
    first: Share
    last: Share
    path: str
    x: str
    y: str
    label_y: str


def drawn(lines: Iterable[tuple[str, Sequence[Point]]], length: int) -> list[Line]:
    """The lines of a chart so many days long, by their names. Those without a number are left out, and keep their look."""
    found = []
    for look, (name, points) in enumerate(lines, 1):
        told = [(n, share) for n, share in points if share.whole]
        if told:
            found.append((name, look, told[0][1], told[-1], path(points, length)))
    labels = spread([_height(share) for *_line, (_n, share), _path in found])
    return [
        Line(name, look, first, last, way, place(n, length), f"{_said(_height(last))}%", f"{_said(label)}%")
        for (name, look, first, (n, last), way), label in zip(found, labels, strict=True)
    ]


def path(points: Iterable[Point], length: int) -> str:
    """The way of a line: it changes in the course of a day, and stays until the next change. Nothing counted: a gap."""
    steps = []
    before = None
    for n, share in points:
        if not share.whole:
            before = None
            continue
        if before is None:
            steps.append(f"M{_said(_at(n, length))} {_said(_height(share))}")
        else:
            if before < n - 1:
                steps.append(f"H{_said(_at(n - 1, length))}")
            steps.append(f"L{_said(_at(n, length))} {_said(_height(share))}")
        before = n
    return "".join(steps)


def place(n: int, length: int) -> str:
    """The end of a day."""
    return f"{_said(_at(n, length))}%"


def fields(days: Sequence[int], length: int) -> Iterator[tuple[str, str]]:
    """For each of `days` the beginning and the width of the time for which its numbers stand: until the next of them."""
    for n, following in zip(days, [*days[1:], days[-1] + 1] if days else (), strict=True):
        yield place(n - 1, length), f"{_said(_at(following - n, length))}%"


def ticks(length: int) -> list[int]:
    """The days that the axis names: the first, and from there in even steps."""
    step = next((step for step in STEPS if step * MARKS >= length), STEPS[-1] * -(-length // (STEPS[-1] * MARKS)))
    return list(range(1, length + 1, step))


def spread(heights: Sequence[float], apart: float = APART) -> list[float]:
    """Where labels stand that would be at `heights`: in the same order, so far apart, and none below the bottom."""
    order = sorted(range(len(heights)), key=lambda n: heights[n])
    found = list(heights)
    for above, below in pairwise(order):
        found[below] = max(found[below], found[above] + apart)
    bottom = 100.0
    for n in reversed(order):
        found[n] = min(found[n], bottom)
        bottom = found[n] - apart
    return found


def _at(n: int, length: int) -> float:
    return 100 * n / max(length, 1)


def _height(share: Share) -> float:
    """From the top."""
    return 100 - 100 * share.part / share.whole


def _said(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
