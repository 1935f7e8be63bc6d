"""Writing exactly one event, on servers that refuse in their own ways."""

import socket
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest

from calendars.providers import errors
from calendars.providers.base import EventWish, Written
from calendars.providers.caldav import CalDavProvider
from tests.calendars.providers.caldav.conftest import Connect
from tests.fakes.caldav_faults import (
    CALENDAR,
    EVENT,
    Answer,
    FaultServer,
    dav_error,
    event_member,
    found,
    multistatus,
    only_status,
)

WISH = EventWish(
    uid="bk-1@book.example.org",
    key="bk-1.ics",
    start=datetime(2026, 12, 1, 9, tzinfo=UTC),
    end=datetime(2026, 12, 1, 10, tzinfo=UTC),
    zone="Europe/Berlin",
    summary="Talk",
    created=datetime(2026, 11, 1, tzinfo=UTC),
    updated=datetime(2026, 11, 1, tzinfo=UTC),
    private_id="bk-1",
)
PLACE = "/cal/bk-1.ics"
OURS = EVENT.format(uid=WISH.uid)
CREATED = Answer(201, headers={"ETag": '"new"'})
EXISTS = Answer(412)


def put(provider: CalDavProvider, server: FaultServer, known: Written | None = None) -> Written:
    return provider.put(server.url + "cal/", WISH, known)


def puts(server: FaultServer) -> list[tuple[str, str]]:
    """Path and precondition of every PUT."""
    named = ("If-Match", "If-None-Match")
    return [
        (seen.path, ", ".join(f"{name}: {seen.headers[name]}" for name in named if name in seen.headers))
        for seen in server.seen
        if seen.method == "PUT"
    ]


def stored(etag: str = '"1"', data: str = OURS) -> Answer:
    return Answer(200, data, {"Content-Type": "text/calendar", "ETag": etag})


@pytest.mark.promise("C18")
def test_create_is_conditional(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, CREATED)

    assert put(connect(server.url), server) == Written(PLACE, '"new"')
    assert puts(server) == [(PLACE, "If-None-Match: *")]
    assert server.seen[0].headers["Content-Type"] == "text/calendar; charset=utf-8"


def test_missing_etag_is_asked_for(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(201))
    server.on("PROPFIND", PLACE, multistatus(event_member(PLACE, '"asked"')))

    assert put(connect(server.url), server) == Written(PLACE, '"asked"')


def test_server_without_etags_at_all(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(201))
    server.on("PROPFIND", PLACE, multistatus(found(PLACE, "")))

    assert put(connect(server.url), server) == Written(PLACE, "")


