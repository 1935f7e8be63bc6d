"""Reading changes from servers that do it in their own ways, and from broken ones."""

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.base import Page, RawItem
from calendars.providers.caldav import CalDavProvider
from tests.calendars.providers.caldav.conftest import POLICY, WINDOW, Connect
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

CAL = "/cal/"
LOGIN_PAGE = Answer(200, "<html></html>", {"Content-Type": "text/html"})
A, B = EVENT.format(uid="a"), EVENT.format(uid="b")


def state(token: str = "t1", ctag: str = "c1") -> Answer:
    props = CALENDAR
    props += f"<d:sync-token>{token}</d:sync-token>" if token else ""
    props += f"<cs:getctag>{ctag}</cs:getctag>" if ctag else ""
    return multistatus(found(CAL, props))


def item(name: str, etag: str = '"1"', uid: str = "a") -> RawItem:
    return RawItem(key=CAL + name, etag=etag, data=EVENT.format(uid=uid).encode())


def read(provider: CalDavProvider, server: FaultServer, cursor: str | None, **known: str) -> list[Page]:
    keys = {f"{CAL}{name}.ics": etag for name, etag in known.items()}
    return list(provider.changes(server.url + "cal/", cursor=cursor, known=keys, window=WINDOW))


def reports(server: FaultServer) -> list[str]:
    """Which reports were sent, by the name of the root element."""
    kinds = ("sync-collection", "calendar-multiget", "calendar-query")
    bodies = [seen.body.decode() for seen in server.seen if seen.method == "REPORT"]
    return [next(kind for kind in kinds if f":{kind} " in body) for body in bodies]


def test_first_read_takes_the_token_before_the_listing(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state())
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics")),
        multistatus(event_member("/cal/a.ics", data=A)),
    )

    pages = read(connect(server.url), server, None)

    assert pages == [
        Page(items=(item("a.ics"),)),
        Page(cursor="sync:t1", complete=True, present=frozenset({"/cal/a.ics"})),
    ]
    assert server.asked() == [("PROPFIND", CAL), ("REPORT", CAL), ("REPORT", CAL)]
    assert reports(server) == ["calendar-query", "calendar-multiget"]


def test_no_change_is_one_request(server: FaultServer, connect: Connect) -> None:
    server.on("REPORT", CAL, multistatus(token="t1"))

    pages = read(connect(server.url), server, "sync:t1", a='"1"')

    assert pages == [Page(cursor="sync:t1")]
    assert len(server.seen) == 1


def test_no_change_by_ctag_is_one_request(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state(token="", ctag="c7"))

    assert read(connect(server.url), server, "ctag:c7") == [Page(cursor="ctag:c7")]
    assert len(server.seen) == 1


def test_changed_ctag_reads_only_changed_etags(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state(token="", ctag="c8"))
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics", '"1"'), event_member("/cal/b.ics", '"2"')),
        multistatus(event_member("/cal/b.ics", '"2"', B)),
    )

    pages = read(connect(server.url), server, "ctag:c7", a='"1"', b='"1"', gone='"1"')

    assert pages == [
        Page(items=(item("b.ics", '"2"', "b"),)),
        Page(cursor="ctag:c8", complete=True, present=frozenset({"/cal/a.ics", "/cal/b.ics"})),
    ]
    assert b"/cal/a.ics" not in server.seen[-1].body


def test_server_with_neither_token_nor_ctag(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state(token="", ctag=""))
    server.on("REPORT", CAL, multistatus(event_member("/cal/a.ics")))

    pages = read(connect(server.url), server, "", a='"1"')

    assert pages == [Page(cursor="", complete=True, present=frozenset({"/cal/a.ics"}))]


def test_server_that_cannot_query_is_listed(server: FaultServer, connect: Connect) -> None:
    listing = multistatus(found(CAL, CALENDAR), event_member("/cal/a.ics"))
    server.on("PROPFIND", CAL, state(), listing)
    server.on("REPORT", CAL, Answer(501), multistatus(event_member("/cal/a.ics", data=A)))

    pages = read(connect(server.url), server, None)

    assert [i.key for page in pages for i in page.items] == ["/cal/a.ics"]


