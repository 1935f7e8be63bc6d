"""What hosts wrote down becomes what the engine is asked."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from availability.engine import Code, Question, explain, slots
from availability.loading import (
    Availability,
    ClosedBy,
    ClosedSource,
    ensure_default,
    load,
    load_one,
    standard_weekly,
    time_off_span,
)
from availability.models import Schedule, TimeOff
from bookingsite.models import User
from tests.factories.availability import (
    at,
    make_closing_rule,
    make_date_hours,
    make_schedule,
    make_time_off,
)

MONDAY, TUESDAY, SATURDAY = 0, 1, 5


def starts(found: Availability, day: str, *, step: int = 60) -> list[str]:
    """The hourly starts on a date of the schedule's zone, as its wall clock shows them."""
    zone = ZoneInfo(found.hours.zone)
    first = datetime.fromisoformat(day).replace(tzinfo=zone)
    last = datetime.combine(first.date() + timedelta(days=1), first.timetz())
    question = Question(
        now=0, window=(int(first.timestamp()), int(last.timestamp())), duration=3600, step=step * 60,
        hours=found.hours, closed=found.closed, zone=found.zone,
    )  # fmt: skip
    return [datetime.fromtimestamp(start, zone).strftime("%H:%M") for start in slots(question)]


def week(owner: User, schedule: Schedule | None = None) -> Availability:
    """The owner's first week of March 2027, Monday to Sunday."""
    return load_one(
        owner.pk, schedule and schedule.pk, start=at("2027-03-01 00:00"), end=at("2027-03-08 00:00")
    )


def test_ensure_default_without_a_schedule_makes_standard_hours(host: User) -> None:
    made = ensure_default(host)

    assert (made.owner, made.zone, made.is_default) == (host, "Europe/Berlin", True)
    found = week(host)
    assert found.schedule_id == made.pk
    assert found.hours.weekly == standard_weekly()


def test_ensure_default_called_again_makes_no_second_one(host: User) -> None:
    assert ensure_default(host) == ensure_default(host)
    assert Schedule.objects.count() == 1


def test_ensure_default_with_only_other_schedules_promotes_the_oldest(host: User) -> None:
    first = make_schedule(host, name="A")
    make_schedule(host, name="B")

    assert ensure_default(host) == first


