"""Time off and closing rules."""

import pytest

from availability.engine import Code, Reason, Source, explain
from tests.availability.engine.asking import HOUR, ask, offered, span, utc

AFTERNOON = span("2026-06-01T12:00", "2026-06-01T17:00")
pytestmark = pytest.mark.promise("A3")


def test_closed_time_takes_the_slots_that_lie_in_it() -> None:
    assert offered(ask(closed=[AFTERNOON])) == ["09:00", "10:00", "11:00"]


def test_buffers_are_not_kept_from_closed_time() -> None:
    assert offered(ask(closed=[AFTERNOON], after=HOUR)) == ["09:00", "10:00", "11:00"]


def test_reason_names_the_time_off() -> None:
    assert explain(ask(closed=[AFTERNOON]), utc("2026-06-01T13:00")) == [
        Reason(Code.TIME_OFF, span=AFTERNOON, source=Source.CLOSED, index=0)
    ]
