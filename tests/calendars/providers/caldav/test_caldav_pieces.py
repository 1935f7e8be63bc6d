"""The pure pieces: spellings of addresses, members of answers, what the picker shows, presets."""

import pytest
from lxml import etree

from calendars.providers.base import CalendarInfo
from calendars.providers.caldav import ICLOUD_URL, PRESETS, looks_like_app_password, preset
from calendars.providers.caldav.discovery import candidates, trusted_hop
from calendars.providers.caldav.listing import (
    calendar_info,
    colour,
    is_calendar,
    with_primary,
    zone_name,
)
from calendars.providers.caldav.multistatus import (
    Member,
    Multistatus,
    collection_url,
    key_of,
    read_multistatus,
    url_of,
)
from calendars.providers.caldav.presets import typed_url
from calendars.providers.caldav.reading import has_uid
from tests.fakes.caldav_faults import CALENDAR, event_member, found, multistatus, only_status

BASE = "https://dav.example.org/root/"


def read(*members: str, token: str = "") -> Multistatus:
    answer = read_multistatus(etree.XML(bytes(multistatus(*members, token=token).body, "utf-8")))
    assert answer is not None
    return answer


@pytest.mark.parametrize(
    "href",
    [
        "/cal/bk-1%40x.ics",
        "/cal/bk-1@x.ics",
        "https://dav.example.org/cal/bk-1%40x.ics",
        " /cal/bk-1@x.ics\n",
    ],
)
def test_key_of_every_spelling_is_one(href: str) -> None:
    assert key_of(href) == "/cal/bk-1@x.ics"


@pytest.mark.parametrize("key", ["/cal/a b.ics", "/cal/ä@x.ics", "/cal/100%25.ics", "/cal/a#b?c.ics", "/a%b"])
def test_url_of_leads_back_to_the_key(key: str) -> None:
    assert key_of(url_of(key, BASE)) == key


@pytest.mark.parametrize("url", ["https://h/a%20b", "https://h/a b/", "https://h/a%20b/?x#y"])
def test_collection_url_has_one_spelling(url: str) -> None:
    assert collection_url(url) == "https://h/a%20b/"


def test_read_multistatus_of_something_else() -> None:
    assert read_multistatus(etree.XML(b"<html/>")) is None


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "418 I'm a teapot"])
def test_member_that_is_gone(status: str) -> None:
    assert read(only_status("/cal/a.ics", status)).members[0].is_gone is True


def test_truncated_answer_is_told_and_is_no_member() -> None:
    answer = read(event_member("/cal/a.ics"), only_status("/cal/", "507 Insufficient Storage"), token="t2")

    assert (answer.truncated, answer.sync_token) == (True, "t2")
    assert [member.key for member in answer.members] == ["/cal/a.ics"]


def test_properties_that_were_not_found_are_missing() -> None:
    text = (
        "<d:response><d:href>/a</d:href><d:propstat><d:prop><d:displayname>No</d:displayname></d:prop>"
        "<d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>"
    )

    assert read(text).members[0].props == {}


def picked(props: str, href: str = "/cal/work/") -> Member:
    return read(found(href, props)).members[0]


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        (CALENDAR, True),
        (CALENDAR + '<c:supported-calendar-component-set><c:comp name="VEVENT"/>'
         '<c:comp name="VTODO"/></c:supported-calendar-component-set>', True),
        (CALENDAR + "<c:supported-calendar-component-set/>", True),
        (CALENDAR + '<c:supported-calendar-component-set><c:comp name="VTODO"/>'
         "</c:supported-calendar-component-set>", False),
        ("<d:resourcetype><d:collection/></d:resourcetype>", False),
        ("<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>", False),
        ("<d:resourcetype><d:collection/><c:calendar/><nc:deleted-calendar/></d:resourcetype>", False),
        ("<d:resourcetype><d:collection/><cs:subscribed/></d:resourcetype>", False),
        ("", False),
    ],
)  # fmt: skip
@pytest.mark.promise("C6")
def test_is_calendar(props: str, expected: bool) -> None:
    assert is_calendar(picked(props)) is expected


READ_ONLY = (
    "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>"
)
WRITABLE = (
    "<d:current-user-privilege-set><d:privilege><d:read/></d:privilege>"
    "<d:privilege><d:write-content/></d:privilege></d:current-user-privilege-set>"
)


@pytest.mark.promise("C7")
def test_calendar_info_tells_all() -> None:
    member = picked(
        CALENDAR + WRITABLE + "<d:displayname>Büro</d:displayname>"
        "<i:calendar-color>#CB30E0FF</i:calendar-color>"
        "<c:calendar-timezone>BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nEND:VTIMEZONE"
        "</c:calendar-timezone>",
        href="/cal/b%C3%BCro",
    )

    assert calendar_info(member, BASE) == CalendarInfo(
        remote_id="https://dav.example.org/cal/b%C3%BCro/",
        name="Büro",
        colour="#cb30e0",
        zone="Europe/Berlin",
        writable=True,
        kind="calendar",
    )


