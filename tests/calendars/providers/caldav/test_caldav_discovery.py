"""From a typed address to calendars, and each way it can go wrong as its own error."""

import socket
from typing import Any

import pytest

from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.caldav import ICloudProvider
from tests.calendars.providers.caldav.conftest import POLICY, Connect
from tests.fakes.caldav_faults import (
    CALENDAR,
    Answer,
    FaultServer,
    fault_server,
    found,
    multistatus,
    only_status,
)

NEEDS_PASSWORD = Answer(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
JSON = Answer(200, '{"a": 1}', {"Content-Type": "application/json"})
TO_FTP = Answer(302, headers={"Location": "ftp://x/"})
LOGIN_PAGE = Answer(200, "<html><body>Please sign in</body></html>", {"Content-Type": "text/html"})


def home_set(href: str) -> str:
    return f"<c:calendar-home-set><d:href>{href}</d:href></c:calendar-home-set>"


def principal(href: str) -> str:
    return f"<d:current-user-principal><d:href>{href}</d:href></d:current-user-principal>"


def serve_home(server: FaultServer, *calendars: str) -> None:
    """Root → principal → home with these calendars."""
    server.on("PROPFIND", "/", multistatus(found("/", principal("/me/"))))
    server.on("PROPFIND", "/me/", multistatus(found("/me/", home_set("/home/"))))
    members = [found("/home/", "<d:resourcetype><d:collection/></d:resourcetype>")]
    members += [
        found(f"/home/{name}/", f"{CALENDAR}<d:displayname>{name}</d:displayname>") for name in calendars
    ]
    server.on("PROPFIND", "/home/", multistatus(*members))


def names(server: FaultServer, connect: Connect, path: str = "") -> list[str]:
    return [calendar.name for calendar in connect(server.url + path).calendars()]


@pytest.mark.promise("C4", "C6")
def test_discovery_by_principal_takes_three_requests(server: FaultServer, connect: Connect) -> None:
    serve_home(server, "work", "home")

    assert names(server, connect) == ["work", "home"]
    assert server.asked() == [("PROPFIND", "/"), ("PROPFIND", "/me/"), ("PROPFIND", "/home/")]


def test_discovery_by_well_known_address(server: FaultServer, connect: Connect) -> None:
    serve_home(server, "work")
    server.on("PROPFIND", "/", LOGIN_PAGE)
    server.on("PROPFIND", "/.well-known/caldav", Answer(301, headers={"Location": "/dav/"}))
    server.on("PROPFIND", "/dav/", multistatus(found("/dav/", principal("/me/"))))

    assert names(server, connect) == ["work"]


def test_discovery_of_a_calendars_own_address(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", "/home/work", multistatus(found("/home/work/", CALENDAR)))

    assert names(server, connect, "home/work") == ["work"]


def test_discovery_of_a_home_without_principal(server: FaultServer, connect: Connect) -> None:
    serve_home(server, "work")

    assert names(server, connect, "home/") == ["work"]


def test_discovery_with_several_homes(server: FaultServer, connect: Connect) -> None:
    serve_home(server, "work")
    both = "<c:calendar-home-set><d:href>/home/</d:href><d:href>/team/</d:href></c:calendar-home-set>"
    server.on("PROPFIND", "/", multistatus(found("/", both)))
    server.on("PROPFIND", "/team/", multistatus(found("/team/all/", CALENDAR)))

    assert names(server, connect) == ["work", "all"]


def test_discovery_of_a_home_on_another_host(server: FaultServer, connect: Connect) -> None:
    """iCloud keeps everybody's calendars on a numbered host of its own."""
    with fault_server() as other:
        server.on("PROPFIND", "/", multistatus(found("/", home_set(f"{other.url}home/"))))
        other.on("PROPFIND", "/home/", multistatus(found("/home/work/", CALENDAR)))

        calendars = connect(server.url).calendars()

        assert [calendar.remote_id for calendar in calendars] == [f"{other.url}home/work/"]


@pytest.mark.parametrize("home", ["http://169.254.169.254/", "http://10.0.0.1/home/", "http://[::1]:1/"])
def test_discovery_of_a_home_at_a_private_address(server: FaultServer, connect: Connect, home: str) -> None:
    server.on("PROPFIND", "/", multistatus(found("/", home_set(home))))

    with pytest.raises(errors.AddressRefused):
        connect(server.url).calendars()


def test_redirect_to_a_private_address(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", "/", Answer(302, headers={"Location": "http://192.168.0.1/"}))

    with pytest.raises(errors.AddressRefused):
        connect(server.url).calendars()


def test_password_does_not_follow_to_a_strange_origin(server: FaultServer, connect: Connect) -> None:
    with fault_server() as other:
        server.on("PROPFIND", "/", Answer(302, headers={"Location": other.url}))
        other.on("PROPFIND", "/", NEEDS_PASSWORD)

        with pytest.raises(errors.WrongPassword):
            connect(server.url).calendars()

        assert ["Authorization" in seen.headers for seen in other.seen] == [False]


@pytest.mark.promise("C4")
def test_private_address_is_refused_unless_allowed(server: FaultServer, connect: Connect) -> None:
    serve_home(server, "work")

    with pytest.raises(errors.AddressRefused):
        connect(server.url, policy=GuardPolicy()).calendars()

    assert server.seen == []


def test_password_over_plain_http_to_a_public_host(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket.socket, "connect", lambda self, place: None)

    with pytest.raises(errors.InsecureAddress):
        connect("http://dav.example.org/", policy=GuardPolicy()).calendars()


@pytest.mark.promise("C1")
def test_wrong_password(server: FaultServer) -> None:
    server.on("PROPFIND", "/", NEEDS_PASSWORD)
    provider = ICloudProvider(url=server.url, username="me@icloud.com", password="ordinary", policy=POLICY)

    with pytest.raises(errors.WrongPassword):
        provider.calendars()

    assert len(server.seen) == 1


@pytest.mark.promise("C1")
def test_icloud_refusing_the_account_is_no_missing_server(server: FaultServer) -> None:
    server.on("PROPFIND", "/", Answer(403))
    provider = ICloudProvider(url=server.url, username="me@icloud.com", password="x", policy=POLICY)

    with pytest.raises(errors.PermissionDenied):
        provider.calendars()


def test_digest_is_used_where_basic_is_not_offered(server: FaultServer, connect: Connect) -> None:
    challenge = Answer(401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="n", qop="auth"'})
    serve_home(server, "work")
    done = multistatus(found("/", principal("/me/")))
    server.on("PROPFIND", "/", challenge, challenge, done)

    assert names(server, connect) == ["work"]
    assert [seen.headers.get("Authorization", "")[:6] for seen in server.seen[:3]] == ["Basic ", "", "Digest"]


def test_signed_out_principal_is_a_wrong_password(server: FaultServer, connect: Connect) -> None:
    nobody = "<d:current-user-principal><d:unauthenticated/></d:current-user-principal>"
    server.on("PROPFIND", "/", multistatus(found("/", nobody)))

    with pytest.raises(errors.WrongPassword):
        connect(server.url).calendars()


@pytest.mark.promise("C9")
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(LOGIN_PAGE, errors.NotACalendar, id="login page"),
        pytest.param(Answer(404), errors.NotACalendar, id="nothing there"),
        pytest.param(Answer(405), errors.NotACalendar, id="no webdav"),
        pytest.param(
            Answer(200, '{"a": 1}', {"Content-Type": "application/json"}), errors.NotACalendar, id="json"
        ),
        pytest.param(Answer(207, "", {"Content-Type": "text/xml"}), errors.NotACalendar, id="empty 207"),
        pytest.param(Answer(207, "<a><b>", {"Content-Type": "text/xml"}), errors.ServerFailed, id="cut xml"),
        pytest.param(Answer(403), errors.NotACalendar, id="forbidden web site"),
        pytest.param(Answer(403, headers={"DAV": "1"}), errors.PermissionDenied, id="forbidden by webdav"),
        pytest.param(Answer(500), errors.ServerFailed, id="server error"),
        pytest.param(Answer(503), errors.ServerFailed, id="server down"),
        pytest.param(Answer(429), errors.RateLimited, id="too many"),
        pytest.param(Answer(302, headers={"Location": "/"}), errors.NotACalendar, id="redirect loop"),
        pytest.param(
            Answer(302, headers={"Location": "ftp://x/"}), errors.AddressRefused, id="redirect to ftp"
        ),
    ],
)
def test_what_is_wrong_has_its_own_error(
    server: FaultServer, connect: Connect, answer: Answer, expected: type[errors.ProviderError]
) -> None:
    server.on("PROPFIND", "/", answer)

    with pytest.raises(errors.ProviderError) as caught:
        connect(server.url).calendars()

    assert type(caught.value) is expected


def test_account_without_calendars(server: FaultServer, connect: Connect) -> None:
    serve_home(server)

    with pytest.raises(errors.NoCalendars):
        connect(server.url).calendars()


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120.0), ("Fri, 01 Jan 2100 00:00:00 GMT", None), ("soon", None)]
)
def test_rate_limit_tells_the_time(
    server: FaultServer, connect: Connect, header: str, seconds: float | None
) -> None:
    server.on("PROPFIND", "/", Answer(503, headers={"Retry-After": header}))

    with pytest.raises(errors.RateLimited) as caught:
        connect(server.url).calendars()

    if seconds is None:
        assert caught.value.retry_after is None or caught.value.retry_after > 3600
    else:
        assert caught.value.retry_after == seconds