def test_changes_and_deletions_by_token(server: FaultServer, connect: Connect) -> None:
    """The collection itself is listed by some, 418 is sent for deleted members by one."""
    server.on(
        "REPORT",
        CAL,
        multistatus(
            found(CAL, "<d:getetag>x</d:getetag>"),
            event_member("/cal/a%40x.ics", '"2"'),
            event_member("/cal/same.ics", '"1"'),
            only_status("/cal/gone.ics", "404 Not Found"),
            only_status("/cal/teapot.ics", "418 I'm a teapot"),
            token="t2",
        ),
        multistatus(event_member("/cal/a@x.ics", '"2"', A)),
    )

    pages = read(connect(server.url), server, "sync:t1", same='"1"')

    assert pages == [
        Page(items=(item("a@x.ics", '"2"'),)),
        Page(deleted=("/cal/gone.ics", "/cal/teapot.ics"), cursor="sync:t2"),
    ]


def test_everything_listed_again_under_an_old_token_is_no_list_of_changes(
    server: FaultServer, connect: Connect
) -> None:
    """DAViCal's answer to a token that it does not know: no error, no deletion, a new token."""
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics", '"1"'), event_member("/cal/b.ics", '"2"'), token="t2"),
    )

    with pytest.raises(errors.CursorInvalid):
        read(connect(server.url), server, "sync:t1", a='"1"', gone='"1"')


def test_truncated_answer_is_continued(server: FaultServer, connect: Connect) -> None:
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics"), only_status(CAL, "507 Insufficient Storage"), token="t2"),
        multistatus(event_member("/cal/a.ics", data=A)),
        multistatus(event_member("/cal/b.ics"), token="t3"),
        multistatus(event_member("/cal/b.ics", data=B)),
    )

    pages = read(connect(server.url), server, "sync:t1")

    assert [i.key for page in pages for i in page.items] == ["/cal/a.ics", "/cal/b.ics"]
    assert [page.cursor for page in pages if page.cursor is not None] == ["sync:t3"]


def test_truncated_answer_that_never_moves_on(server: FaultServer, connect: Connect) -> None:
    server.on("REPORT", CAL, multistatus(only_status(CAL, "507 Insufficient Storage"), token="t1"))

    with pytest.raises(errors.ServerFailed):
        read(connect(server.url), server, "sync:t1")


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(dav_error(403, "d:valid-sync-token"), id="radicale"),
        pytest.param(dav_error(412, "d:valid-sync-token"), id="xandikos"),
        pytest.param(dav_error(409, "d:valid-sync-token"), id="409"),
        pytest.param(dav_error(507, "d:number-of-matches-within-limits"), id="too many"),
        pytest.param(Answer(500), id="old xandikos"),
        pytest.param(Answer(501), id="no sync any more"),
    ],
)
def test_invalid_token_has_many_faces(server: FaultServer, connect: Connect, answer: Answer) -> None:
    server.on("PROPFIND", CAL, state())
    server.on("REPORT", CAL, answer)

    with pytest.raises(errors.CursorInvalid):
        read(connect(server.url), server, "sync:old")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(Answer(403), errors.PermissionDenied, id="forbidden"),
        pytest.param(Answer(503), errors.ServerFailed, id="down"),
        pytest.param(Answer(401), errors.WrongPassword, id="password changed"),
        pytest.param(
            Answer(200, "<html></html>", {"Content-Type": "text/html"}), errors.NotACalendar, id="html"
        ),
    ],
)
def test_failure_is_not_taken_for_an_invalid_token(
    server: FaultServer, connect: Connect, answer: Answer, expected: type[errors.ProviderError]
) -> None:
    server.on("REPORT", CAL, answer)

    with pytest.raises(errors.ProviderError) as caught:
        read(connect(server.url), server, "sync:t1")

    assert type(caught.value) is expected


@pytest.mark.parametrize("cursor", [None, "sync:t1", "ctag:c1", ""])
def test_calendar_that_is_gone(server: FaultServer, connect: Connect, cursor: str | None) -> None:
    with pytest.raises(errors.NotFound):
        read(connect(server.url), server, cursor)


