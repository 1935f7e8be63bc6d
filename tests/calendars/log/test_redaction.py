"""What of an address may be kept: nothing that names somebody or opens something."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.log.redaction import LONGEST, Redaction, code, verb

CUT = Redaction(key=b"key")
MARKED = re.compile(r"~[0-9a-f]{6}")


def shape(url: str) -> str:
    """The redacted address with every mark as a star."""
    return MARKED.sub("*", CUT.target(url))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://caldav.icloud.com/.well-known/caldav", "caldav.icloud.com/.well-known/caldav"),
        ("https://cloud.example:8443/remote.php/dav/anna/b1.ics", "cloud.example:8443/remote.php/dav/*/*"),
        ("https://anna:secret@cloud.example/dav/", "cloud.example/dav/"),
        ("https://g.example/calendar/v3/calendars/a%40b.example/events/bk1?key=secret#x",
         "g.example/calendar/v3/calendars/*/events/*"),
        ("https://graph.example/v1.0/me/calendars/AAMk/calendarView/delta?$deltatoken=secret",
         "graph.example/v1.0/me/calendars/*/calendarView/delta"),
        ("https://login.example/6f1c9d1e-0000/oauth2/v2.0/token", "login.example/*/oauth2/v2.0/token"),
        ("https://[2001:db8::1]:8443/dav", "[2001:db8::1]:8443/dav"),
        ("https://host", "host"),
        ("https://spaced host/dav", ""),
        ("http://[broken/dav", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_words_of_everybody_stay_and_the_rest_is_marked(url, kept):
    assert shape(url) == kept


def test_of_a_feed_only_the_host_stays():
    feeds = Redaction(key=b"key", host_only=True)

    assert (
        feeds.target("https://calendar.example/calendar/ical/anna/private-17/basic.ics") == "calendar.example"
    )


def test_the_same_name_has_the_same_mark_and_another_key_another():
    first = CUT.target("https://host/anna/anna/ben")
    _, anna, again, ben = first.split("/")

    assert (anna == again, anna == ben) == (True, False)
    assert Redaction(key=b"other").target("https://host/anna/anna/ben") != first


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40)


@given(segments=st.lists(names, min_size=1, max_size=12), user=names, query=names)
def test_nothing_but_known_words_and_marks_is_ever_in_a_path(segments, user, query):
    path = "/".join(quote(segment, safe="") for segment in segments)

    kept = CUT.target(f"https://{quote(user, safe='')}:pw@host.example/{path}?{quote(query)}#{quote(user)}")

    assert len(kept) <= LONGEST
    for part in kept.removeprefix("host.example/").split("/"):
        is_word = CUT.target(f"https://h/{part}") == f"h/{part}"
        assert MARKED.fullmatch(part) or is_word, part


@given(url=st.text(max_size=200))
def test_no_address_however_odd_raises(url):
    kept = CUT.target(url)

    assert len(kept) <= LONGEST
    assert "?" not in kept
    assert "@" not in kept


@pytest.mark.parametrize(
    ("servers", "kept"),
    [
        ("8e6b1c5e-2f0b-4d0a-9a55-2b7d1c1f9f10", "ours 8e6b1c5e-2f0b-4d0a-9a55-2b7d1c1f9f10"),
        ("", "ours"),
        ("x" * 41, "ours"),
        ("two words", "ours"),
        ("abcd-efgh-ijkl-mnop", "ours"),
        ("id-abcd-efgh-ijkl-mnop", "ours"),
        ("ya29tokenpart", "ours"),
    ],
)
def test_a_servers_id_is_kept_where_it_looks_like_one_and_repeats_no_secret(servers, kept):
    cut = Redaction(key=b"key", secrets=("abcd-efgh-ijkl-mnop", '{"access_token": "ya29tokenpart"}', ""))

    assert cut.request_id("ours", servers) == kept


def test_verbs_and_codes_of_another_shape_are_not_kept():
    assert [verb(text) for text in ("PROPFIND", "get", "A" * 13, "Dr. Smith")] == ["PROPFIND", "", "", ""]
    assert [code(text) for text in ("207", "too_large", "Dr. Smith")] == ["207", "too_large", "other"]


def test_the_host_is_the_one_of_the_address():
    assert CUT.target("https://HOST.example/dav") == f"{urlsplit('https://host.example').hostname}/dav"