def test_nobody_listens(connect: Connect) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(errors.Unreachable):
        connect(f"http://127.0.0.1:{port}/").calendars()


def test_unknown_host(connect: Connect) -> None:
    with pytest.raises(errors.Unreachable):
        connect("https://nothing-here.invalid/").calendars()


def test_https_to_a_server_that_speaks_plainly(server: FaultServer, connect: Connect) -> None:
    with pytest.raises(errors.NoTls):
        connect(server.url.replace("http:", "https:")).calendars()


@pytest.mark.parametrize("typed", ["", "http://", "https://[::1", "http://a b/", "https://x:99999/", "%%%"])
def test_what_is_no_address(connect: Connect, typed: str) -> None:
    with pytest.raises((errors.NotACalendar, errors.Unreachable, errors.AddressRefused)):
        connect(typed).calendars()


def test_endless_answer(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", "/", Answer(207, "<a>" + "x" * 300_000, {"Content-Type": "text/xml"}))

    with pytest.raises(errors.TooLarge):
        connect(server.url, policy=GuardPolicy(allow=POLICY.allow, max_bytes=100_000)).calendars()


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 20}">' for i in range(8))
    + '<!ENTITY file SYSTEM "file:///etc/hostname"><!ENTITY net SYSTEM "{net}x">]>'
    + '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>/</d:href>'
    + "<d:propstat><d:prop><d:resourcetype><c:calendar/></d:resourcetype>"
    + "<d:displayname>{entity}</d:displayname></d:prop>"
    + "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)


@pytest.mark.parametrize("entity", ["&file;", "&net;", "&i;"])
def test_entities_are_never_resolved(server: FaultServer, connect: Connect, entity: str) -> None:
    body = BOMB.replace("{net}", server.url).replace("{entity}", entity)
    server.on("PROPFIND", "/", Answer(207, body, {"Content-Type": "text/xml"}))

    try:
        shown = [calendar.name for calendar in connect(server.url).calendars()]
    except errors.ProviderError:
        shown = []

    assert shown in ([], [""])
    assert ("GET", "/x") not in server.asked()


def test_answer_about_a_missing_resource(server: FaultServer, connect: Connect) -> None:
    server.on("PROPFIND", "/", multistatus(only_status("/", "404 Not Found")))

    with pytest.raises(errors.NotACalendar):
        connect(server.url).calendars()
