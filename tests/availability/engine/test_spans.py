"""Span arithmetic, against sets of instants."""

from hypothesis import given
from hypothesis import strategies as st

from availability.engine.spans import Span, complement, covers, holds, intersect, merge, overlaps, subtract

spans = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def instants(some: list[Span]) -> set[int]:
    return {instant for start, end in some for instant in range(start, end)}


def is_tidy(some: list[Span]) -> bool:
    edges = [edge for span in some for edge in span]
    return edges == sorted(set(edges))


@given(spans)
def test_merge_keeps_the_instants_and_is_tidy(some: list[Span]) -> None:
    assert instants(merge(some)) == instants(some)
    assert is_tidy(merge(some))


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_complement_is_the_rest_of_the_window(some: list[Span], start: int, end: int) -> None:
    rest = complement(some, start, end)

    assert instants(rest) == set(range(start, end)) - instants(some)
    assert is_tidy(rest)


@given(spans, spans)
def test_intersect_and_subtract_divide_the_first(some: list[Span], others: list[Span]) -> None:
    assert instants(intersect(some, others)) == instants(some) & instants(others)
    assert instants(subtract(some, others)) == instants(some) - instants(others)
    assert is_tidy(intersect(some, others))
    assert is_tidy(subtract(some, others))


@given(spans, st.integers(0, 40), st.integers(0, 40))
def test_covers_means_every_instant_is_held(some: list[Span], start: int, end: int) -> None:
    assert covers(some, start, end) == (set(range(start, end)) <= instants(some))


def test_touching_spans_become_one() -> None:
    assert merge([(5, 9), (1, 5)]) == [(1, 9)]


def test_an_empty_span_holds_and_overlaps_nothing() -> None:
    assert not holds((5, 5), 5)
    assert not overlaps((5, 5), (0, 10))
    assert merge([(5, 5)]) == []


def test_overlap_needs_a_shared_instant() -> None:
    assert overlaps((0, 5), (4, 8))
    assert not overlaps((0, 5), (5, 8))
