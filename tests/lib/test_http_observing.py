"""What the observer of outgoing requests is told: every hop once, whatever came of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from requests.auth import HTTPDigestAuth

from bookingsite.lib import http
from bookingsite.lib.http import GuardPolicy, Hop, guarded_session
from tests.fakes.caldav_faults import Answer, FaultServer, fault_server
from tests.lib.guarding import LOOPBACK, OPEN, drip_body, get


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        running.on("GET", "/", Answer(200, b"inner"))
        yield running


@pytest.fixture
def hops() -> list[Hop]:
    return []


def told(hops: list[Hop]) -> list[tuple[str, str, str, int]]:
    return [(hop.verb, hop.url, hop.result, hop.size) for hop in hops]


def watching(hops: list[Hop], policy: GuardPolicy = OPEN) -> GuardPolicy:
    return replace(policy, observer=hops.append)


def test_an_answer_is_told_with_its_size(server, hops):
    get(server.url, watching(hops))

    assert told(hops) == [("GET", server.url, "200", 5)]
    assert len(hops[0].request_id) == 12


def test_each_hop_of_a_redirect_is_told_under_its_own_id(server, hops):
    server.on("GET", "/old", Answer(302, b"gone", {"Location": "/"}))

    get(f"{server.url}old", watching(hops))

    assert told(hops) == [("GET", f"{server.url}old", "302", 4), ("GET", server.url, "200", 5)]
    assert hops[0].request_id != hops[1].request_id


@pytest.mark.parametrize("header", ["request-id", "X-Request-Id", "X-Apple-Request-UUID"])
def test_the_servers_own_name_of_a_request_is_told(server, hops, header):
    server.on("GET", "/", Answer(503, b"", {header: "9b2f-17"}))

    get(server.url, watching(hops))

    assert [(hop.result, hop.server_id) for hop in hops] == [("503", "9b2f-17")]


def test_both_requests_of_a_digest_sign_in_are_told(server, hops):
    challenge = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'}
    server.on("GET", "/", Answer(401, b"", challenge), Answer(200, b"inner"))

    get(server.url, watching(hops), auth=HTTPDigestAuth("anna", "secret"))

    assert told(hops) == [("GET", server.url, "401", 0), ("GET", server.url, "200", 5)]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("http://127.0.0.1:9/", http.PortRefused),
        ("http://10.0.0.1/", http.AddressRefused),
        ("http://nobody.invalid/", http.NameNotFound),
        ("ftp://127.0.0.1/", http.SchemeRefused),
        ("http://[broken/", http.InvalidAddress),
    ],
)
def test_a_request_that_was_refused_is_told_once(hops, url, error):
    with pytest.raises(error):
        get(url, watching(hops))

    assert told(hops) == [("GET", url, error.code, 0)]


def test_a_redirect_that_is_refused_is_told_after_its_first_hop(server, hops):
    server.on("GET", "/", Answer(302, b"", {"Location": "ftp://127.0.0.1/"}))

    with pytest.raises(http.SchemeRefused):
        get(server.url, watching(hops))

    assert told(hops) == [("GET", server.url, "302", 0), ("GET", server.url, "scheme", 0)]


@pytest.mark.parametrize(
    ("step", "error", "limits"),
    [
        (drip_body, http.TimedOut, {"deadline": 0.3}),
        (Answer(200, b"x" * 100), http.TooLarge, {"max_bytes": 10}),
        (Answer(200, b"short", {"Content-Length": "999", "Connection": "close"}), http.OutboundError, {}),
    ],
)
def test_an_answer_that_does_not_end_well_is_told_once(server, hops, step, error, limits):
    server.on("GET", "/", step)
    policy = GuardPolicy(allow=LOOPBACK, timeout=1, **{"deadline": 1, **limits})

    with pytest.raises(error) as caught:
        get(server.url, watching(hops, policy))

    assert told(hops) == [("GET", server.url, caught.value.code, 0)]


def test_a_policy_that_is_replaced_between_requests_is_watched_from_then_on(server, hops):
    with guarded_session(OPEN) as session:
        session.get(server.url)
        session.policy = watching(hops)
        session.get(server.url)

    assert told(hops) == [("GET", server.url, "200", 5)]


def test_the_observer_is_no_part_of_what_a_policy_shows():
    assert watching([]) == OPEN
    assert "observer" not in repr(watching([]))
