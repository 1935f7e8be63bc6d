"""The debug log on the host's pages: switch, look, filter, take along, clear (C10)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bookingsite.models import User
from calendars.log import listing
from calendars.models import Account, LogEntry
from tests.factories import calendars as make

pytestmark = [pytest.mark.django_db, pytest.mark.promise("C10")]
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def account(host: User) -> Account:
    return make.make_account(host, label="Work account")


@pytest.fixture
def pages(account: Account) -> str:
    return f"/settings/integrations/{account.pk}/log/"


def entry(account: Account, **fields: object) -> LogEntry:
    values = {"at": datetime(2027, 3, 1, 7, tzinfo=UTC), "job": "read", "verb": "GET", "result": "200"}
    return LogEntry.objects.create(account=account, **{**values, **fields})


def shown(answer: object) -> list[LogEntry]:
    return [row.entry for row in answer.context["rows"]]  # type: ignore[attr-defined]


def body(answer: object) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_switching_on_and_off(page: Client, account, pages, now):
    answer = page.post(f"{pages}switch/", {"on": "1"}, follow=True)
    account.refresh_from_db()
    assert account.logging_until == now + WEEK
    assert "Switch off" in answer.content.decode()

    answer = page.post(f"{pages}switch/", follow=True)
    account.refresh_from_db()
    assert account.logging_until == now
    assert "Switch on for a week" in answer.content.decode()


def test_the_card_leads_to_the_log(page: Client, account, pages):
    assert f'href="{pages}"' in page.get("/settings/integrations/").content.decode()


def test_entries_are_shown_newest_first_with_their_meaning(page: Client, account, pages):
    first = entry(account, target="host.example/dav/~3fa9c1", result="207", duration=120, size=2048)
    second = entry(account, job="write", verb="PUT", result="412", calendar="Private")
    third = entry(account, verb="JOB", result="wrong_password")

    answer = page.get(pages)

    assert shown(answer) == [third, second, first]
    said = [str(row.meaning) for row in answer.context["rows"]]
    assert said == ["The server did not accept this user name and password.", "changed meanwhile", ""]
    assert [row.badge for row in answer.context["rows"]] == ["bad", "warn", "ok"]
    assert "GET host.example/dav/~3fa9c1" in answer.content.decode()


def test_pages_follow_each_other_without_gap(page: Client, account, pages, monkeypatch):
    monkeypatch.setattr(listing, "PER_PAGE", 2)
    made = [entry(account) for _ in range(5)]

    first = page.get(pages)
    second = page.get(f"{pages}?before={first.context['older']}")
    third = page.get(f"{pages}?before={second.context['older']}")

    assert [*shown(first), *shown(second), *shown(third)] == made[::-1]
    assert third.context["older"] is None


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "９"])
def test_an_odd_page_is_the_first_or_a_late_one(page: Client, account, pages, before):
    made = entry(account)

    assert shown(page.get(pages, {"before": before})) == [made]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"job": "write"}, ["b"]),
        ({"calendar": "Private"}, ["b", "c"]),
        ({"result": "ok"}, ["a", "d"]),
        ({"result": "failed"}, ["b", "c"]),
        ({"q": "EXAMPLE/DAV"}, ["a"]),
        ({"q": "req-17"}, ["c"]),
        ({"q": "put"}, ["b"]),
        ({"q": "timeout", "calendar": "Private"}, ["c"]),
        ({"q": "nothing"}, []),
    ],
)
def test_filters(page: Client, account, pages, wanted, found):
    rows = {
        "a": entry(account, target="host.example/dav"),
        "b": entry(account, job="write", verb="PUT", result="503", calendar="Private"),
        "c": entry(account, result="timeout", request_id="req-17 x", calendar="Private"),
        "d": entry(account, verb="CUT", result="", target="10"),
    }

    answer = page.get(pages, wanted)

    assert shown(answer) == [rows[name] for name in sorted(found, reverse=True)]
    assert answer.context["kept"] == urlencode(wanted)


@pytest.mark.parametrize("wrong", [{"job": "sleep"}, {"calendar": "Nobody's"}, {"q": "x" * 101}, {"q": "\0"}])
def test_a_filter_that_is_wrong_is_said_and_filters_nothing(page: Client, account, pages, wrong):
    made = entry(account, calendar="Private")

    answer = page.get(pages, wrong)

    assert (answer.status_code, shown(answer)) == (400, [made])


def test_the_table_is_downloaded_with_the_filter_and_without_formulas(page: Client, account, pages):
    entry(
        account, calendar='=HYPERLINK("http://evil.example")', target="host.example/dav", duration=3, size=9
    )
    entry(account, job="write", result="503")

    answer = page.get(f"{pages}download/", {"result": "ok"})

    rows = list(csv.reader(io.StringIO(body(answer))))
    assert rows[1:] == [
        ["2027-03-01T07:00:00Z", "read", '\'=HYPERLINK("http://evil.example")', "GET", "host.example/dav",
         "200", "3", "9", ""],
    ]  # fmt: skip
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="debug-log-{account.pk}-2027-03-01.csv"'


def test_the_text_is_downloaded_one_line_an_entry(page: Client, account, pages):
    entry(account, calendar="Two\twords\nand lines")

    answer = page.get(f"{pages}download/", {"format": "text"})

    assert body(answer).splitlines()[1:] == [
        "2027-03-01T07:00:00Z\tread\tTwo words and lines\tGET\t-\t200\t0\t0\t-"
    ]
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_clearing_deletes_the_entries_of_this_account_alone(page: Client, host, account, pages):
    kept = entry(make.make_account(host, address="memory:other"))
    entry(account)

    answer = page.post(f"{pages}clear/", follow=True)

    assert list(LogEntry.objects.all()) == [kept]
    assert "1 entry was deleted." in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "method"), [("", "get"), ("download/", "get"), ("switch/", "post"), ("clear/", "post")]
)
def test_another_hosts_log_is_not_there(other_page: Client, account, pages, path, method):
    entry(account)

    assert getattr(other_page, method)(f"{pages}{path}").status_code == 404
    account.refresh_from_db()
    assert (LogEntry.objects.count(), account.logging_until) == (1, None)


@pytest.mark.parametrize("path", ["", "download/"])
def test_the_log_costs_the_same_for_one_and_for_three_entries(page: Client, account, pages, path):
    counts = []
    for made in (1, 2):
        for _ in range(made):
            entry(account, calendar="Private")
        with CaptureQueriesContext(connection) as queries:
            answer = page.get(f"{pages}{path}")
            if answer.streaming:
                body(answer)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_time_and_request_are_written_as_on_the_rest_of_the_page(page: Client, account, pages):
    entry(account, request_id="req-17")

    text = page.get(pages).content.decode()

    assert '<span class="nowrap numbers">8:00:00 AM</span>' in text
    assert "Request ID req-17" in text
