"""Spans of time: half-open pairs of whole epoch seconds, and the few ways to combine them.

A span ``(start, end)`` holds every instant ``start <= t < end``; a span with ``end <= start`` holds nothing.
Functions take spans in any order, overlapping or empty, and give back *tidy* lists: sorted, disjoint, none
empty, touching ones joined.
"""

from collections.abc import Iterable

Span = tuple[int, int]

BEGINNING = -(2**62)
"""Before every instant anybody can ask about: the open left end of a span."""
END = 2**62
"""After every instant anybody can ask about: the open right end of a span."""


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same instants as a tidy list."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        else:
            merged.append((start, end))
    return merged


def complement(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The instants of [start, end) that no span holds, tidy. One sort, one pass: the engine's inner loop."""
    free: list[Span] = []
    at = start
    for left, right in sorted(spans):
        if right <= at:
            continue
        if left > at:
            if left >= end:
                break
            if right <= left:
                continue
            free.append((at, left))
        at = right
    if at < end:
        free.append((at, end))
    return free


def subtract(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The instants held by ``spans`` and not by ``taken``, tidy."""
    kept = merge(spans)
    if not kept:
        return []
    return intersect(kept, complement(taken, kept[0][0], kept[-1][1]))


def intersect(some: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The instants both hold, tidy."""
    left, right = merge(some), merge(others)
    both: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] <= right[j][1]:
            i += 1
        else:
            j += 1
    return both


def covers(spans: Iterable[Span], start: int, end: int) -> bool:
    """Whether every instant of [start, end) is held; an empty question is covered by anything."""
    return not complement(spans, start, end)


def holds(span: Span, instant: int) -> bool:
    """Whether the span holds this instant."""
    return span[0] <= instant < span[1]


def overlaps(span: Span, other: Span) -> bool:
    """Whether the two share an instant. An empty span shares none, even inside another."""
    return max(span[0], other[0]) < min(span[1], other[1])
