"""Outside events and the new appointment's buffers (A10)."""

import pytest

from availability.engine import Code, Reason, Source, explain
from tests.availability.engine.asking import MINUTE, ask, offered, span, utc

EVENT = span("2026-06-01T11:00", "2026-06-01T12:00")
pytestmark = pytest.mark.promise("A10")


def test_appointments_may_touch_an_event() -> None:
    assert offered(ask(busy=[EVENT])) == ["09:00", "10:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


def test_buffer_before_keeps_clear_of_the_event_before() -> None:
    assert offered(ask(busy=[EVENT], before=MINUTE)) == ["09:00", "10:00", "13:00", "14:00", "15:00", "16:00"]


def test_buffer_after_keeps_clear_of_the_event_after() -> None:
    assert offered(ask(busy=[EVENT], after=MINUTE)) == ["09:00", "12:00", "13:00", "14:00", "15:00", "16:00"]


def test_buffers_may_reach_out_of_the_opening_hours() -> None:
    assert offered(ask(before=30 * MINUTE, after=30 * MINUTE))[::7] == ["09:00", "16:00"]


def test_event_outside_the_window_blocks_by_its_end() -> None:
    question = ask(busy=[EVENT], window=span("2026-06-01T11:30", "2026-06-01T13:00"), step=30 * MINUTE)

    assert offered(question) == ["12:00", "12:30"]


def test_event_after_the_window_blocks_what_runs_into_it() -> None:
    question = ask(busy=[EVENT], window=span("2026-06-01T09:00", "2026-06-01T11:00"), step=30 * MINUTE)

    assert offered(question) == ["09:00", "09:30", "10:00"]


def test_event_without_length_takes_no_time() -> None:
    at_ten = utc("2026-06-01T10:30")

    assert offered(ask(busy=[(at_ten, at_ten)])) == offered(ask())


def test_reason_names_the_event_that_overlaps() -> None:
    early = span("2026-06-01T01:00", "2026-06-01T02:00")

    assert explain(ask(busy=[early, EVENT]), utc("2026-06-01T11:00")) == [
        Reason(Code.CALENDAR, span=EVENT, source=Source.BUSY, index=1)
    ]


def test_reason_is_the_buffer_where_only_the_buffer_touches() -> None:
    assert explain(ask(busy=[EVENT], after=MINUTE), utc("2026-06-01T10:00")) == [
        Reason(Code.BUFFER, span=EVENT, source=Source.BUSY, index=0)
    ]
