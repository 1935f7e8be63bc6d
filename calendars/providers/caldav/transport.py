"""Requests to one CalDAV account: the caldav library's client on a guarded session, errors in our words."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import caldav
import requests
from caldav.lib import error as dav_error
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from bookingsite.lib import http
from calendars.providers import errors
from calendars.providers.caldav.multistatus import DAV, GONE, Multistatus, read_multistatus
from calendars.providers.outbound import told

# The library logs whole answers and differences of contents as "deviations": other people's calendars.
logging.getLogger("caldav").setLevel(logging.CRITICAL)
dav_error.debug_dump_communication = False

PATIENCE = 90.0
"""Seconds a server may think about its first full listing (a cold index of 10,000 events takes that)."""
PATIENT_BYTES = 64_000_000


class DavSession(http.GuardedSession):
    """Remembers the last answer, and keeps pages that are no XML away from the library (it logs them)."""

    last: requests.Response | None = None
    was_page = False
    """Whether that was a page for people. PHP calls its empty answers HTML too: those are none."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As the guarded session; bodies that are no XML are emptied unless a resource was fetched."""
        answer = super().send(request, **options)
        self.was_page = bool(answer.content) and "html" in answer.headers.get("Content-Type", "")
        if self.was_page or (
            request.method != "GET" and answer.content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] != b"<"
        ):
            answer._content = b""
        self.last = answer
        return answer


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, final address, headers, parsed XML, raw body and DAV error conditions."""

    status: int
    url: str
    headers: Mapping[str, str]
    tree: Any = None
    body: bytes = b""
    conditions: frozenset[str] = field(default_factory=frozenset)
    is_page: bool = False
    """A page for people: a sign-in form or a portal, never an answer to WebDAV."""

    @property
    def ok(self) -> bool:
        """Whether the server did what was asked."""
        return 200 <= self.status < 300

    @property
    def is_webdav(self) -> bool:
        """Whether the answer shows that WebDAV is spoken there at all (RFC 4918 10.1, 16)."""
        return "DAV" in self.headers or bool(self.conditions) or self.tree is not None

    @property
    def is_gone(self) -> bool:
        """Whether nothing is there."""
        return self.status in GONE

    def error(self) -> errors.ProviderError:
        """The error this status stands for."""
        detail = f"HTTP {self.status}"
        if self.status == 401:
            return errors.WrongPassword(detail)
        if self.status == 403:
            return errors.PermissionDenied(detail)
        if self.is_gone:
            return errors.NotFound(detail)
        if self.status in (409, 412, 423):
            return errors.Conflict(detail)
        if self.status in (400, 405, 406, 415, 501):
            return errors.NotACalendar(detail)
        return errors.ServerFailed(detail)

    def multistatus(self) -> Multistatus:
        """The answer as a multistatus; raises what the status stands for, `NotACalendar` for other pages."""
        if not self.ok:
            raise self.error()
        found = read_multistatus(self.tree)
        if found is None:
            raise errors.NotACalendar(f"HTTP {self.status} without a multistatus")
        return found


class Dav:
    """One account on one server, for one thread."""

    def __init__(self, *, username: str, password: str, policy: http.GuardPolicy) -> None:
        self._username, self._password = username, password
        # Discovery by DNS would run before the session can be replaced: switched off, ours is guarded.
        self._client = caldav.DAVClient(
            url="https://address.invalid/",  # every request names its own whole address
            auth=HTTPBasicAuth(username.encode(), password.encode()),
            enable_rfc6764=False,
            huge_tree=False,
            headers={"User-Agent": policy.user_agent},
        )
        self._client.session.close()
        self._session = DavSession(policy)
        self._client.session = self._session

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    @contextmanager
    def patiently(self) -> Iterator[None]:
        """Within this block a server may take long and answer much: first reads and full listings."""
        usual = self._session.policy
        self._session.policy = replace(
            usual,
            timeout=max(usual.timeout, PATIENCE),
            deadline=max(usual.deadline, 2 * PATIENCE),
            max_bytes=max(usual.max_bytes, PATIENT_BYTES),
        )
        try:
            yield
        finally:
            self._session.policy = usual

    def propfind(self, url: str, body: str, *, depth: int) -> Answer:
        """PROPFIND (RFC 4918 9.1)."""
        return self.ask("PROPFIND", url, body.encode(), {"Depth": str(depth)})

    def report(self, url: str, body: str, *, depth: int = 1) -> Answer:
        """REPORT (RFC 3253 3.6); sync-collection wants depth 0 (RFC 6578 3.2)."""
        return self.ask("REPORT", url, body.encode(), {"Depth": str(depth)})

    def ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request. Raises for what has no answer, for wrong passwords and for rate limits."""
        answer = self._ask_once(method, url, body, headers or {})
        if answer.status == 401 and self._wants_digest(answer):
            self._client.auth = HTTPDigestAuth(self._username, self._password)
            answer = self._ask_once(method, url, body, headers or {})
        return answer

    def _wants_digest(self, answer: Answer) -> bool:
        offered = answer.headers.get("WWW-Authenticate", "").lower()
        already = isinstance(self._client.auth, HTTPDigestAuth)
        return "digest" in offered and "basic" not in offered and not already

    def _ask_once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        tree, conditions = None, frozenset[str]()
        try:
            tree = self._client.request(url, method, body or "", headers).tree
        except http.OutboundError as problem:
            raise told(problem) from None
        except dav_error.RateLimitError as problem:
            raise errors.RateLimited(
                f"HTTP {problem.status}", retry_after=problem.retry_after_seconds
            ) from None
        except dav_error.AuthorizationError as problem:
            conditions = frozenset(problem.preconditions)
        except (dav_error.DAVError, SyntaxError, ValueError, LookupError) as problem:
            raise errors.ServerFailed(type(problem).__name__) from None
        return self._answer(tree, conditions)

    def _answer(self, tree: Any, conditions: frozenset[str]) -> Answer:
        last = self._session.last
        if last is None:
            raise errors.ServerFailed("no answer")
        if tree is not None and tree.tag == f"{DAV}error":
            conditions |= {child.tag for child in tree if isinstance(child.tag, str)}
        return Answer(
            status=last.status_code,
            url=str(last.url),
            headers=last.headers,
            tree=tree,
            body=b"" if tree is not None else last.content,
            conditions=conditions,
            is_page=self._session.was_page,
        )
