"""Requests to Google's calendar API: built and read by Google's library, sent through our guard.

The library's own HTTP would neither end a dripping answer nor look where an address leads.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

import httplib2
import requests
from google.api_core.client_options import ClientOptions
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from bookingsite.lib import http
from calendars.providers import errors
from calendars.providers.oauth import Tokens
from calendars.providers.outbound import policy_for, retry_after, told

RATE_REASONS = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "calendarUsageLimitsExceeded",
        "variableTermLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
    }
)
"""https://developers.google.com/workspace/calendar/api/guides/errors: a 403 that means "slower"."""
NOT_SWITCHED_ON = frozenset({"accessNotConfigured", "SERVICE_DISABLED", "serviceDisabled"})
"""The client's project has never switched the Calendar API on: its operator must."""
MISSING_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})

logging.getLogger("googleapiclient").setLevel(logging.ERROR)  # answers and addresses are in its messages


class Request(Protocol):
    """A request as Google's library builds it."""

    headers: dict[str, str]

    def execute(self) -> Any:
        """Send it."""
        ...


class Api:
    """One account's requests, for one thread. Close it after use."""

    def __init__(self, tokens: Tokens, policy: http.GuardPolicy, api: str) -> None:
        self._http = GuardedHttp(tokens, policy_for(policy, api))
        # The library ships the description of the API; nothing is looked up over the network.
        service: Any = build(
            "calendar",
            "v3",
            http=cast(Any, self._http),
            static_discovery=True,
            cache_discovery=False,
            client_options=ClientOptions(api_endpoint=f"{api.rstrip('/')}/"),
        )
        self.events: Any = service.events()
        self.calendar_list: Any = service.calendarList()
        self.channels: Any = service.channels()

    def ask(self, request: Request, *, if_match: str = "") -> dict[str, Any]:
        """The answer's JSON object; empty where the answer has none. Raises `Refused` and the errors of the
        network. `if_match` makes a change conditional on the event's version."""
        if if_match:
            request.headers["If-Match"] = if_match
        try:
            found = request.execute()
        except HttpError as problem:
            raise Refused(problem.resp.status, _reasons(problem.content), problem.resp) from None
        except (ValueError, httplib2.HttpLib2Error) as problem:
            raise errors.ServerFailed(type(problem).__name__) from None
        if isinstance(found, dict):
            return found
        if not found:
            return {}
        raise errors.ServerFailed("not JSON")

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()


class Refused(Exception):
    """An answer that says no. `error()` is what it means when the caller has no better use for it."""

    def __init__(self, status: int, reasons: frozenset[str], headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.reasons = reasons
        self._wait = retry_after(headers.get("retry-after", ""), headers.get("date", ""))

    @property
    def is_gone(self) -> bool:
        """Whether nothing is there (any more)."""
        return self.status in (404, 410)

    def error(self) -> errors.ProviderError:
        """The provider error for this answer."""
        detail = " ".join([f"HTTP {self.status}", *sorted(self.reasons)])[:100]
        if self.status == 429 or (self.status == 403 and self.reasons & RATE_REASONS):
            return errors.RateLimited(detail, retry_after=self._wait)
        if self.status == 503 and self._wait is not None:
            return errors.RateLimited(detail, retry_after=self._wait)
        if self.status == 403:
            return _forbidden(self.reasons, detail)
        return _BY_STATUS.get(
            self.status, errors.ServerFailed if self.status >= 500 else errors.ProviderError
        )(detail)


def _forbidden(reasons: frozenset[str], detail: str) -> errors.ProviderError:
    if reasons & NOT_SWITCHED_ON:
        return errors.BadClient(detail)
    if reasons & MISSING_SCOPE:
        return errors.ConsentPartial(detail)
    return errors.PermissionDenied(detail)


_BY_STATUS: dict[int, type[errors.ProviderError]] = {
    401: errors.AccessRevoked,
    404: errors.NotFound,
    408: errors.Timeout,
    409: errors.Conflict,
    410: errors.NotFound,
    412: errors.Conflict,
}


class GuardedHttp:
    """What Google's library sends through, in place of httplib2: the guard's session with a bearer token.

    A refused token is replaced once. Redirects are not followed: the API has none, and the token must not
    travel.
    """

    def __init__(self, tokens: Tokens, policy: http.GuardPolicy) -> None:
        self._tokens = tokens
        self._session = http.guarded_session(policy)

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        """One exchange, in the shape the library wants. Raises `ProviderError` where there is no answer."""
        token = self._tokens.access()
        answer = self._send(uri, method, body, headers or {}, token)
        if answer.status_code == 401:
            answer = self._send(uri, method, body, headers or {}, self._tokens.access(rejected=token))
        content = _checked(answer)
        seen = {name.lower(): value for name, value in answer.headers.items()}
        return httplib2.Response({**seen, "status": str(answer.status_code)}), content

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send(
        self, uri: str, method: str, body: str | bytes | None, headers: Mapping[str, str], token: str
    ) -> requests.Response:
        sent = {**headers, "authorization": f"Bearer {token}", "accept-encoding": "gzip"}
        try:
            return self._session.request(method, uri, data=body, headers=sent, allow_redirects=False)
        except http.OutboundError as problem:
            raise told(problem) from None


def _checked(answer: requests.Response) -> bytes:
    """The body, when it may be one of the API's: an error is told by its status, all else must be JSON."""
    if 300 <= answer.status_code < 400:
        raise errors.ServerFailed(f"HTTP {answer.status_code}")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if answer.ok and answer.content and kind != "application/json":
        raise errors.ServerFailed("no JSON")
    return answer.content


def _reasons(content: bytes) -> frozenset[str]:
    """The reasons an error names, in the older and the newer form."""
    try:
        error = json.loads(content)["error"]
        named: Iterable[Any] = [*error.get("errors", ()), *error.get("details", ())]
    except (ValueError, LookupError, TypeError, AttributeError):
        return frozenset()
    found = (one.get("reason") for one in named if isinstance(one, dict))
    return frozenset(reason[:60] for reason in found if isinstance(reason, str))
