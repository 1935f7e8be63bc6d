"""The grid of starts (A8): which instants are candidates at all.

A step that divides an hour follows the host's wall clock: a quarter-hour grid is :00 :15 :30 :45 on every day
and after every clock change, and no event makes it begin anew. Any other step (45, 50, 90 minutes) is counted
in real elapsed time from the start of the day's own range.
"""

from collections.abc import Iterable

from availability.engine.local_time import segments
from availability.engine.question import Question
from availability.engine.spans import Span

HOUR = 3_600

Cell = tuple[int, int, int]
"""(start, end, anchor): in [start, end) the grid is at anchor plus and minus whole steps."""


def cells(question: Question) -> list[Cell]:
    """Where which grid holds in the question's window: sorted and disjoint."""
    start, end = question.window
    if HOUR % question.step == 0:
        return [(left, right, -offset) for left, right, offset in segments(question.hours.zone, start, end)]
    return [(left, right, left) for left, right in question.open]


def on_grid(free: Iterable[Span], where: list[Cell], step: int) -> list[int]:
    """The instants of the grid in the free spans (tidy), in order."""
    starts: list[int] = []
    first = 0
    for left, right in free:
        while first < len(where) and where[first][1] <= left:
            first += 1
        for number in range(first, len(where)):
            start, end, anchor = where[number]
            if start >= right:
                break
            start = left if left > start else start
            starts += range(start + (anchor - start) % step, right if right < end else end, step)
    return starts
