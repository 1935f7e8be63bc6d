"""Consent at Google and the tokens that come of it (C2, C8).

https://developers.google.com/identity/protocols/oauth2/web-server: PKCE, offline access, every consent asked
anew so that a refresh token always comes; what was really granted is compared, because boxes can be unticked.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import requests
from google_auth_oauthlib.flow import Flow
from oauthlib.oauth2 import OAuth2Error
from requests.adapters import BaseAdapter

from bookingsite.lib import http
from calendars.providers import errors
from calendars.providers.google.transport import Api, Refused
from calendars.providers.oauth import Begun, Client, Grant, Granted, NewToken
from calendars.providers.outbound import policy_for, retry_after, told

CALENDAR_LIST = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
EVENTS = "https://www.googleapis.com/auth/calendar.events"

TESTING_LASTS = timedelta(days=7)
"""How long grants live while the client's consent screen is in "Testing" (SYNC 0.9)."""
TESTING_SLACK = timedelta(hours=36)
"""The end is noticed at the next reading; that may be late. Half a day earlier allows for clocks."""

# They log tokens and codes.
for _noisy in ("requests_oauthlib", "oauthlib", "google_auth_oauthlib"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)


class GoogleOAuth:
    """Google's side of the consent. `addresses`: `auth`, `token`, `revoke` and `api`."""

    scopes: ClassVar[frozenset[str]] = frozenset({CALENDAR_LIST, EVENTS})

    def __init__(self, addresses: Mapping[str, str], policy: http.GuardPolicy) -> None:
        self._addresses = addresses
        self._policy = policy_for(policy, addresses["token"], addresses["revoke"], addresses["api"])

    def begin(self, client: Client, *, redirect_uri: str, login_hint: str = "") -> Begun:
        """The consent page's address; the PKCE verifier (RFC 7636) is kept, it never travels with the person."""
        flow = self._flow(client, redirect_uri, sorted(self.scopes))
        hint = {"login_hint": login_hint} if login_hint else {}
        url, state = flow.authorization_url(
            access_type="offline",
            prompt="consent",
            include_granted_scopes="true",
            state=secrets.token_urlsafe(32),
            **hint,
        )
        keep = {"state": state, "verifier": flow.code_verifier}
        return Begun(url=_real(url, self._addresses["auth"]), state=state, keep=keep)

    def finish(
        self,
        client: Client,
        *,
        redirect_uri: str,
        kept: Mapping[str, Any],
        answer: Mapping[str, str],
        now: datetime,
    ) -> Granted:
        """See `OAuth.finish`. The account's name is the id of its primary calendar: its mail address."""
        expected = str(kept.get("state", ""))
        if not expected or not secrets.compare_digest(expected.encode(), answer.get("state", "").encode()):
            raise errors.ConsentStale("state")
        if problem := answer.get("error"):
            raise _refused(problem)
        token = self._exchange(client, redirect_uri, kept, answer.get("code", ""))
        grant = _grant(token, now=now, granted_at=now)
        missing = tuple(sorted(self.scopes - grant.scopes))
        if missing:
            raise errors.ConsentPartial("scopes", missing=missing)
        if not grant.refresh_token:
            raise errors.ConsentStale("no refresh token")
        return Granted(grant=grant, username=self._username(grant))

    def refresh(self, client: Client, grant: Grant, *, now: datetime) -> Grant:
        """See `OAuth.refresh`. Google keeps the refresh token as it was."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": grant.refresh_token,
            "client_id": client.client_id,
            "client_secret": client.secret,
        }
        status, headers, body = self._post(self._addresses["token"], form)
        if status != 200:
            raise self._ended(grant, now, _token_error(status, headers, body))
        new = _grant(_checked(body), now=now, granted_at=grant.granted_at)
        kept = new.refresh_token or grant.refresh_token
        return Grant(
            refresh_token=kept,
            access_token=new.access_token,
            expires_at=new.expires_at,
            granted_at=grant.granted_at,
            scopes=new.scopes or grant.scopes,
        )

    def revoke(self, client: Client, grant: Grant) -> None:
        """See `OAuth.revoke`: the whole grant ends, whichever of its tokens is shown."""
        token = grant.refresh_token or grant.access_token
        status, headers, body = self._post(self._addresses["revoke"], {"token": token})
        if status == 200 or (status == 400 and _said(body).get("error") == "invalid_token"):
            return
        raise _token_error(status, headers, body)

    def _flow(self, client: Client, redirect_uri: str, scopes: list[str] | None, **traits: Any) -> Flow:
        config = {
            "client_id": client.client_id,
            "client_secret": client.secret,
            "auth_uri": _secured(self._addresses["auth"]),
            "token_uri": _secured(self._addresses["token"]),
        }
        return Flow.from_client_config(
            {"web": config},
            scopes,
            redirect_uri=redirect_uri,
            autogenerate_code_verifier="code_verifier" not in traits,
            **traits,
        )

    def _exchange(
        self, client: Client, redirect_uri: str, kept: Mapping[str, Any], code: str
    ) -> Mapping[str, Any]:
        """The code for tokens. Scopes are not told to the library: it takes fewer ones for an attack."""
        if not code:
            raise errors.ConsentStale("no code")
        flow = self._flow(client, redirect_uri, None, code_verifier=str(kept.get("verifier", "")))
        guarded = _Guarded(self._addresses["token"], self._policy)
        flow.oauth2session.trust_env = False
        flow.oauth2session.mount("https://", guarded)
        try:
            found: Mapping[str, Any] = flow.fetch_token(code=code, include_client_id=True)
        except http.OutboundError as problem:
            raise told(problem) from None
        except (OAuth2Error, ValueError, requests.RequestException):
            raise guarded.error() from None
        finally:
            flow.oauth2session.close()
        return found

    def _username(self, grant: Grant) -> str:
        api = Api(NewToken(grant.access_token), self._policy, self._addresses["api"])
        try:
            name = api.ask(api.calendar_list.get(calendarId="primary", fields="id")).get("id")
        except Refused as no:
            raise no.error() from None
        finally:
            api.close()
        if not isinstance(name, str) or not name:
            raise errors.ServerFailed("an account without a name")
        return name

    def _post(self, url: str, form: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
        with http.guarded_session(self._policy) as session:
            try:
                answer = session.post(url, data=form, allow_redirects=False)
            except http.OutboundError as problem:
                raise told(problem) from None
            return answer.status_code, answer.headers, answer.content

    def _ended(self, grant: Grant, now: datetime, error: errors.ProviderError) -> errors.ProviderError:
        """A grant that ends on its seventh day ran out, nobody took it back (SYNC 0.9)."""
        if type(error) is not errors.ConsentStale:
            return error
        age = now - grant.granted_at if grant.granted_at else timedelta()
        if TESTING_LASTS - timedelta(hours=12) <= age <= TESTING_LASTS + TESTING_SLACK:
            return errors.TestingExpired("invalid_grant")
        return errors.AccessRevoked("invalid_grant")


class _Guarded(BaseAdapter):
    """Takes the library's request for the token to the real endpoint, through the guard.

    The library knows https only; development has loopback http.
    """

    def __init__(self, url: str, policy: http.GuardPolicy) -> None:
        super().__init__()
        self._url = url
        self._session = http.guarded_session(policy)
        self._answer: requests.Response | None = None

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = self._url
        self._answer = self._session.send(request, allow_redirects=False)
        return self._answer

    def close(self) -> None:
        self._session.close()

    def error(self) -> errors.ProviderError:
        """What the endpoint's answer means, now that the library could not use it."""
        if self._answer is None:
            return errors.ServerFailed("no answer")
        return _token_error(self._answer.status_code, self._answer.headers, self._answer.content)


