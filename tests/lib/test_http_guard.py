"""The guard at the socket, against a real server on loopback."""

import gzip
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests

from bookingsite.lib import http
from bookingsite.lib.http import GuardPolicy, guarded_session
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server
from tests.lib.guarding import LOOPBACK, OPEN, drip_body, drip_headers, get, point


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        running.on("GET", "/", Answer(200, b"inner"))
        yield running


def test_allowed_network_is_reached(server: FaultServer) -> None:
    assert get(server.url).content == b"inner"


ATTACKS = [
    "http://127.0.0.1:{p}/",
    "http://localhost:{p}/",
    "http://localhost.:{p}/",
    "http://LOCALHOST:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://2130706433:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7f.1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://017700000001:{p}/",
    "http://0:{p}/",
    "http://0.0.0.0:{p}/",
    "http://127.0.0.2:{p}/",
    "http://127.255.255.254:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[::7f00:1]:{p}/",
    "http://[64:ff9b::7f00:1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[fe80::1]:{p}/",
    "http://[fd00::1]:{p}/",
    "http://169.254.169.254/",
    "http://169.254.169.254:{p}/latest",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://user:pass@127.0.0.1:{p}/",
    "http://example.org@127.0.0.1:{p}/",
    "http://example.org:80@127.0.0.1:{p}/",
    "http://example.org\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}\\@example.invalid/",
    "http://127.0.0.1:{p}#@example.invalid/",
    "http://127.0.0.1:{p}/?@example.invalid",
    "http://１２７.０.０.１:{p}/",
    "http://①②⑦.⓪.⓪.①:{p}/",
    "http://127。0。0。1:{p}/",
    "http://loc%61lhost:{p}/",
    "http://127.0.0.1%00.example.invalid:{p}/",
    "http://[::1%25lo]:{p}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{p}/_x",
    "ftp://127.0.0.1/",
    "unix:///run/x.sock",
    "data:text/plain,x",
    "dict://127.0.0.1:11211/",
    "http:///",
    "http://:{p}/",
    "https://127.0.0.1:{p}/",
    "//127.0.0.1:{p}/",
    "http://127.0.0.1:99999/",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_refused_before_anything_is_sent(server: FaultServer, attack: str) -> None:
    with pytest.raises((http.Refused, http.NameNotFound)):
        get(attack.replace("{p}", str(server.port)), GuardPolicy())

    assert server.seen == []


def test_name_with_one_private_address_is_refused(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    point(monkeypatch, {"mixed.test": ["127.0.0.1", "10.0.0.1"]})

    with pytest.raises(http.AddressRefused):
        get(f"http://mixed.test:{server.port}/")

    assert server.seen == []


def test_rebinding_name_is_looked_up_once_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the name says the next moment: the judged address is the dialled one."""
    answers = {"rebind.test": ["8.8.8.8"]}
    asked = point(monkeypatch, answers)
    dialled: list[str] = []

    def connect(self: socket.socket, place: tuple[str, int]) -> None:
        dialled.append(place[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    original = GuardPolicy.judge

    def judge_then_rebind(self: GuardPolicy, address: Any, port: int) -> None:
        original(self, address, port)
        answers["rebind.test"] = ["127.0.0.1"]

    monkeypatch.setattr(GuardPolicy, "judge", judge_then_rebind)

    with pytest.raises(http.ConnectionFailed):
        get("http://rebind.test/", GuardPolicy())

    assert (asked, dialled) == (["rebind.test"], ["8.8.8.8"])


def test_rebinding_after_the_first_connection_is_refused(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"rebind.test": ["127.0.0.1"]}
    point(monkeypatch, answers)
    server.on("GET", "/close", Answer(200, b"1", {"Connection": "close"}))
    with guarded_session(OPEN) as session:
        session.get(f"http://rebind.test:{server.port}/close")
        answers["rebind.test"] = ["192.168.0.1"]

        with pytest.raises(http.AddressRefused):
            session.get(f"http://rebind.test:{server.port}/close")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/", "//192.168.0.1/", "http://[::ffff:10.0.0.1]/", "http://0x0a000001/"],
)
def test_redirect_to_private_address_is_refused(server: FaultServer, status: int, location: str) -> None:
    server.on("GET", "/go", Answer(status, headers={"Location": location}))

    with pytest.raises(http.AddressRefused):
        get(server.url + "go")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"])
def test_redirect_to_other_scheme_is_refused(server: FaultServer, location: str) -> None:
    server.on("GET", "/go", Answer(302, headers={"Location": location}))

    with pytest.raises(http.SchemeRefused):
        get(server.url + "go")


def test_redirect_loop_ends_after_three_hops(server: FaultServer) -> None:
    server.on("GET", "/loop", Answer(302, headers={"Location": "/loop"}))

    with pytest.raises(http.TooManyRedirects):
        get(server.url + "loop")

    assert len(server.seen) == 4


@pytest.mark.parametrize(
    ("method", "status", "kept"),
    [
        ("PROPFIND", 301, ("PROPFIND", b"<x/>")),
        ("PROPFIND", 302, ("PROPFIND", b"<x/>")),
        ("REPORT", 307, ("REPORT", b"<x/>")),
        ("POST", 308, ("POST", b"<x/>")),
        ("POST", 302, ("GET", b"")),
        ("POST", 303, ("GET", b"")),
    ],
)
def test_redirect_keeps_webdav_methods(
    server: FaultServer, method: str, status: int, kept: tuple[str, bytes]
) -> None:
    server.on(method, "/old", Answer(status, headers={"Location": "/new"}))
    with guarded_session(OPEN) as session:
        session.request(method, server.url + "old", data=b"<x/>")

    last = server.seen[-1]
    assert (last.path, last.method, last.body) == ("/new", *kept)


def test_redirect_to_other_origin_drops_credentials(server: FaultServer) -> None:
    with fault_server() as other:
        server.on("GET", "/go", Answer(302, headers={"Location": other.url.replace("//", "//u:p@")}))
        server.on("GET", "/stay", Answer(302, headers={"Location": "/there"}))

        get(server.url + "go", auth=("me", "secret"))
        get(server.url + "stay", auth=("me", "secret"))

        assert "Authorization" not in other.seen[0].headers
        assert server.seen[-1].headers["Authorization"] == server.seen[0].headers["Authorization"]


def test_environment_is_ignored(server: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    with fault_server() as proxy:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password secret\n")
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NETRC", str(netrc))

        with guarded_session(OPEN) as session:
            session.get(server.url, proxies={"http": proxy.url})

        assert proxy.seen == []
        assert "Authorization" not in server.seen[0].headers


def test_cookies_are_not_kept(server: FaultServer) -> None:
    server.on("GET", "/", Answer(200, b"", {"Set-Cookie": "a=b; Path=/"}))
    with guarded_session(OPEN) as session:
        session.get(server.url)
        session.get(server.url)

    assert "Cookie" not in server.seen[1].headers


def test_credentials_over_plain_http_to_public_host_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    point(monkeypatch, {"public.test": ["8.8.8.8"]})
    monkeypatch.setattr(socket.socket, "connect", lambda self, place: None)
    sent: list[bytes] = []
    monkeypatch.setattr(socket.socket, "sendall", lambda self, data: sent.append(data))

    with pytest.raises(http.InsecureRefused):
        get("http://public.test/", GuardPolicy(), auth=("me", "secret"))

    assert sent == []


def test_large_answer_stops_at_the_cap(server: FaultServer) -> None:
    server.on("GET", "/", Answer(200, b"x" * 300_000))

    with pytest.raises(http.TooLarge):
        get(server.url, GuardPolicy(allow=LOOPBACK, max_bytes=200_000))


def test_gzip_bomb_stops_at_the_cap(server: FaultServer) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    server.on("GET", "/", Answer(200, bomb, {"Content-Encoding": "gzip"}))

    with pytest.raises(http.TooLarge):
        get(server.url, GuardPolicy(allow=LOOPBACK, max_bytes=1_000_000))

    assert server.seen[0].headers["Accept-Encoding"] == "identity"


def test_gzip_garbage_is_a_broken_answer(server: FaultServer) -> None:
    server.on("GET", "/", Answer(200, b"not gzip at all", {"Content-Encoding": "gzip"}))

    with pytest.raises(http.BrokenAnswer):
        get(server.url)


def _silent(handler: BaseHTTPRequestHandler) -> None:
    """Until the client hangs up."""
    handler.connection.settimeout(30)
    handler.rfile.read(1)


@pytest.mark.parametrize("slow", [drip_body, drip_headers, _silent])
def test_slow_answer_ends_at_the_deadline(server: FaultServer, slow: Any) -> None:
    server.on("GET", "/", slow)
    started = time.monotonic()

    with pytest.raises(http.TimedOut):
        get(server.url, GuardPolicy(allow=LOOPBACK, timeout=5, deadline=0.5))

    assert time.monotonic() - started < 4  # the whole answer would take five seconds or more


def test_silence_ends_at_the_read_timeout(server: FaultServer) -> None:
    server.on("GET", "/", _silent)

    with pytest.raises(http.TimedOut):
        get(server.url, GuardPolicy(allow=LOOPBACK, timeout=0.2, deadline=30))


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nBEGIN:VCALENDAR")
    handler.close_connection = True


def _reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def test_cut_body_is_not_taken_for_whole(server: FaultServer) -> None:
    server.on("GET", "/", _cut)

    with pytest.raises(http.BrokenAnswer):
        get(server.url)


def test_connection_dropped(server: FaultServer) -> None:
    server.on("GET", "/", _reset)

    with pytest.raises(http.ConnectionFailed):
        get(server.url)


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(http.ConnectionFailed):
        get(f"http://127.0.0.1:{port}/")


def test_unknown_name() -> None:
    with pytest.raises(http.NameNotFound):
        get("https://nothing-here.invalid/")


def test_tls_with_a_server_that_speaks_none(server: FaultServer) -> None:
    with pytest.raises(http.TlsFailed):
        get(server.url.replace("http:", "https:"))


def test_error_texts_hold_no_address(server: FaultServer) -> None:
    with pytest.raises(http.AddressRefused) as caught:
        get(server.url + "calendar/secret-token", GuardPolicy())

    assert str(caught.value) == "address"


def test_digest_answer_does_not_follow_to_another_origin(server: FaultServer) -> None:
    challenge = {"WWW-Authenticate": 'Digest realm="x", nonce="n", qop="auth"'}
    with fault_server() as other:
        server.on("GET", "/go", Answer(302, headers={"Location": other.url}))
        other.on("GET", "/", Answer(401, headers=challenge))

        answer = get(server.url + "go", auth=requests.auth.HTTPDigestAuth("me", "secret"))

        assert answer.status_code == 401
        assert ["Authorization" in seen.headers for seen in other.seen] == [False]


def test_urllib3_is_the_real_one() -> None:
    assert http.urllib3_is_real()
