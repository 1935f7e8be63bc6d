"""Every setting of an event type, typed into the form, changes what guests are offered."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from availability.loading import ensure_default
from bookings.models import EventType
from calendars.models import Account, Calendar
from tests.factories.availability import make_schedule
from tests.factories.bookings import booked, event_type_of
from tests.factories.host_forms import event_type_form, offered

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, WEDNESDAY = (datetime(2027, 3, day, tzinfo=UTC) for day in (1, 2, 3))


@pytest.fixture
def make(page, host, now):
    """Post the form for a new event type and return its row."""
    ensure_default(host)

    def made(**changes):
        answer = page.post("/event-types/new/", event_type_form(**changes))
        assert answer.status_code == 302, answer.context["form"].errors
        return EventType.objects.select_related("host").latest("pk")

    return made


@pytest.mark.promise("E1", "E3", "E4", "E5")
def test_a_new_event_type_has_its_public_page(make, client, now):
    event_type = make(
        title="Advice <b>& help</b>",
        slug="help",
        description="Bring your papers.",
        colour="#AA3300",
        duration="45",
        place_kind="in_person",
        place="Main Street 1",
    )

    answer = client.get("/anna/help/")

    assert (event_type.colour, event_type.duration, event_type.place) == ("#aa3300", 45, "Main Street 1")
    assert answer.status_code == 200
    for text in ("Advice &lt;b&gt;&amp; help&lt;/b&gt;", "Bring your papers.", "45", "Anna Berg"):
        assert text in answer.text
    assert "<b>& help" not in answer.text


@pytest.mark.promise("E5")
def test_a_link_is_made_from_the_name_and_counted_up(make):
    slugs = [make(title="Erste Beratung!", slug="").slug for _ in range(3)]

    assert slugs == ["erste-beratung", "erste-beratung-2", "erste-beratung-3"]


@pytest.mark.promise("E5")
def test_a_link_made_from_a_name_without_letters_is_still_a_link(make):
    assert make(title="予約", slug="").slug == "event"


@pytest.mark.promise("E5")
def test_two_hosts_may_have_the_same_link(make, other_host):
    event_type_of(other_host, slug="advice")

    assert make(slug="advice").slug == "advice"


@pytest.mark.promise("A5")
def test_an_event_type_with_its_own_schedule_uses_it(make, host, now):
    evening = make_schedule(host, {1: "18:00-20:00"}, name="Evening")

    event_type = make(schedule=str(evening.pk))

    assert offered(event_type, MONDAY, now=now, days=7) == ["02 17:00", "02 18:00"]


@pytest.mark.promise("A5")
def test_an_event_type_without_a_schedule_uses_the_default_one(make, now):
    event_type = make()

    assert offered(event_type, TUESDAY, now=now) == [f"02 {hour:02}:00" for hour in range(8, 16)]


@pytest.mark.promise("A6")
def test_a_window_of_days_ends_after_so_many_days(make, now):
    event_type = make(window="days", window_days="1", duration="240", increment="240")

    assert offered(event_type, MONDAY, now=now, days=7) == ["01 08:00", "01 12:00", "02 08:00", "02 12:00"]


@pytest.mark.promise("A6")
def test_a_window_of_business_days_leaves_the_weekend_out(make, host, now):
    everyday = make_schedule(host, dict.fromkeys(range(7), "09:00-10:00"), name="Every day")

    event_type = make(window="business_days", window_days="5", schedule=str(everyday.pk))

    assert offered(event_type, TUESDAY, now=now, days=10) == [
        f"{day:02} 08:00" for day in (2, 3, 4, 5, 6, 7, 8)
    ]


@pytest.mark.promise("A6")
def test_a_window_between_two_dates_holds_both(make, now):
    event_type = make(
        window="range", window_first="2027-03-03", window_last="2027-03-04", duration="480", increment="480"
    )

    assert offered(event_type, MONDAY, now=now, days=14) == ["03 08:00", "04 08:00"]


@pytest.mark.promise("A6")
def test_an_unlimited_window_reaches_next_winter(make, now):
    event_type = make(duration="480", increment="480")

    assert offered(event_type, datetime(2028, 2, 1, tzinfo=UTC), now=now) == ["01 08:00"]


@pytest.mark.promise("A7")
def test_minimum_notice_is_typed_with_its_unit(make, now):
    event_type = make(notice_0="1", notice_1="1440", duration="240", increment="240")

    assert event_type.notice == 24 * 60
    assert offered(event_type, MONDAY, now=now, days=2) == ["02 08:00", "02 12:00"]


@pytest.mark.promise("A7", "B4")
def test_the_cancellation_deadline_binds_the_guest(make, client, now):
    event_type = make(cancel_notice_0="2", cancel_notice_1="1440")
    booking = booked(event_type, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)

    assert booking.cancel_notice == 2 * 24 * 60


@pytest.mark.promise("A8")
def test_start_times_step_by_the_increment_whatever_the_duration(make, now):
    event_type = make(
        duration="90", increment="15", window="range", window_first="2027-03-02", window_last="2027-03-02"
    )

    found = offered(event_type, TUESDAY, now=now)

    assert found[:3] == ["02 08:00", "02 08:15", "02 08:30"]
    assert found[-1] == "02 14:30"


@pytest.mark.promise("A9")
def test_a_daily_limit_closes_the_day_when_it_is_reached(make, now):
    event_type = make(daily_limit="1")
    booked(event_type, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)

    assert offered(event_type, TUESDAY, now=now) == []
    assert len(offered(event_type, WEDNESDAY, now=now)) == 8


@pytest.mark.promise("A10")
def test_buffers_keep_time_around_a_booking(make, now):
    event_type = make(buffer_before="30", buffer_after="60", increment="30")
    booked(event_type, datetime(2027, 3, 2, 10, tzinfo=UTC), now=now)

    # 11:00–12:00 Berlin is booked; kept free are 10:30 and 13:00, and a new one keeps its own distance.
    assert offered(event_type, TUESDAY, now=now)[:5] == [
        "02 08:00",
        "02 12:00",
        "02 12:30",
        "02 13:00",
        "02 13:30",
    ]


@pytest.mark.promise("A12")
@pytest.mark.parametrize(("chosen", "zone"), [("guest", "America/New_York"), ("host", "Europe/Berlin")])
def test_times_are_shown_in_the_zone_the_event_says(make, client, chosen, zone):
    make(show_zone=chosen)

    answer = client.get("/anna/advice/", {"tz": "America/New_York"})

    assert answer.context["view"].zone == zone


@pytest.mark.promise("C7")
def test_bookings_go_to_the_calendar_chosen_for_the_event_type(make, host, now):
    account = Account.objects.create(owner=host, provider="memory", label="Memory", last_ok_at=now)
    Calendar.objects.create(account=account, owner=host, remote_id="a", name="Usual", receives=True)
    special = Calendar.objects.create(account=account, owner=host, remote_id="b", name="Special")

    event_type = make(target=str(special.pk))
    without = make(slug="other", adds_to_calendar=None)

    assert booked(event_type, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now).target == special
    assert booked(without, datetime(2027, 3, 3, 9, tzinfo=UTC), now=now).target is None


def test_an_event_type_saved_as_off_has_no_public_page(make, client):
    make(is_active=None)

    assert client.get("/anna/advice/").status_code == 404


def test_the_form_of_an_event_type_sent_back_unchanged_changes_nothing(page, host, now):
    event_type = event_type_of(
        host, notice=2 * 24 * 60, cancel_notice=90, window="range", window_first=datetime(2027, 3, 3).date(),
        window_last=datetime(2027, 4, 3).date(), daily_limit=3, buffer_before=5, description="a\nb",
    )  # fmt: skip
    shown = page.get(f"/event-types/{event_type.pk}/").context["form"]
    sent = {}
    for bound in shown:
        value = bound.value()
        if bound.name in {"notice", "cancel_notice"}:
            sent[f"{bound.name}_0"], sent[f"{bound.name}_1"] = bound.field.widget.decompress(value)
        elif value is not None and value is not False:
            sent[bound.name] = value
    before = EventType.objects.values().get(pk=event_type.pk)

    answer = page.post(f"/event-types/{event_type.pk}/", sent)

    assert answer.status_code == 302, answer.context["form"].errors
    assert EventType.objects.values().get(pk=event_type.pk) == before


@pytest.mark.promise("A7")
def test_lengths_are_shown_in_the_largest_whole_unit(page, host):
    event_type = event_type_of(host, notice=2 * 24 * 60, cancel_notice=90)

    form = page.get(f"/event-types/{event_type.pk}/").context["form"]

    assert form.fields["notice"].widget.decompress(event_type.notice) == [2, 1440]
    assert form.fields["cancel_notice"].widget.decompress(event_type.cancel_notice) == [90, 1]