def test_ensure_default_made_by_another_request_meanwhile_gives_that_one(
    host: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look found nothing, then the database's own rule refuses a second default."""
    made = ensure_default(host)
    monkeypatch.setattr("django.db.models.QuerySet.first", lambda _self: None)

    assert ensure_default(host) == made
    assert Schedule.objects.count() == 1


def test_load_without_a_schedule_stands_in_with_standard_hours(host: User) -> None:
    found = week(host)

    assert (found.schedule_id, found.hours.zone) == (None, "Europe/Berlin")
    assert found.hours.weekly == standard_weekly()
    assert Schedule.objects.count() == 0


@pytest.mark.promise("A1")
def test_load_with_several_ranges_a_day_offers_both_in_the_schedules_zone(host: User) -> None:
    schedule = make_schedule(host, {MONDAY: "09:00-11:00 14:00-16:00"}, zone="America/New_York")

    found = week(host, schedule)

    assert starts(found, "2027-03-01") == ["09:00", "10:00", "14:00", "15:00"]
    assert starts(found, "2027-03-02") == []
    assert found.zone == "Europe/Berlin"


@pytest.mark.promise("A2")
def test_load_with_date_hours_replaces_that_weekday(host: User) -> None:
    schedule = make_schedule(host, {MONDAY: "09:00-11:00", TUESDAY: "09:00-11:00"}, is_default=True)
    make_date_hours(schedule, date(2027, 3, 1), "15:00-17:00")
    make_date_hours(schedule, date(2027, 3, 2))
    make_date_hours(schedule, date(2027, 3, 6), "10:00-11:00")

    found = week(host)

    assert starts(found, "2027-03-01") == ["15:00", "16:00"]
    assert starts(found, "2027-03-02") == []
    assert starts(found, "2027-03-06") == ["10:00"]


@pytest.mark.promise("A2")
def test_load_with_a_closed_row_beside_ranges_closes_the_date(host: User) -> None:
    schedule = make_schedule(host, {MONDAY: "09:00-11:00"}, is_default=True)
    make_date_hours(schedule, date(2027, 3, 1), "15:00-17:00")
    make_date_hours(schedule, date(2027, 3, 1))

    assert starts(week(host), "2027-03-01") == []


@pytest.mark.promise("A3")
def test_load_with_time_off_closes_date_hours_too(host: User) -> None:
    schedule = make_schedule(host, {MONDAY: "09:00-12:00"}, is_default=True)
    make_date_hours(schedule, date(2027, 3, 1), "08:00-12:00")
    off = make_time_off(host, date(2027, 3, 1), text="09:00-10:30", note="Dentist")

    found = week(host)

    assert starts(found, "2027-03-01") == ["08:00", "11:00"]
    assert found.closed == ((at("2027-03-01 08:00"), at("2027-03-01 09:30")),)
    assert found.sources == (ClosedSource(ClosedBy.TIME_OFF, off.pk, "Dentist"),)


@pytest.mark.promise("A3")
def test_load_with_time_off_over_days_closes_from_the_first_time_to_the_last(host: User) -> None:
    make_schedule(host, dict.fromkeys(range(7), "09:00-12:00"), is_default=True)
    make_time_off(host, date(2027, 3, 2), date(2027, 3, 4), "10:00-11:00")

    found = week(host)

    assert [starts(found, f"2027-03-0{day}") for day in (1, 2, 3, 4, 5)] == [
        ["09:00", "10:00", "11:00"], ["09:00"], [], ["11:00"], ["09:00", "10:00", "11:00"],
    ]  # fmt: skip


@pytest.mark.promise("A4")
def test_load_with_a_closing_rule_closes_that_weekday_in_every_schedule(host: User) -> None:
    make_schedule(host, {SATURDAY: "09:00-12:00", MONDAY: "11:00-14:00"}, is_default=True)
    other = make_schedule(host, {SATURDAY: "09:00-12:00"}, name="Other")
    make_closing_rule(host, SATURDAY)
    make_closing_rule(host, MONDAY, "12:00-13:00")

    assert starts(week(host), "2027-03-06") == []
    assert starts(week(host, other), "2027-03-06") == []
    assert starts(week(host), "2027-03-01") == ["11:00", "13:00"]


@pytest.mark.promise("A5")
def test_load_with_a_schedule_of_its_own_uses_that_else_the_default(host: User, other_host: User) -> None:
    default = make_schedule(host, {MONDAY: "09:00-10:00"}, is_default=True)
    own = make_schedule(host, {MONDAY: "20:00-21:00"}, name="Evenings")
    foreign = make_schedule(other_host, {MONDAY: "03:00-04:00"})

    assert starts(week(host, own), "2027-03-01") == ["20:00"]
    assert starts(week(host), "2027-03-01") == ["09:00"]
    assert week(host, foreign).schedule_id == default.pk


def test_load_with_a_schedule_without_hours_offers_nothing(host: User) -> None:
    make_schedule(host, is_default=True)

    assert week(host).hours.weekly == ((),) * 7


def test_load_of_nobody_gives_nothing(db: None) -> None:
    assert load([4711], start=0, end=1) == {}
    with pytest.raises(User.DoesNotExist):
        load_one(4711, start=0, end=1)


def test_load_tells_the_source_behind_a_reason(host: User) -> None:
    make_schedule(host, {MONDAY: "09:00-12:00"}, is_default=True)
    make_closing_rule(host, MONDAY, "09:00-10:00", note="Stand-up")
    off = make_time_off(host, date(2027, 3, 1), text="10:00-11:00")
    found = week(host)
    start = at("2027-03-01 09:00")
    question = Question(
        now=0, window=(start, start + 1), duration=3600, step=3600,
        hours=found.hours, closed=found.closed, zone=found.zone,
    )  # fmt: skip

    (reason,) = explain(question, start)

    assert reason.code is Code.TIME_OFF
    assert reason.index is not None
    assert found.sources[reason.index].pk == off.pk


@pytest.mark.parametrize("hosts", [1, 3])
def test_load_takes_four_queries_whatever_the_number(hosts: int, django_assert_num_queries, db: None) -> None:  # type: ignore[no-untyped-def]
    people = [User.objects.create_user(f"{n}@example.org") for n in range(hosts)]
    for person in people:
        schedule = make_schedule(person, {MONDAY: "09:00-12:00 13:00-14:00"}, is_default=True)
        make_date_hours(schedule, date(2027, 3, 1), "10:00-11:00")
        make_time_off(person, date(2027, 3, 1))
        make_closing_rule(person, SATURDAY)

    with django_assert_num_queries(4):
        found = load([one.pk for one in people], start=at("2027-03-01 00:00"), end=at("2027-04-01 00:00"))

    assert [len(one.closed) for one in found.values()] == [5] * hosts


# --- clock changes --------------------------------------------------------------------------------


@pytest.mark.promise("A3", "A13")
@pytest.mark.parametrize(
    ("zone", "day", "text", "expected"),
    [
        # Spring: 02:00 to 03:00 is skipped in Berlin on 2027-03-28.
        ("Europe/Berlin", "2027-03-28", "", ("2027-03-27 23:00", "2027-03-28 22:00")),
        ("Europe/Berlin", "2027-03-28", "01:00-04:00", ("2027-03-28 00:00", "2027-03-28 02:00")),
        ("Europe/Berlin", "2027-03-28", "02:15-02:45", None),
        # Autumn: 02:00 to 03:00 happens twice on 2027-10-31.
        ("Europe/Berlin", "2027-10-31", "", ("2027-10-30 22:00", "2027-10-31 23:00")),
        ("Europe/Berlin", "2027-10-31", "02:30-12:00", ("2027-10-31 00:30", "2027-10-31 11:00")),
        # Half an hour in Lord Howe on 2027-04-04.
        ("Australia/Lord_Howe", "2027-04-04", "", ("2027-04-03 13:00", "2027-04-04 13:30")),
        # Santiago has no midnight on 2027-09-05; the day begins at 01:00.
        ("America/Santiago", "2027-09-05", "", ("2027-09-05 04:00", "2027-09-06 03:00")),
        # Apia skipped 2011-12-30.
        ("Pacific/Apia", "2011-12-30", "", None),
    ],
)
def test_time_off_across_a_clock_change_is_what_the_wall_clock_says(
    zone: str, day: str, text: str, expected: tuple[str, str] | None
) -> None:
    start, end = (None, None) if not text else tuple(int(t[:2]) * 60 + int(t[3:]) for t in text.split("-"))
    row = TimeOff(first_day=date.fromisoformat(day), last_day=date.fromisoformat(day), start=start, end=end)
    noon = at(f"{day} 12:00")

    span = time_off_span(row, zone, noon - 3 * 86_400, noon + 3 * 86_400)

    assert span == (expected and tuple(at(one) for one in expected))


@pytest.mark.promise("A4", "A13")
def test_closing_rule_on_a_day_of_25_hours_closes_the_repeated_hour_twice(host: User) -> None:
    make_closing_rule(host, 6, "02:00-03:00")

    found = load_one(host.pk, start=at("2027-10-30 00:00"), end=at("2027-11-02 00:00"))

    assert found.closed == ((at("2027-10-31 00:00"), at("2027-10-31 02:00")),)


CHANGES = [
    ("Europe/Berlin", date(2027, 3, 28)),
    ("Europe/Berlin", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("America/Santiago", date(2027, 9, 5)),
    ("America/Santiago", date(2027, 4, 4)),
    ("Africa/Cairo", date(2027, 4, 30)),
    ("Africa/Cairo", date(2027, 10, 29)),
]


@pytest.mark.promise("A3", "A13")
@settings(max_examples=150, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    days=st.tuples(st.integers(-1, 1), st.integers(0, 2)),
    times=st.tuples(st.integers(0, 47), st.integers(1, 48)),
    probe=st.integers(-150, 200),
)
def test_time_off_holds_every_instant_whose_wall_clock_is_inside(
    change: tuple[str, date], days: tuple[int, int], times: tuple[int, int], probe: int
) -> None:
    """Brute force by `datetime`: whatever shows a time inside is closed, and the ends are tight."""
    zone, changed = change
    first = changed + timedelta(days=days[0])
    last = first + timedelta(days=days[1])
    start, end = times[0] * 30, times[1] * 30
    assume(first < last or start < end)
    row = TimeOff(first_day=first, last_day=last, start=start, end=end)
    noon = at(f"{changed} 12:00")
    span = time_off_span(row, zone, noon - 9 * 86_400, noon + 9 * 86_400)

    def inside(instant: int) -> bool:
        wall = datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=None)
        midnight = datetime.min.time()
        return (
            datetime.combine(first, midnight) + timedelta(minutes=start)
            <= wall
            < datetime.combine(last, midnight) + timedelta(minutes=end)
        )

    instant = noon + probe * 1800
    if inside(instant):
        assert span is not None
        assert span[0] <= instant < span[1]
    if span is not None:
        assert [inside(span[0] - 1), inside(span[0])] == [False, True]
        assert [inside(span[1] - 1), inside(span[1])] == [True, False]
