"""Leased rows: one holder, fenced results, waits that grow."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from bookingsite import leases
from bookingsite.models import Tick

LEASE = timedelta(seconds=45)


@pytest.fixture
def row(db: None, now: datetime) -> Tick:
    return Tick.objects.create(name="one", run_at=now)


def claim(now: datetime, **kwargs: int) -> list[Tick]:
    return leases.claim(Tick.objects.all(), now=now, lease_for=LEASE, **kwargs)


def finish_with_an_effect(row: Tick, now: datetime) -> None:
    with transaction.atomic():
        Tick.objects.create(name="an effect", run_at=now)
        leases.finish(row, done_at=now)


def test_claim_takes_the_oldest_due_row_and_counts_the_attempt(row: Tick, now: datetime) -> None:
    older = Tick.objects.create(name="older", run_at=now - timedelta(minutes=1))
    Tick.objects.create(name="later", run_at=now + timedelta(seconds=1))

    [taken] = claim(now)

    older.refresh_from_db()
    assert (taken.pk, taken.lease, taken.attempts, taken.run_at) == (older.pk, older.lease, 1, now + LEASE)
    assert (older.attempts, older.run_at, taken.abandoned) == (1, now + LEASE, False)


def test_claim_gives_a_row_to_one_worker_only(row: Tick, now: datetime) -> None:
    assert [taken.pk for taken in claim(now)] == [row.pk]
    assert claim(now) == []


def test_claim_with_a_limit_takes_that_many(row: Tick, now: datetime) -> None:
    Tick.objects.create(name="two", run_at=now)
    Tick.objects.create(name="three", run_at=now)
    assert len(claim(now, limit=2)) == 2
    assert len(claim(now, limit=2)) == 1


def test_claim_leaves_done_and_dead_rows(row: Tick, now: datetime) -> None:
    Tick.objects.update(state=Tick.State.DONE)
    assert claim(now) == []
    Tick.objects.update(state=Tick.State.DEAD)
    assert claim(now) == []


def test_claim_with_nothing_due_writes_nothing(
    row: Tick, now: datetime, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert claim(now - timedelta(seconds=1)) == []


def test_a_dead_workers_row_comes_back_when_its_lease_ends(row: Tick, now: datetime) -> None:
    claim(now)
    [again] = claim(now + LEASE)
    assert (again.pk, again.attempts, again.abandoned) == (row.pk, 2, True)


def test_finish_gives_the_row_back_as_done(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    leases.finish(mine, done_at=now)
    row.refresh_from_db()
    assert (row.state, row.lease, row.done_at, row.error) == (Tick.State.DONE, None, now, "")


def test_finish_as_ready_begins_anew_at_its_time(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    leases.finish(mine, state=Tick.State.READY, run_at=now + timedelta(minutes=10))
    row.refresh_from_db()
    assert (row.state, row.attempts, row.run_at) == (Tick.State.READY, 0, now + timedelta(minutes=10))


def test_finish_as_ready_without_a_time_is_refused(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    with pytest.raises(ValueError, match="needs a time"):
        leases.finish(mine, state=Tick.State.READY)


def test_a_late_worker_changes_nothing(row: Tick, now: datetime) -> None:
    [late] = claim(now)
    [current] = claim(now + LEASE)

    with pytest.raises(leases.LeaseLost):
        finish_with_an_effect(late, now)
    with pytest.raises(leases.LeaseLost):
        leases.held(late)
    with pytest.raises(leases.LeaseLost):
        leases.fail(late, "late", now=now)

    row.refresh_from_db()
    assert (row.lease, row.done_at, Tick.objects.count()) == (current.lease, None, 1)


def test_finishing_twice_is_refused(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    leases.finish(mine)
    with pytest.raises(leases.LeaseLost):
        leases.finish(mine)


def test_held_shows_the_row_as_it_is_now(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    Tick.objects.update(done_at=now)
    with transaction.atomic():
        assert leases.held(mine).done_at == now


def test_renew_moves_the_end_of_the_lease(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    later = now + 3 * LEASE
    assert leases.renew(mine, until=later)
    assert claim(now + 2 * LEASE) == []
    leases.finish(mine)
    assert not leases.renew(mine, until=later)


def test_fail_waits_and_keeps_the_code(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    state = leases.fail(mine, "server-down", now=now)
    row.refresh_from_db()
    assert state == row.state == Tick.State.READY
    assert (row.lease, row.error) == (None, "server-down")
    assert timedelta(seconds=30) <= row.run_at - now <= timedelta(seconds=90)


def test_fail_obeys_a_wish_to_wait_but_no_longer_than_an_hour(row: Tick, now: datetime) -> None:
    [mine] = claim(now)
    leases.fail(mine, "busy", now=now, retry_after=timedelta(seconds=7))
    row.refresh_from_db()
    assert row.run_at == now + timedelta(seconds=7)

    [mine] = claim(now + timedelta(seconds=7))
    leases.fail(mine, "busy", now=now, retry_after=timedelta(days=900))
    row.refresh_from_db()
    assert row.run_at == now + timedelta(hours=1)


@pytest.mark.parametrize(
    ("give_up_after", "state"), [(0, "dead"), (1, "dead"), (2, "ready"), (None, "ready")]
)
def test_fail_gives_up_after_that_many_attempts(
    row: Tick, now: datetime, give_up_after: int | None, state: str
) -> None:
    [mine] = claim(now)
    assert leases.fail(mine, "no", now=now, give_up_after=give_up_after) == state


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (500, 60)]
)
def test_backoff_doubles_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert leases.backoff(attempts, spread=0.5) == timedelta(minutes=minutes)
    assert leases.backoff(attempts, spread=0.0) == timedelta(minutes=minutes) / 2
    assert leases.backoff(attempts, spread=1.0) == timedelta(minutes=minutes) * 1.5


def test_wake_makes_dead_rows_due_and_leaves_held_ones(row: Tick, now: datetime) -> None:
    Tick.objects.update(state=Tick.State.DEAD, attempts=9, error="no")
    held = Tick.objects.create(name="held", run_at=now - timedelta(hours=1))
    [mine] = claim(now)

    assert leases.wake(Tick.objects.all(), now) == 1

    row.refresh_from_db()
    held.refresh_from_db()
    assert (row.state, row.attempts, row.error, row.run_at) == (Tick.State.READY, 0, "", now)
    assert (held.lease, held.run_at) == (mine.lease, now + LEASE)