@pytest.mark.parametrize(
    ("props", "writable", "why"),
    [
        (CALENDAR, True, ""),
        (CALENDAR + WRITABLE, True, ""),
        (CALENDAR + READ_ONLY, False, "not_owner"),
        ("<d:resourcetype><c:calendar/><cs:subscribed/></d:resourcetype>" + WRITABLE, False, "subscription"),
    ],
)
@pytest.mark.promise("C7")
def test_calendar_info_says_why_it_is_read_only(props: str, writable: bool, why: str) -> None:
    info = calendar_info(picked(props), BASE)

    assert (info.writable, info.why_read_only) == (writable, why)


def test_calendar_without_a_name_shows_its_folder() -> None:
    assert calendar_info(picked(CALENDAR), BASE).name == "work"


@pytest.mark.parametrize(
    ("names", "primary"),
    [(["work", "personal"], "personal"), (["one", "two"], "one"), ([], None)],
)
def test_with_primary_marks_one_writable_calendar(names: list[str], primary: str | None) -> None:
    shared = CalendarInfo(remote_id="https://h/personal-of-others/", name="shared")
    own = [CalendarInfo(remote_id=f"https://h/{name}/", name=name, writable=True) for name in names]

    marked = [calendar.name for calendar in with_primary([shared, *own]) if calendar.primary]

    assert marked == ([primary] if primary else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("#CB30E0FF", "#cb30e0"), ("#cb30e0", "#cb30e0"), ("#Abc", "#aabbcc"), ("red", ""), ("", ""),
     ("#12345", ""), ("#cb30e0;}body{", "")],
)  # fmt: skip
def test_colour(text: str, expected: str) -> None:
    assert colour(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nEND:VTIMEZONE", "Europe/Berlin"),
        ("TZID;X-A=1:America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("BEGIN:VTIMEZONE\nTZID:/freeassociation.sourceforge.net/Europe/Oslo", "Europe/Oslo"),
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("TZID:Customized Time Zone", None),
        ("TZID:../../etc/passwd", None),
        ("TZID:" + "A" * 1_000_000, None),
        ("", None),
    ],
)
def test_zone_name(text: str, expected: str | None) -> None:
    assert zone_name(text) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("cloud.example.org", "https://cloud.example.org/"),
        (" https://cloud.example.org/dav ", "https://cloud.example.org/dav"),
        ("caldavs://cloud.example.org/dav/", "https://cloud.example.org/dav/"),
        ("webcal://cloud.example.org/c.ics", "https://cloud.example.org/c.ics"),
        ("https://me:secret@cloud.example.org/#x", "https://cloud.example.org/"),
        ("http://192.168.1.5:5232", "http://192.168.1.5:5232/"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
@pytest.mark.promise("C4")
def test_typed_url(typed: str, expected: str) -> None:
    assert typed_url(typed) == expected


def test_candidates_begin_with_what_was_typed() -> None:
    assert list(candidates("cloud.example.org/x"))[:2] == [
        "https://cloud.example.org/x",
        "https://cloud.example.org/.well-known/caldav",
    ]


@pytest.mark.parametrize(
    ("asked", "final", "further"),
    [
        ("https://a.org/x", "https://a.org/y", None),
        ("https://a.org/x", "http://a.org/y", "https://a.org/y"),
        ("https://a.org/.well-known/caldav", "https://dav.host.net/", "https://dav.host.net/"),
        ("https://a.org/x", "https://dav.host.net/", None),
        ("https://www.a.org/x", "https://dav.a.org/", "https://dav.a.org/"),
        ("https://a.org/.well-known/caldav", "http://dav.host.net/", None),
        ("http://a.org/.well-known/caldav", "https://dav.host.net/", None),
    ],
)
def test_trusted_hop(asked: str, final: str, further: str | None) -> None:
    assert trusted_hop(asked, final) == further


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abcd-efgh-ijkl-mnop", True),
        (" ABCD-efgh-ijkl-mnop ", True),
        ("abcdefghijklmnop", False),
        ("abcd-efgh-ijkl", False),
        ("My-Apple-Pass-word1", False),
        ("", False),
    ],
)
@pytest.mark.promise("C1")
def test_looks_like_app_password(text: str, expected: bool) -> None:
    assert looks_like_app_password(text) is expected


def test_presets_make_addresses() -> None:
    nextcloud, icloud = preset("nextcloud"), preset("icloud")

    assert nextcloud is not None
    assert nextcloud.url("https://cloud.example.org:8443/index.php") == (
        "https://cloud.example.org:8443/remote.php/dav/"
    )
    assert icloud is not None
    assert (icloud.url(), icloud.needs_server) == (ICLOUD_URL, False)
    assert len({one.key for one in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"BEGIN:VEVENT\r\nUID:a@x\r\n", True),
        (b"uid;X-P=1:a@x\n", True),
        (b"UID:a\r\n @x\r\n", True),
        (b"UID:aa@x\r\n", False),
        (b"X-UID:a@x\r\n", False),
        (b"", False),
    ],
)
def test_has_uid(data: bytes, expected: bool) -> None:
    assert has_uid(data, "a@x") is expected
