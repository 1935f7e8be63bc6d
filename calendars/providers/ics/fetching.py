"""Fetching a feed: one conditional GET through the guard, and what its answer means."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bookingsite.lib import http
from bookingsite.lib.http import GuardPolicy
from calendars.providers import errors
from calendars.providers.ics.address import FeedAddress
from calendars.providers.ics.sameness import Marks, digest, mark
from calendars.providers.outbound import retry_after, told

MAX_BYTES = 20_000_000
"""Of one feed, decompressed: 10,000 events with everything Google writes into them take 15."""
LONGEST_EXCHANGE = 30.0
"""Seconds for everything: a server that drips is no calendar to wait for."""
_HEADERS = {"Accept": "text/calendar, text/plain;q=0.8, */*;q=0.5"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """A feed's body and what to ask with next time."""

    body: bytes
    marks: Marks


def feed_policy(policy: GuardPolicy) -> GuardPolicy:
    """The caller's limits, and those of feeds."""
    deadline = min(policy.deadline, LONGEST_EXCHANGE)
    size = min(policy.max_bytes, MAX_BYTES)
    return replace(policy, max_bytes=size, deadline=deadline, timeout=min(policy.timeout, deadline))


def fetch(session: http.GuardedSession, address: FeedAddress, marks: Marks) -> Fetched | None:
    """The feed, or None when it still says what the marks stand for. Raises `ProviderError`."""
    try:
        answer = session.get(address.url, headers={**_HEADERS, **marks.conditions})
    except http.OutboundError as problem:
        raise _refused(problem) from None
    if answer.status_code == 304 and marks.conditions:
        return None
    _require_good(answer.status_code, answer.headers)
    if address.is_encrypted and not str(answer.url).startswith("https:"):
        raise errors.InsecureAddress("redirected to http")
    body = answer.content
    if is_page(body):
        raise errors.WebPage("html")
    found = Marks(
        mark(answer.headers.get("ETag", "")), mark(answer.headers.get("Last-Modified", "")), digest(body)
    )
    return Fetched(body, found)


def is_page(body: bytes) -> bool:
    """Whether this is a page for people (or XML): a sign-in form, a portal, an error."""
    return body[:200].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<"


def _refused(problem: http.OutboundError) -> errors.ProviderError:
    if isinstance(problem, http.BrokenAnswer):
        return errors.CutShort(problem.code)
    return told(problem)


def _require_good(status: int, headers: Mapping[str, str]) -> None:
    if status == 200:
        return
    detail = f"HTTP {status}"
    if status == 429 or (status == 503 and "Retry-After" in headers):
        wait = retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
        raise errors.RateLimited(detail, retry_after=wait)
    raise _ERRORS.get(status, errors.ServerFailed if status >= 500 else errors.NotACalendar)(detail)


_ERRORS: Mapping[int, type[errors.ProviderError]] = {
    401: errors.WrongPassword,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    410: errors.NotFound,
    # Never asked for: half an answer, or "unchanged" to a question without a condition.
    206: errors.ServerFailed,
    304: errors.ServerFailed,
}