def _lost(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.mark.promise("C18")
def test_lost_answer_then_repeat_is_one_event(server: FaultServer, connect: Connect) -> None:
    """The first PUT arrived, its answer did not; the repeat finds our own event and overwrites it."""
    server.on("PUT", PLACE, _lost, EXISTS, Answer(204, headers={"ETag": '"2"'}))
    server.on("GET", PLACE, stored('"1"'))
    provider = connect(server.url)
    with pytest.raises(errors.Unreachable):
        put(provider, server)

    assert put(provider, server) == Written(PLACE, '"2"')
    assert puts(server)[1:] == [(PLACE, "If-None-Match: *"), (PLACE, 'If-Match: "1"')]


def test_name_taken_by_a_stranger_is_left_alone(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, EXISTS)
    server.on("GET", PLACE, stored(data=EVENT.format(uid="someone-else")))

    with pytest.raises(errors.Conflict):
        put(connect(server.url), server)

    assert len(puts(server)) == 1


def test_update_is_conditional_on_the_known_version(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(204, headers={"ETag": '"2"'}))

    assert put(connect(server.url), server, Written(PLACE, '"1"')) == Written(PLACE, '"2"')
    assert puts(server) == [(PLACE, 'If-Match: "1"')]


def test_update_of_an_edited_event_overwrites_the_new_version(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, EXISTS, Answer(204, headers={"ETag": '"3"'}))
    server.on("GET", PLACE, stored('"2"'))

    assert put(connect(server.url), server, Written(PLACE, '"1"')) == Written(PLACE, '"3"')
    assert puts(server) == [(PLACE, 'If-Match: "1"'), (PLACE, 'If-Match: "2"')]


def test_event_edited_again_and_again_is_a_conflict(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, EXISTS)
    server.on("GET", PLACE, stored())

    with pytest.raises(errors.Conflict):
        put(connect(server.url), server, Written(PLACE, '"1"'))

    assert len(puts(server)) == 3


@pytest.mark.parametrize("refusal", [Answer(404), Answer(410), EXISTS])
def test_update_of_a_deleted_event_creates_it_again(
    server: FaultServer, connect: Connect, refusal: Answer
) -> None:
    server.on("PUT", PLACE, refusal, CREATED)
    server.on("PROPFIND", "/cal/", multistatus(found("/cal/", CALENDAR)))

    assert put(connect(server.url), server, Written(PLACE, '"1"')) == Written(PLACE, '"new"')
    assert puts(server)[1] == (PLACE, "If-None-Match: *")


def test_weak_version_is_no_precondition(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(204, headers={"ETag": 'W/"2"'}))

    assert put(connect(server.url), server, Written(PLACE, 'W/"1"')) == Written(PLACE, 'W/"2"')
    assert puts(server) == [(PLACE, "")]


def test_unknown_version_is_asked_for_before_updating(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(204, headers={"ETag": '"2"'}))
    server.on("PROPFIND", PLACE, multistatus(event_member(PLACE, '"1"')))

    put(connect(server.url), server, Written(PLACE))

    assert puts(server) == [(PLACE, 'If-Match: "1"')]


def test_unknown_version_of_a_deleted_event_creates_it(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, CREATED)

    put(connect(server.url), server, Written(PLACE))

    assert puts(server) == [(PLACE, "If-None-Match: *")]


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(dav_error(409, "c:no-uid-conflict"), id="409"),
        pytest.param(dav_error(403, "c:no-uid-conflict"), id="403"),
        pytest.param(dav_error(412, "c:no-uid-conflict"), id="412"),
        pytest.param(dav_error(403, "c:unique-scheduling-object-resource"), id="cyrus"),
        pytest.param(EXISTS, id="412 without a word"),
    ],
)
def test_same_uid_under_another_name_is_updated_there(
    server: FaultServer, connect: Connect, refusal: Answer
) -> None:
    server.on("PUT", PLACE, refusal)
    server.on("PUT", "/cal/moved.ics", Answer(204, headers={"ETag": '"8"'}))
    server.on("REPORT", "/cal/", multistatus(event_member("/cal/moved.ics", '"7"', OURS)))

    assert put(connect(server.url), server) == Written("/cal/moved.ics", '"8"')
    assert puts(server)[-1] == ("/cal/moved.ics", 'If-Match: "7"')


def test_same_uid_in_another_calendar_is_a_conflict(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, dav_error(409, "c:no-uid-conflict"))
    server.on("REPORT", "/cal/", multistatus())
    server.on("PROPFIND", "/cal/", multistatus(found("/cal/", CALENDAR)))

    with pytest.raises(errors.Conflict):
        put(connect(server.url), server)


@pytest.mark.promise("C7")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(403), errors.PermissionDenied),
        (dav_error(403, "d:need-privileges"), errors.PermissionDenied),
        (Answer(401), errors.WrongPassword),
        (Answer(507), errors.ServerFailed),
        (Answer(500), errors.ServerFailed),
        (Answer(429, headers={"Retry-After": "30"}), errors.RateLimited),
        (Answer(404), errors.NotFound),
        (Answer(409), errors.NotFound),
    ],
)
def test_refused_write_has_its_own_error(
    server: FaultServer, connect: Connect, answer: Answer, expected: type[errors.ProviderError]
) -> None:
    server.on("PUT", PLACE, answer)

    with pytest.raises(errors.ProviderError) as caught:
        put(connect(server.url), server)

    assert type(caught.value) is expected