def _secured(url: str) -> str:
    """The same address under https."""
    return url.replace("http://", "https://", 1)


def _real(url: str, endpoint: str) -> str:
    """The consent address under the scheme that the operator set."""
    return url.replace(_secured(endpoint), endpoint, 1)


def _refused(problem: str) -> errors.ProviderError:
    """An error that the consent page sent back (RFC 6749 4.1.2.1)."""
    if problem == "access_denied":
        return errors.ConsentRefused(problem)
    if problem in ("admin_policy_enforced", "org_internal"):
        return errors.AdminConsentNeeded(problem)
    if problem in ("invalid_client", "unauthorized_client", "invalid_scope", "redirect_uri_mismatch"):
        return errors.BadClient(problem)
    return errors.ConsentStale("refused")


def _token_error(status: int, headers: Mapping[str, str], body: bytes) -> errors.ProviderError:
    """An error of the token endpoint (RFC 6749 5.2); `ConsentStale` stands for `invalid_grant`."""
    code = str(_said(body).get("error", ""))
    wait = retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
    if status == 429:
        return errors.RateLimited(f"HTTP {status}", retry_after=wait)
    if status >= 500 or status == 200:
        return errors.ServerFailed(f"HTTP {status}", retry_after=wait)
    if code == "invalid_grant":
        return errors.ConsentStale(code)
    if code in ("invalid_client", "unauthorized_client", "redirect_uri_mismatch", "deleted_client"):
        return errors.BadClient(code)
    if code in ("admin_policy_enforced", "org_internal"):
        return errors.AdminConsentNeeded(code)
    return errors.ServerFailed(f"HTTP {status}")


def _said(body: bytes) -> Mapping[str, Any]:
    """The JSON object of an answer; empty for anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _checked(body: bytes) -> Mapping[str, Any]:
    found = _said(body)
    if not found.get("access_token"):
        raise errors.ServerFailed("no access token")
    return found


def _grant(token: Mapping[str, Any], *, now: datetime, granted_at: datetime | None) -> Grant:
    scopes = token.get("scope") or ()
    try:
        lasts = timedelta(seconds=min(max(int(token.get("expires_in") or 0), 0), 86_400))
    except (TypeError, ValueError):
        lasts = timedelta()
    return Grant(
        refresh_token=str(token.get("refresh_token") or ""),
        access_token=str(token.get("access_token") or ""),
        expires_at=now + lasts,
        granted_at=granted_at,
        scopes=frozenset(scopes.split() if isinstance(scopes, str) else scopes),
    )
