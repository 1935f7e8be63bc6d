"""Draining: every kind in turn, failures noted in codes, periodic work once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django_q.models import OrmQ

from bookingsite import heartbeat, leases, tasks, work
from bookingsite.models import Tick

Handler = Callable[[Tick, datetime], None]


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the test registers."""
    monkeypatch.setattr(work, "_kinds", {})
    monkeypatch.setattr(work, "_ticks", {})


def rows(prefix: str) -> Callable[[], QuerySet[Tick]]:
    return lambda: Tick.objects.filter(name__startswith=prefix)


def make(names: str, now: datetime) -> None:
    for name in names.split():
        Tick.objects.create(name=name, run_at=now)


def done(row: Tick, now: datetime) -> None:
    leases.finish(row, done_at=now)


def test_drain_handles_all_kinds_in_turn(kinds: None, db: None, now: datetime) -> None:
    seen: list[str] = []

    def note(row: Tick, at: datetime) -> None:
        seen.append(row.name)
        leases.finish(row)

    work.register(work.Kind("a", rows("a"), note))
    work.register(work.Kind("b", rows("b"), note))
    make("a1 a2 a3 b1", now)

    drained = work.drain(lambda: now)

    assert drained == work.Drained(rows=4, more=False)
    assert seen == ["a1", "b1", "a2", "a3"]


def test_drain_stops_when_its_time_is_over(kinds: None, db: None, now: datetime) -> None:
    work.register(work.Kind("a", rows("a"), done))
    make("a1", now)
    assert work.drain(lambda: now, budget=timedelta()) == work.Drained(rows=0, more=True)


def test_drain_of_named_kinds_leaves_the_others(kinds: None, db: None, now: datetime) -> None:
    work.register(work.Kind("a", rows("a"), done))
    work.register(work.Kind("b", rows("b"), done))
    make("a1 b1", now)
    assert work.drain(lambda: now, only={"b"}).rows == 1
    assert Tick.objects.get(name="a1").state == Tick.State.READY