def test_delete_is_unconditional(server: FaultServer, connect: Connect) -> None:
    server.on("DELETE", PLACE, Answer(204))

    connect(server.url).delete(server.url + "cal/", key=PLACE, uid=WISH.uid)

    assert server.asked() == [("DELETE", PLACE)]
    assert "If-Match" not in server.seen[0].headers


def test_delete_of_what_is_gone_is_done(server: FaultServer, connect: Connect) -> None:
    server.on("REPORT", "/cal/", multistatus())

    connect(server.url).delete(server.url + "cal/", key=WISH.key, uid=WISH.uid)

    assert server.asked() == [("DELETE", PLACE), ("REPORT", "/cal/")]


def test_delete_in_a_calendar_that_is_gone_is_done(server: FaultServer, connect: Connect) -> None:
    connect(server.url).delete(server.url + "cal/", key=WISH.key, uid=WISH.uid)

    assert server.asked() == [("DELETE", PLACE), ("REPORT", "/cal/")]


def test_delete_finds_the_event_under_another_name(server: FaultServer, connect: Connect) -> None:
    others = event_member("/cal/other.ics", data=EVENT.format(uid=WISH.uid + ".not"))
    server.on("REPORT", "/cal/", multistatus(others, event_member("/cal/moved.ics", data=OURS)))
    server.on("DELETE", "/cal/moved.ics", Answer(204))

    connect(server.url).delete(server.url + "cal/", key=PLACE, uid=WISH.uid)

    assert server.asked()[-1] == ("DELETE", "/cal/moved.ics")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(403), errors.PermissionDenied),
        (Answer(500), errors.ServerFailed),
        (Answer(423), errors.Conflict),
        (Answer(200, "<html></html>", {"Content-Type": "text/html"}), errors.NotACalendar),
    ],
)
def test_refused_delete_is_not_taken_for_done(
    server: FaultServer, connect: Connect, answer: Answer, expected: type[errors.ProviderError]
) -> None:
    server.on("DELETE", PLACE, answer)

    with pytest.raises(expected):
        connect(server.url).delete(server.url + "cal/", key=PLACE, uid=WISH.uid)


PAGE = "<html><body>Sign in</body></html>"
HTML = {"Content-Type": "text/html; charset=UTF-8"}


def test_page_for_people_is_not_taken_for_written(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, Answer(200, PAGE, HTML))

    with pytest.raises(errors.NotACalendar):
        put(connect(server.url), server)


def test_page_that_comes_with_a_created_event_is_no_refusal(server: FaultServer, connect: Connect) -> None:
    """As Apache's mod_dav does."""
    server.on("PUT", PLACE, Answer(201, PAGE, {**HTML, "ETag": '"new"'}))

    assert put(connect(server.url), server) == Written(PLACE, '"new"')


def test_empty_answer_that_is_called_a_page_is_none(server: FaultServer, connect: Connect) -> None:
    """As PHP calls it, unless it is told otherwise."""
    server.on("PUT", PLACE, Answer(200, "", {**HTML, "ETag": '"2"'}))
    server.on("DELETE", PLACE, Answer(204, "", HTML))
    provider = connect(server.url)

    assert put(provider, server, Written(PLACE, '"1"')) == Written(PLACE, '"2"')
    provider.delete(server.url + "cal/", key=PLACE, uid=WISH.uid)

    assert server.asked() == [("PUT", PLACE), ("DELETE", PLACE)]


def test_written_event_carries_the_wish(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, CREATED)

    connect(server.url).put(server.url + "cal/", replace(WISH, summary="Gespräch"), None)

    body = server.seen[0].body.decode()
    assert ("UID:bk-1@book.example.org" in body, "SUMMARY:Gespräch" in body) == (True, True)
    assert "ATTENDEE" not in body


def test_member_with_a_status_only_counts_as_gone(server: FaultServer, connect: Connect) -> None:
    server.on("PUT", PLACE, CREATED)
    server.on("PROPFIND", PLACE, multistatus(only_status(PLACE, "404 Not Found")))

    put(connect(server.url), server, Written(PLACE))

    assert puts(server) == [(PLACE, "If-None-Match: *")]
