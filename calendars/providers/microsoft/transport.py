"""Requests to Microsoft Graph for one account: our guarded session, one renewal of the token, errors in our words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import requests

from bookingsite.lib import http
from calendars.providers import errors
from calendars.providers.oauth import Tokens
from calendars.providers.outbound import policy_for, retry_after, told

Json = dict[str, Any]

PREFER = 'IdType="ImmutableId", outlook.timezone="UTC"'
"""Asked for with every call: ids that survive moves within a mailbox, and times in UTC."""
MOST_PAGES = 5_000
"""Of one listing; more is a server that goes in circles."""
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")
_NO_MAILBOX = frozenset(
    {
        "MailboxNotEnabledForRESTAPI",
        "MailboxNotSupportedForRESTAPI",
        "MailboxNotHostedInExchangeOnline",
        "ErrorNonExistentMailbox",
    }
)
"""The account has no mailbox in the cloud that Graph may read."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, Graph's own error code (empty when all is well), and the JSON object."""

    status: int
    code: str = ""
    body: Json = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether Graph did what was asked."""
        return 200 <= self.status < 300

    def error(self) -> errors.ProviderError:
        """The error that this answer stands for."""
        detail = f"HTTP {self.status} {self.code}".rstrip()
        if self.code in _NO_MAILBOX:
            return errors.NoCalendars(detail)
        if self.status == 429 or (self.status == 503 and self.retry_after is not None):
            return errors.RateLimited(detail, retry_after=self.retry_after)
        found = _MEANINGS.get(self.status, errors.ServerFailed)
        return found(detail, retry_after=self.retry_after)

    def checked(self) -> Json:
        """The JSON object; raises what the status stands for."""
        if not self.ok:
            raise self.error()
        return self.body


_MEANINGS: Mapping[int, type[errors.ProviderError]] = {
    401: errors.AccessRevoked,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    410: errors.NotFound,
    409: errors.Conflict,
    412: errors.Conflict,
    423: errors.Conflict,
}


class GraphClient:
    """One account, for one thread. `api` is the operator's address of Graph, with its version.

    Tokens go to that very origin only: no redirect is followed, and links in answers must lead there.
    """

    def __init__(self, *, tokens: Tokens, policy: http.GuardPolicy, api: str) -> None:
        self._api = api.rstrip("/") + "/"
        self._tokens = tokens
        self._session = http.guarded_session(policy_for(policy, self._api))

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def get(self, place: str, query: Mapping[str, str] | None = None, *, prefer: str = "") -> Answer:
        """Read a path below `api`, or a whole link that Graph gave."""
        return self.ask("GET", place, query=query, prefer=prefer)

    def ask(
        self,
        method: str,
        place: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        if_match: str = "",
        prefer: str = "",
    ) -> Answer:
        """Send one request; when its token is refused, once more with a new one.

        Raises for what has no answer, or one that is not Graph's.
        """
        url = self._url(place)
        headers = {"Accept": "application/json", "Prefer": f"{PREFER}, {prefer}" if prefer else PREFER}
        if if_match:
            headers["If-Match"] = if_match
        options = {"params": dict(query or {}), "json": body}
        token = self._tokens.access()
        answer = self._send(method, url, {**headers, **_bearer(token)}, options)
        if answer.status == 401:
            token = self._tokens.access(rejected=token)
            answer = self._send(method, url, {**headers, **_bearer(token)}, options)
        return answer

    def pages(
        self,
        place: str,
        query: Mapping[str, str] | None = None,
        *,
        prefer: str = "",
        refused: Callable[[Answer], errors.ProviderError] = Answer.error,
    ) -> Iterator[Json]:
        """A listing page by page, empty ones included. Raises what `refused` makes of a refusal, and
        `ServerFailed` for links that go in circles or elsewhere."""
        answer = self.get(place, query, prefer=prefer)
        seen: set[str] = set()
        while True:
            if not answer.ok:
                raise refused(answer)
            page = answer.body
            yield page
            following = page.get("@odata.nextLink")
            if not isinstance(following, str) or not following:
                return
            if following in seen or len(seen) >= MOST_PAGES:
                raise errors.ServerFailed("the listing goes in circles")
            seen.add(following)
            answer = self.get(following, prefer=prefer)

    def rows(
        self,
        place: str,
        query: Mapping[str, str],
        *,
        refused: Callable[[Answer], errors.ProviderError] = Answer.error,
    ) -> Iterator[Json]:
        """The objects of a whole listing; raises as `pages`."""
        for page in self.pages(place, query, refused=refused):
            yield from values(page)

    def _url(self, place: str) -> str:
        try:
            url = urljoin(self._api, place)
            if http.origin(url) == http.origin(self._api):
                return url
        except (http.InvalidAddress, ValueError):
            pass
        raise errors.ServerFailed("a link that leads elsewhere")

    def _send(self, method: str, url: str, headers: Mapping[str, str], options: Json) -> Answer:
        try:
            answer = self._session.request(method, url, headers=headers, allow_redirects=False, **options)
        except http.OutboundError as problem:
            raise told(problem) from None
        return read_answer(answer)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def values(page: Json) -> list[Json]:
    """The objects of one page. Raises `ServerFailed` for a page that is none."""
    rows = page.get("value")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise errors.ServerFailed("a page without its list")
    return rows


def read_answer(answer: requests.Response) -> Answer:
    """The answer as JSON. Raises `ServerFailed` for redirects, pages for people and whatever else is no JSON."""
    status = answer.status_code
    wait = retry_after(answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""))
    if 300 <= status < 400:
        raise errors.ServerFailed(f"HTTP {status}: sent elsewhere")
    body = _json(answer)
    if body is None and 200 <= status < 300:
        raise errors.ServerFailed(f"HTTP {status} without JSON")
    return Answer(status, _code(body or {}), body or {}, wait)


def _json(answer: requests.Response) -> Json | None:
    """The JSON object in the body; an empty body is an empty object, anything else is None."""
    if not answer.content:
        return {}
    if "json" not in answer.headers.get("Content-Type", "").lower():
        return None
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _code(body: Json) -> str:
    problem = body.get("error")
    code = problem.get("code") if isinstance(problem, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
