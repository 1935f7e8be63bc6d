"""Pure decisions: pages to plans, suspicion, pauses, which occurrences block."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from calendars.providers.base import Page, RawItem, Status
from calendars.providers.errors import ServerFailed, TooLarge
from calendars.sync import cadence, plan
from calendars.sync.blocking import AllDay, Switches


def item(key: str, data: bytes = b"x", etag: str = "1") -> RawItem:
    return RawItem(key, etag, data)


def test_gather_lets_the_later_word_count() -> None:
    pages = [
        Page(items=(item("a"), item("b"))),
        Page(items=(item("a", b"newer"),), deleted=("b", "c")),
        Page(items=(item("c"),), cursor="7"),
    ]
    run = plan.gather(pages)
    assert {key: found.data for key, found in run.items.items()} == {"a": b"newer", "c": b"x"}
    assert (run.deleted, run.cursor, run.present) == ({"b"}, "7", None)


def test_gather_of_a_run_without_its_cursor_is_refused() -> None:
    with pytest.raises(ServerFailed):
        plan.gather([Page(items=(item("a"),))])


def test_gather_stops_at_the_cursor() -> None:
    assert plan.gather([Page(cursor="1"), Page(items=(item("a"),))]).items == {}


def test_gather_refuses_endless_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "MOST_ITEMS", 10)
    endless = (Page(items=(item(str(number)),)) for number in range(10**9))
    with pytest.raises(TooLarge):
        plan.gather(endless)


def test_decide_stores_what_is_new_or_changed_only() -> None:
    run = plan.gather([Page(items=(item("new"), item("changed", b"y"), item("same", etag="2")), cursor="1")])
    known = {"changed": plan.digest(b"x"), "same": plan.digest(b"x"), "left": plan.digest(b"x")}
    decided = plan.decide(run, known)
    assert [found.key for found in decided.store] == ["new", "changed"]
    assert (decided.restamp, decided.drop) == ({"same": "2"}, frozenset())


def test_decide_drops_what_a_full_listing_does_not_name() -> None:
    run = plan.gather(
        [Page(items=(item("new"),)), Page(cursor="1", complete=True, present=frozenset({"kept"}))]
    )
    assert plan.decide(run, {"kept": "", "gone": ""}).drop == {"gone"}


def test_decide_drops_what_an_incremental_run_names() -> None:
    run = plan.gather([Page(deleted=("gone", "never known"), cursor="1")])
    assert plan.decide(run, {"kept": "", "gone": ""}).drop == {"gone"}


def full(*present: str) -> plan.Gathered:
    return plan.gather([Page(cursor="1", complete=True, present=frozenset(present))])


@pytest.mark.parametrize(
    ("future", "vanishing", "expected"),
    [(10, 5, False), (10, 6, True), (12, 6, False), (5, 5, False), (100, 51, True)],
)
def test_listing_is_suspicious_when_most_would_vanish(future: int, vanishing: int, expected: bool) -> None:
    assert plan.is_suspicious(full("a"), future=future, vanishing=vanishing) is expected


def test_empty_listing_is_suspicious_where_it_would_free_time() -> None:
    assert plan.is_suspicious(full(), future=1, vanishing=1) is True
    assert plan.is_suspicious(full(), future=0, vanishing=0) is False


def test_incremental_run_is_never_suspicious() -> None:
    run = plan.gather([Page(deleted=tuple("abcdefgh"), cursor="1")])
    assert plan.is_suspicious(run, future=8, vanishing=8) is False


def test_fingerprint_names_an_answer_whatever_its_order() -> None:
    assert plan.fingerprint(full("a", "b")) == plan.fingerprint(full("b", "a"))
    assert plan.fingerprint(full("a")) != plan.fingerprint(full("b"))
    assert plan.fingerprint(full()) != ""


def test_reading_pauses_double_up_to_an_hour() -> None:
    minutes = [cadence.read_pause(attempts, None, 0.5) / timedelta(minutes=1) for attempts in range(1, 9)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize(("asked", "expected"), [(None, 1), (30.0, 1), (600.0, 10), (1e12, 60), (-5.0, 1)])
def test_reading_obeys_the_server_up_to_an_hour(asked: float | None, expected: float) -> None:
    assert cadence.read_pause(1, asked, 0.5) == timedelta(minutes=expected)


def test_writing_pauses_grow_to_six_hours() -> None:
    seconds = [cadence.write_pause(attempts, None, 0.5).total_seconds() for attempts in range(1, 9)]
    assert seconds == [30, 120, 600, 1800, 7200, 21600, 21600, 21600]


@pytest.mark.promise("C12")
def test_next_reading_varies_by_a_tenth() -> None:
    pauses = [cadence.next_read(10, jitter) / timedelta(minutes=1) for jitter in (0.0, 0.5, 0.9999)]
    assert [round(pause, 2) for pause in pauses] == [9.0, 10.0, 11.0]


@pytest.mark.promise("C13")
def test_defaults_block_as_promised() -> None:
    found = {status.value: Switches().block(status, all_day=False, unanswered=False) for status in Status}
    assert found == {"free": False, "tentative": False, "busy": True, "elsewhere": True, "oof": True}


@pytest.mark.promise("C14")
def test_all_day_events_follow_their_status_unless_switched() -> None:
    found = [
        (mode.value, status.value, Switches(all_day=mode).block(status, all_day=True, unanswered=False))
        for mode, status in product(AllDay, (Status.FREE, Status.BUSY))
    ]
    assert found == [
        ("status", "free", False),
        ("status", "busy", True),
        ("always", "free", True),
        ("always", "busy", True),
        ("never", "free", False),
        ("never", "busy", False),
    ]


@pytest.mark.promise("C13")
def test_unanswered_invitations_follow_their_switch() -> None:
    assert Switches().block(Status.BUSY, all_day=False, unanswered=True) is True
    assert Switches(unanswered=False).block(Status.BUSY, all_day=False, unanswered=True) is False
    assert Switches().block(Status.FREE, all_day=False, unanswered=True) is False
