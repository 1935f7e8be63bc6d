"""`list_slots` and `explain_slot`: the same answers as the public page, with exit codes scripts can rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client

from bookings.management.commands import explain_slot, list_slots
from calendars.models import Account, Calendar
from tests.factories.bookings import booked, event_type_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def talk(host):
    """anna/talk, an hour every hour, Monday to Friday 9 to 17 in Berlin."""
    return event_type_of(host, slug="talk", duration=60, increment=60)


def run(*words: str) -> tuple[int, str, str]:
    """Exit code, output and complaints, as the shell would get them."""
    out, err = StringIO(), StringIO()
    try:
        call_command(*words, stdout=out, stderr=err)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def on_the_page(day: str, tz: str) -> list[str]:
    answer = Client().get("/anna/talk/", {"day": day, "month": day[:7], "tz": tz})
    urls = [entry["url"] for group in answer.context["groups"] for entry in group["times"]]
    return [url.split("start=")[1].split("&")[0] for url in urls]


def test_list_slots_prints_one_time_a_line(talk):
    code, out, err = run("list_slots", "anna/talk", "--from", "2027-03-02", "--to", "2027-03-02")

    assert (code, err) == (0, "")
    assert out.splitlines() == [
        *(f"Tue 2027-03-02 {hour:02}:00 +0100" for hour in range(9, 17)), "8 times, Europe/Berlin",
    ]  # fmt: skip


@pytest.mark.promise("H5")
@pytest.mark.parametrize("tz", ["Europe/Berlin", "Asia/Kathmandu", "America/New_York"])
def test_list_slots_offers_what_the_public_page_offers(talk, now, tz):
    booked(talk, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)

    code, out, _ = run(
        "list_slots", "anna/talk", "--from", "2027-03-02", "--to", "2027-03-02", "--tz", tz, "--json"
    )

    found = json.loads(out)
    assert (code, found["zone"], found["known"]) == (0, tz, True)
    assert [slot["start"].replace(":", "%3A") for slot in found["slots"]] == on_the_page("2027-03-02", tz)
    assert len(found["slots"]) >= 5


def test_list_slots_without_dates_lists_two_weeks(talk):
    _, out, _ = run("list_slots", "anna/talk", "--json")

    days = sorted({slot["local"][:10] for slot in json.loads(out)["slots"]})
    assert (days[0], days[-1], len(days)) == ("2027-03-01", "2027-03-12", 10)


def test_list_slots_without_any_time_exits_with_1(talk):
    code, out, err = run("list_slots", "anna/talk", "--from", "2027-03-06", "--to", "2027-03-07")

    assert (code, out, err) == (1, "0 times, Europe/Berlin\n", "")


def test_list_slots_of_an_unknown_calendar_says_so(talk, host):
    account = Account.objects.create(owner=host, provider="memory", label="Memory")
    Calendar.objects.create(account=account, owner=host, remote_id="a", name="Work", blocks=True)

    code, out, err = run("list_slots", "anna/talk", "--json")

    assert (code, json.loads(out)["known"], json.loads(out)["slots"]) == (1, False, [])
    assert json.loads(out)["unread"] == [{"calendar": "Work", "reason": "never_read"}]
    assert err == "Work (Memory): was never read; no times are offered.\n"


def test_list_slots_of_an_event_type_that_is_off_says_so(host):
    event_type_of(host, slug="off", is_active=False)

    code, out, err = run("list_slots", "anna/off")

    assert (code, out, err) == (
        1,
        "0 times, Europe/Berlin\n",
        "This event type is off; no times are offered.\n",
    )


def test_explain_slot_of_an_offered_time(talk):
    assert run("explain_slot", "anna/talk", "2027-03-02T10:00") == (
        0,
        "2027-03-02T10:00:00+01:00 is offered.\n",
        "",
    )


@pytest.mark.promise("A14", "H5")
def test_explain_slot_names_every_reason(talk, now):
    booked(talk, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)

    code, out, _ = run("explain_slot", "anna/talk", "2027-03-02T10:30")

    assert code == 1
    assert [line.split(":")[0].strip() for line in out.splitlines()[1:]] == ["booking", "grid"]


def test_explain_slot_as_json(talk):
    code, out, _ = run("explain_slot", "anna/talk", "2027-03-02T03:00-05:00", "--json")
    late, told, _ = run("explain_slot", "anna/talk", "2027-02-28T10:00", "--json")

    assert (code, json.loads(out)) == (0, {"start": "2027-03-02T08:00Z", "offered": True, "reasons": []})
    assert (late, [row["code"] for row in json.loads(told)["reasons"]]) == (1, ["past", "hours"])


def test_explain_slot_in_another_zone(talk):
    code, out, _ = run("explain_slot", "anna/talk", "2027-03-02T04:00", "--tz", "America/New_York")

    assert (code, out) == (0, "2027-03-02T04:00:00-05:00 is offered.\n")


def test_explain_slot_agrees_with_list_slots_for_a_whole_day(talk, now):
    booked(talk, datetime(2027, 3, 2, 9, tzinfo=UTC), now=now)
    _, out, _ = run("list_slots", "anna/talk", "--from", "2027-03-02", "--to", "2027-03-02", "--json")
    listed = {slot["start"] for slot in json.loads(out)["slots"]}
    day = datetime(2027, 3, 1, 23, tzinfo=UTC)

    explained = {
        f"{start:%Y-%m-%dT%H:%MZ}"
        for start in (day + timedelta(minutes=30 * number) for number in range(48))
        if run("explain_slot", "anna/talk", start.isoformat())[0] == 0
    }

    assert explained == listed


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("list_slots", "anna/nothing"), "There is no event type anna/nothing."),
        (("list_slots", "anna"), "There is no event type anna."),
        (("list_slots", "nobody/talk"), "There is no event type nobody/talk."),
        (("list_slots", "anna/talk", "--tz", "Mars/Olympus"), "There is no time zone Mars/Olympus."),
        (("list_slots", "anna/talk", "--tz", "../../etc/passwd"), "There is no time zone ../../etc/passwd."),
        (
            ("list_slots", "anna/talk", "--from", "2027-03-02", "--to", "2027-03-01"),
            "--to must not be before --from, and at most 400 days after it.",
        ),
        (
            ("list_slots", "anna/talk", "--from", "2027-03-02", "--to", "2037-03-01"),
            "--to must not be before --from, and at most 400 days after it.",
        ),
        (("explain_slot", "anna/talk", "tomorrow"), "tomorrow is not a time such as 2027-03-29T10:00."),
        (
            ("explain_slot", "anna/talk", "9999-12-31T10:00"),
            "9999-12-31T10:00 is not in the years 2000 to 2199.",
        ),
        (
            ("explain_slot", "anna/talk", "0001-01-01T00:00"),
            "0001-01-01T00:00 is not in the years 2000 to 2199.",
        ),
        (
            ("explain_slot", "anna/talk", "2027-03-28T02:30"),
            "The clock change skips 2027-03-28T02:30 in Europe/Berlin.",
        ),
    ],
)
def test_wrong_use_exits_with_2_and_one_sentence(talk, words, complaint):
    assert run(*words) == (2, "", complaint)


@pytest.mark.parametrize("day", ["2027-02-30", "yesterday", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_date_that_is_none_exits_with_2(capsys, option, day):
    parser: Any = list_slots.Command().create_parser("manage.py", "list_slots")
    parser.called_from_command_line = True

    with pytest.raises(SystemExit) as end:
        parser.parse_args(["anna/talk", option, day])

    assert end.value.code == 2
    assert f"{day} is not a date" in capsys.readouterr().err


def test_output_has_no_colours_when_it_is_piped(talk):
    for command in (list_slots.Command, explain_slot.Command):
        assert not command(stdout=StringIO(), stderr=StringIO()).stdout.isatty()
    said = run("list_slots", "anna/talk") + run("explain_slot", "anna/talk", "2027-03-02T03:00")
    assert "\x1b" not in "".join(map(str, said))
