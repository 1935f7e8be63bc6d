"""Own bookings: their buffers and the new one's both hold, and may lie on each other (A10)."""

import pytest

from availability.engine import Claim, Code, Reason, Source, explain
from tests.availability.engine.asking import MINUTE, ask, offered, span, utc

CORE = span("2026-06-01T11:00", "2026-06-01T12:00")
pytestmark = pytest.mark.promise("A10")


def claim(*, before: int = 0, after: int = 0) -> Claim:
    return (*CORE, CORE[0] - before * MINUTE, CORE[1] + after * MINUTE)


def around(booking: Claim, **changes: object) -> list[str]:
    question = ask(
        claims=[booking], window=span("2026-06-01T09:30", "2026-06-01T13:00"), step=15 * MINUTE, **changes
    )
    return offered(question)


def test_appointments_may_touch_a_booking_without_buffers() -> None:
    assert around(claim()) == ["09:30", "09:45", "10:00", "12:00", "12:15", "12:30", "12:45"]


def test_buffers_of_the_booking_are_kept() -> None:
    assert around(claim(before=15, after=30)) == ["09:30", "09:45", "12:30", "12:45"]


def test_buffers_of_the_new_appointment_are_kept() -> None:
    assert around(claim(), before=30 * MINUTE, after=15 * MINUTE) == ["09:30", "09:45", "12:30", "12:45"]


def test_the_longer_of_two_buffers_lies_between_not_their_sum() -> None:
    assert around(claim(before=15, after=15), before=30 * MINUTE, after=30 * MINUTE) == [
        "09:30",
        "12:30",
        "12:45",
    ]


def test_reason_names_the_booking_that_overlaps() -> None:
    assert explain(ask(claims=[claim()]), utc("2026-06-01T11:00")) == [
        Reason(Code.BOOKING, span=CORE, source=Source.CLAIMS, index=0)
    ]


def test_reason_is_the_buffer_where_only_the_bookings_buffer_touches() -> None:
    assert explain(ask(claims=[claim(after=10)]), utc("2026-06-01T12:00")) == [
        Reason(Code.BUFFER, span=CORE, source=Source.CLAIMS, index=0)
    ]
