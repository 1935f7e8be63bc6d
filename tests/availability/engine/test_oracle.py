"""The engine against the oracle and against its own promises, around real clock changes.

ENGINE_EXAMPLES=3000 draws that many new cases; without it the same cases are drawn every time.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from availability.engine import Question, explain, first_after, is_offered, slots
from tests.availability.engine.asking import ALL_DAY, DAY, MINUTE, every_day, utc
from tests.availability.engine.oracle import Oracle
from tests.availability.engine.questions import CHANGES, questions

EXAMPLES = os.environ.get("ENGINE_EXAMPLES")
many = settings(
    max_examples=int(EXAMPLES or 500),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.promise("A1", "A2", "A6", "A7", "A8", "A9", "A10", "A13")
@many
@given(question=questions())
def test_slots_are_what_the_oracle_finds_minute_by_minute(question: Question) -> None:
    found = slots(question)

    event("some slots" if found else "no slots")
    assert found == Oracle(question).slots()


@many
@given(question=questions(), data=st.data())
def test_slots_of_a_split_window_are_the_slots_of_the_whole(question: Question, data: st.DataObject) -> None:
    start, end = question.window
    cut = data.draw(st.integers(start + 1, end), label="cut")
    parts = [(start, cut)] + ([(cut, end)] if cut < end else [])

    pieces = [slots(replace(question, window=window)) for window in parts]

    assert list(chain.from_iterable(pieces)) == slots(question)


@many
@given(question=questions(), data=st.data())
def test_adding_a_busy_event_adds_no_slot(question: Question, data: st.DataObject) -> None:
    start = data.draw(st.integers(*question.window), label="start")
    more = [*question.busy, (start, start + data.draw(st.integers(0, 7200), label="length"))]

    assert set(slots(replace(question, busy=more))) - set(slots(question)) == set()


@pytest.mark.promise("A14")
@many
@given(question=questions())
def test_explain_is_empty_exactly_for_offered_starts(question: Question) -> None:
    found = set(slots(question))
    candidates = sorted(found | set(range(*question.window, 5 * MINUTE)))

    assert {start for start in candidates if not explain(question, start)} == found


@many
@given(question=questions())
def test_is_offered_and_first_after_agree_with_slots(question: Question) -> None:
    found = slots(question)

    assert [is_offered(question, start) for start in found] == [True] * len(found)
    assert first_after(question, question.window[0]) == (found[0] if found else None)


@pytest.fixture
def server_in_chatham(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process believes to be in a zone of its own until the test is over."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Pacific/Chatham")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.promise("A13")
@pytest.mark.usefixtures("server_in_chatham")
@settings(many, max_examples=60)
@given(question=questions())
def test_slots_do_not_depend_on_the_zone_of_the_server(question: Question) -> None:
    assert time.timezone == -(12 * 3600 + 45 * 60)
    assert slots(question) == Oracle(question).slots()


@pytest.mark.promise("A13")
@pytest.mark.parametrize(("zone", "text"), CHANGES)
def test_whole_days_around_each_known_change_are_as_the_oracle_says(zone: str, text: str) -> None:
    question = around(zone, text)

    found = slots(question)

    assert found == Oracle(question).slots()
    assert len(found) > 100


def around(zone: str, text: str) -> Question:
    change = utc(text)
    return Question(
        now=0,
        window=(change - DAY, change + DAY),
        duration=20 * MINUTE,
        step=15 * MINUTE,
        hours=every_day(zone, ALL_DAY),
        zone=zone,
    )