def test_member_gone_between_listing_and_reading(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state())
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics"), event_member("/cal/b.ics"), event_member("/cal/c.ics")),
        multistatus(event_member("/cal/a.ics", data=A), only_status("/cal/b.ics", "404 Not Found")),
    )

    pages = read(connect(server.url), server, None)

    assert pages[0].deleted == ("/cal/b.ics", "/cal/c.ics")
    assert pages[-1].present == frozenset({"/cal/a.ics"})


def test_member_left_out_but_there_is_fetched(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", CAL, state())
    server.on("REPORT", CAL, multistatus(event_member("/cal/a.ics")), multistatus())
    server.on("GET", "/cal/a.ics", Answer(200, A, {"Content-Type": "text/calendar", "ETag": '"1"'}))

    pages = read(connect(server.url), server, None)

    assert pages[0].items == (item("a.ics"),)


def test_member_that_cannot_be_read_stops_the_read(server: FaultServer, connect: Connect) -> None:
    """Its cursor must not be stored: the event would be free time until the next full comparison."""
    server.on(
        "REPORT",
        CAL,
        multistatus(event_member("/cal/a.ics"), token="t2"),
        multistatus(only_status("/cal/a.ics", "500 Oops")),
    )
    server.on("GET", "/cal/a.ics", Answer(500))

    with pytest.raises(errors.ServerFailed):
        read(connect(server.url), server, "sync:t1")


def test_pages_hold_a_hundred_events(server: FaultServer, connect: Connect) -> None:
    names = [f"/cal/{number}.ics" for number in range(250)]
    batches = [names[:100], names[100:200], names[200:]]
    server.on("PROPFIND", CAL, state())
    server.on(
        "REPORT",
        CAL,
        multistatus(*(event_member(name) for name in names)),
        *(multistatus(*(event_member(name, data=A) for name in batch)) for batch in batches),
    )

    pages = read(connect(server.url), server, None)

    assert [len(page.items) for page in pages] == [100, 100, 50, 0]


def test_batch_over_the_byte_cap_is_halved(server: FaultServer, connect: Connect) -> None:
    big = EVENT.format(uid="a" * 20_000)
    names = ["/cal/1.ics", "/cal/2.ics"]
    listing = multistatus(*(event_member(name) for name in names), token="t2")
    single = [multistatus(event_member(name, data=big)) for name in names]
    both = multistatus(*(event_member(name, data=big) for name in names))
    server.on("REPORT", CAL, listing, both, *single)

    pages = read(
        connect(server.url, policy=GuardPolicy(allow=POLICY.allow, max_bytes=30_000)), server, "sync:t1"
    )

    assert [i.key for i in pages[0].items] == names


def test_cut_xml_is_no_empty_calendar(server: FaultServer, connect: Connect) -> None:
    whole = str(multistatus(event_member("/cal/a.ics")).body)
    server.on("PROPFIND", CAL, state())
    server.on("REPORT", CAL, Answer(207, whole[:-30], {"Content-Type": "text/xml"}))

    with pytest.raises(errors.ServerFailed):
        read(connect(server.url), server, None)


def test_read_span_is_one_request(server: FaultServer, connect: Connect) -> None:
    server.on("REPORT", CAL, multistatus(found(CAL, CALENDAR), event_member("/cal/a.ics", data=A)))

    items = connect(server.url).read_span(server.url + "cal/", WINDOW)

    assert items == [item("a.ics")]
    assert b'<c:time-range start="20261031T000000Z" end="20270202T000000Z"/>' in server.seen[0].body
    assert len(server.seen) == 1


@pytest.mark.parametrize("calendar_id", ["", "nonsense", "https://h:99999/", "https://[::1/"])
def test_calendar_id_that_is_no_address(connect: Connect, calendar_id: str) -> None:
    with pytest.raises((errors.NotFound, errors.NotACalendar)):
        list(connect("https://a.invalid/").changes(calendar_id, cursor=None, known={}, window=WINDOW))