def test_a_failing_handler_leaves_a_code_and_no_text(
    kinds: None, db: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(row: Tick, at: datetime) -> None:
        raise ValueError("password=hunter2")

    work.register(work.Kind("a", rows("a"), fail))
    make("a1", now)
    with caplog.at_level(logging.INFO):
        work.drain(lambda: now)

    row = Tick.objects.get()
    assert (row.error, row.attempts, row.lease) == ("unexpected:ValueError", 1, None)
    assert row.run_at > now
    assert "ValueError" in caplog.text
    assert "hunter2" not in caplog.text.replace('raise ValueError("password=hunter2")', "")


def test_a_handler_that_forgets_to_finish_is_noted(kinds: None, db: None, now: datetime) -> None:
    work.register(work.Kind("a", rows("a"), lambda row, at: None))
    make("a1", now)
    work.drain(lambda: now)
    assert Tick.objects.get().error == "unfinished"


def test_a_handler_that_lost_its_lease_changes_nothing(kinds: None, db: None, now: datetime) -> None:
    def steal(row: Tick, at: datetime) -> None:
        Tick.objects.update(run_at=at)
        leases.claim(Tick.objects.all(), now=at, lease_for=timedelta(hours=1))
        leases.finish(row)

    work.register(work.Kind("a", rows("a"), steal))
    make("a1", now)
    assert work.drain(lambda: now).rows == 1
    row = Tick.objects.get()
    assert (row.state, row.error, row.is_leased) == (Tick.State.READY, "", True)


def test_a_row_that_keeps_killing_its_worker_is_held_back(kinds: None, db: None, now: datetime) -> None:
    work.register(work.Kind("a", rows("a"), done, give_up_after=7))
    make("a1", now)
    at = now
    for _ in range(work.CRASHES):
        leases.claim(Tick.objects.all(), now=at, lease_for=timedelta(seconds=45))
        at += timedelta(seconds=45)

    work.drain(lambda: at)

    row = Tick.objects.get()
    assert (row.error, row.state, row.done_at) == ("worker-died", Tick.State.READY, None)
    assert row.run_at > at + timedelta(minutes=10)


def test_a_database_that_goes_away_ends_the_drain(
    kinds: None, db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(work.connections, "close_all", lambda: closed.append(True))

    def gone(row: Tick, at: datetime) -> None:
        raise OperationalError("gone")

    work.register(work.Kind("a", rows("a"), gone))
    make("a1 a2", now)

    assert work.drain(lambda: now) == work.Drained(rows=0, more=False)
    assert closed == [True]
    assert Tick.objects.filter(lease=None).count() == 1  # the other row was not tried


# --- periodic work ------------------------------------------------------------------------------


@pytest.fixture
def ticking(kinds: None, db: None, now: datetime) -> Iterator[list[datetime]]:
    calls: list[datetime] = []
    work.register(work.Kind("tick", Tick.objects.all, work._run_tick, give_up_after=None))
    work.register_tick("clean", 3600, calls.append, offset_seconds=600)
    return calls  # type: ignore[return-value]


def test_periodic_work_runs_at_its_slot_and_only_once(ticking: list[datetime], now: datetime) -> None:
    work.repair_ticks(now)
    slot = now + timedelta(minutes=10)

    work.drain(lambda: now)
    assert ticking == []
    work.drain(lambda: slot)
    work.drain(lambda: slot)

    assert ticking == [slot]
    row = Tick.objects.get()
    assert (row.run_at, row.done_at) == (slot + timedelta(hours=1), slot)


def test_periodic_work_that_was_missed_for_days_runs_once(ticking: list[datetime], now: datetime) -> None:
    work.repair_ticks(now)
    later = now + timedelta(days=3)
    work.drain(lambda: later)
    assert ticking == [later]
    assert Tick.objects.get().run_at == later + timedelta(minutes=10)


def test_repair_makes_drops_and_mends_rows(ticking: list[datetime], now: datetime) -> None:
    Tick.objects.create(name="unknown", run_at=now)
    Tick.objects.create(name="clean", run_at=now + timedelta(days=400), state=Tick.State.DEAD)
    work.repair_ticks(now)
    work.repair_ticks(now)
    row = Tick.objects.get()
    assert (row.name, row.state, row.run_at) == ("clean", Tick.State.READY, now + timedelta(minutes=10))


def test_slots_of_periodic_work_keep_their_offset(now: datetime) -> None:
    nightly = work.PeriodicWork("nightly", 86400, lambda at: None, 3 * 3600)
    assert nightly.next_after(now) == datetime(2027, 3, 2, 3, tzinfo=now.tzinfo)
    assert nightly.next_after(datetime(2027, 3, 2, 3, tzinfo=now.tzinfo)).day == 3


# --- the doorbell ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_nudge_rings_once_after_the_commit() -> None:
    with transaction.atomic():
        work.nudge()
        work.nudge()
        assert OrmQ.objects.count() == 0
    work.nudge()
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nudge_of_a_rolled_back_change_is_silent() -> None:
    with transaction.atomic():
        work.nudge()
        transaction.set_rollback(True)
    assert OrmQ.objects.count() == 0


def test_a_queue_that_is_down_fails_nobody(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise ConnectionError

    monkeypatch.setattr("django_q.brokers.get_broker", down)
    assert work.ring() is False


@pytest.mark.django_db(transaction=True)
def test_the_queued_task_drains_with_signs_of_life(kinds: None, now: datetime) -> None:
    work.register(work.Kind("a", rows("a"), done))
    make("a1 a2", now - timedelta(days=900))
    assert tasks.drain() == 2
    assert heartbeat.last_beat("solo") == heartbeat.last_beat()
    assert heartbeat.last_beat() is not None


@pytest.mark.parametrize(("guarded", "expected"), [(True, 1), (False, 0)])
def test_worker_waits_for_a_row_that_will_be_due_in_a_moment(
    kinds: None, transactional_db: None, now: datetime, monkeypatch: pytest.MonkeyPatch, *, guarded: bool, expected: int
) -> None:  # fmt: skip
    moments = iter([now] * 6)  # then the row is due
    monkeypatch.setattr(work, "PAUSE", 0.01)
    work.register(
        work.Kind("a", rows("a"), done, is_awaited=lambda _: rows("a")().filter(state="ready").exists())
    )
    make("a1", now + timedelta(seconds=2))

    drained = work.drain(lambda: next(moments, now + timedelta(seconds=2)), guarded=guarded)

    assert (drained.rows, drained.more) == (expected, False)
