"""Consent and tokens from Entra ID through MSAL, on our guarded session (C3).

MSAL speaks https only. Where the operator's authority is plain http on this machine (development, tests), it is
told an https address, and `_Lane` puts the real scheme back on the wire.
"""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import msal

from bookingsite.lib import http
from calendars.providers import errors
from calendars.providers.microsoft.transport import GraphClient
from calendars.providers.oauth import Begun, Client, Grant, Granted, NewToken
from calendars.providers.outbound import policy_for, retry_after, told

# The library logs whole answers of the token endpoint that are no JSON.
logging.getLogger("msal").setLevel(logging.CRITICAL)

# A form_post answer comes from another site, and browsers send no session cookie with it (SameSite=Lax).
warnings.filterwarnings("ignore", message="response_mode='form_post'", module="msal")

EVERYBODY = "common"
"""The directory for work, school and personal accounts alike."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
GLOBAL_GRAPH = "graph.microsoft.com"
_NUMBER = re.compile(r"AADSTS(\d{4,7})")

_ADMIN = frozenset({90094, 90093, 90095, 65001, 50105, 900941})
"""Only an administrator may consent, or must assign the person to the application."""
_CLIENT = frozenset(
    {700016, 7000215, 7000222, 7000218, 50011, 500113, 90002, 900023, 50194, 65005, 9002325, 9002346, 70001}
)
"""Unknown application or directory, wrong or expired secret, an address that is not registered, wrong audience."""
_DECLINED = frozenset({65004})
_ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
_LATER = frozenset({"temporarily_unavailable", "server_error", "service_not_available"})


class MicrosoftOAuth:
    """The authorization code flow with PKCE. `addresses` are the operator's: `authority`, `api`."""

    scopes: ClassVar[frozenset[str]] = frozenset({"Calendars.ReadWrite", "User.Read"})

    def __init__(self, addresses: Mapping[str, str], policy: http.GuardPolicy) -> None:
        self._authority = addresses["authority"].rstrip("/")
        self._api = addresses["api"]
        self._policy = policy

    def begin(self, client: Client, *, redirect_uri: str, login_hint: str = "") -> Begun:
        """Looks up the directory's addresses. Raises `BadClient` for an unknown one, and the network's errors."""
        with self._lane() as lane:
            flow = self._application(client, lane).initiate_auth_code_flow(
                self._wanted(),
                redirect_uri=redirect_uri,
                login_hint=login_hint or None,
                prompt=None if login_hint else "select_account",
            )
        if "auth_uri" not in flow:
            raise errors.BadClient(str(flow.get("error", ""))[:60])
        url = lane.real(flow.pop("auth_uri"))
        return Begun(url=url, state=flow["state"], keep=flow)

    def finish(
        self,
        client: Client,
        *,
        redirect_uri: str,
        kept: Mapping[str, Any],
        answer: Mapping[str, str],
        now: datetime,
    ) -> Granted:
        """As in `calendars.providers.oauth.OAuth`; the name is read from `/me`."""
        _check_state(kept, answer)
        if answer.get("error"):
            raise _refusal(answer)
        with self._lane() as lane:
            application = self._application(client, lane)
            try:
                given = application.acquire_token_by_auth_code_flow(
                    {**kept, "redirect_uri": redirect_uri}, dict(answer)
                )
            except (ValueError, RuntimeError, KeyError) as problem:  # MSAL's words for "does not fit"
                raise errors.ConsentStale(type(problem).__name__) from None
        if "error" in given:
            raise _at_exchange(given)
        grant = _grant(given, now, granted_at=now)
        self._check_scopes(grant)
        return Granted(grant, self._username(grant))

    def refresh(self, client: Client, grant: Grant, *, now: datetime) -> Grant:
        """Entra replaces the refresh token with every renewal; only the returned one counts."""
        with self._lane() as lane:
            given = self._application(client, lane).acquire_token_by_refresh_token(
                grant.refresh_token, self._wanted()
            )
        if "error" in given:
            raise _at_refresh(given)
        renewed = _grant(given, now, granted_at=grant.granted_at)
        return renewed if renewed.refresh_token else replace(renewed, refresh_token=grant.refresh_token)

    def revoke(self, client: Client, grant: Grant) -> None:
        """Nothing: Entra has no call that ends one grant. People end it at myaccount.microsoft.com (work) or
        account.live.com/consent (personal); a refresh token that is not used dies after 90 days."""

    def _wanted(self) -> list[str]:
        """The scopes as they are asked for; national clouds have a Graph of their own, which must be named."""
        parts = urlsplit(self._api)
        if parts.scheme != "https" or parts.hostname == GLOBAL_GRAPH:
            return sorted(self.scopes)
        return sorted(f"https://{parts.netloc}/{scope}" for scope in self.scopes)

    def _lane(self) -> _Lane:
        return _Lane(self._authority, self._policy)

    def _application(self, client: Client, lane: _Lane) -> msal.ConfidentialClientApplication:
        tenant = quote(client.tenant.strip() or EVERYBODY, safe="")
        try:
            return msal.ConfidentialClientApplication(
                client.client_id,
                client_credential=client.secret,
                authority=f"{lane.shown}/{tenant}",
                instance_discovery=False,  # the authority is the operator's own setting
                http_client=lane,
            )
        except (ValueError, KeyError):  # the directory's document is not there, or is none
            raise errors.BadClient("unknown directory") from None

    def _check_scopes(self, grant: Grant) -> None:
        has = {scope.lower() for scope in grant.scopes}
        missing = sorted(scope for scope in self.scopes if scope.lower() not in has)
        if not grant.refresh_token:
            missing.append("offline_access")
        if missing:
            raise errors.ConsentPartial("scopes", missing=tuple(missing))

    def _username(self, grant: Grant) -> str:
        graph = GraphClient(tokens=NewToken(grant.access_token), policy=self._policy, api=self._api)
        try:
            found = graph.get("me", {"$select": "mail,userPrincipalName"}).checked()
        finally:
            graph.close()
        name = found.get("mail") or found.get("userPrincipalName")
        if not isinstance(name, str):
            raise errors.ServerFailed("an account without a name")
        return name


class _Lane:
    """MSAL's way out: the guarded session, bound to the operator's authority.

    `shown` is the authority as MSAL knows it. Failures of the network and of Entra itself are raised as our
    errors, through MSAL.
    """

    def __init__(self, authority: str, policy: http.GuardPolicy) -> None:
        self._authority = authority
        parts = urlsplit(authority)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise errors.InsecureAddress  # the client's secret travels in the body, where the guard sees none
        self._session = http.guarded_session(policy_for(policy, authority))
        self.shown = parts._replace(scheme="https").geturl()

    def __enter__(self) -> _Lane:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def real(self, url: str) -> str:
        """The address behind one that MSAL knows."""
        return self._authority + url.removeprefix(self.shown) if url.startswith(self.shown) else url

    def get(self, url: str, **options: Any) -> _Reply:
        """As MSAL wants it."""
        return self._ask("GET", url, options)

    def post(self, url: str, **options: Any) -> _Reply:
        """As MSAL wants it."""
        return self._ask("POST", url, options)

    def _ask(self, method: str, url: str, options: Mapping[str, Any]) -> _Reply:
        place = self.real(url)
        if http.origin(place) != http.origin(self._authority):
            raise errors.ServerFailed("a link that leads elsewhere")
        taken = {name: options[name] for name in ("params", "data", "headers") if options.get(name)}
        try:
            answer = self._session.request(method, place, allow_redirects=False, **taken)
        except http.OutboundError as problem:
            raise told(problem) from None
        wait = retry_after(answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""))
        if answer.status_code == 429:
            raise errors.RateLimited("HTTP 429", retry_after=wait)
        if not 200 <= answer.status_code < 300 and not 400 <= answer.status_code < 500:
            raise errors.ServerFailed(f"HTTP {answer.status_code}", retry_after=wait)
        if not _is_object(answer.text):  # MSAL would log it and raise an error of its own
            raise errors.ServerFailed(f"HTTP {answer.status_code} without JSON")
        return _Reply(answer.status_code, _as_shown(answer.text, self._authority, self.shown))


class _Reply:
    """The answer in the shape that MSAL reads."""

    def __init__(self, status: int, text: str) -> None:
        self.status_code = status
        self.text = text
        self.headers: dict[str, str] = {}

    def raise_for_status(self) -> None:
        """Nothing: what would be raised was raised before."""


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _as_shown(text: str, authority: str, shown: str) -> str:
    return text if authority == shown else text.replace(f"{authority}/", f"{shown}/")


def _check_state(kept: Mapping[str, Any], answer: Mapping[str, str]) -> None:
    state, told_state = str(kept.get("state", "")), answer.get("state", "")
    if not state or not compare_digest(state.encode(), told_state.encode()):
        raise errors.ConsentStale("state")


def _grant(given: Mapping[str, Any], now: datetime, *, granted_at: datetime | None) -> Grant:
    """The grant in the token endpoint's answer. Raises `ServerFailed` for one without an access token."""
    access = given.get("access_token")
    if not isinstance(access, str) or not access:
        raise errors.ServerFailed("no access token")
    return Grant(
        refresh_token=str(given.get("refresh_token") or ""),
        access_token=access,
        expires_at=now + timedelta(seconds=_lifetime(given)),
        granted_at=granted_at,
        scopes=frozenset(scope.rpartition("/")[2] for scope in str(given.get("scope", "")).split()),
    )


def _lifetime(given: Mapping[str, Any]) -> float:
    try:
        return min(max(float(given.get("expires_in", 0)), 0.0), 86_400.0)
    except (TypeError, ValueError):
        return 0.0


# What the refusals mean


def _numbers(given: Mapping[str, Any]) -> frozenset[int]:
    """Entra's error numbers, wherever it put them."""
    listed = given.get("error_codes")
    found = {code for code in listed if isinstance(code, int)} if isinstance(listed, list) else set()
    for name in ("error_description", "error_subcode", "suberror"):
        found |= {int(number) for number in _NUMBER.findall(str(given.get(name, "")))}
    return frozenset(found)


def _detail(given: Mapping[str, Any]) -> str:
    numbers = " ".join(str(number) for number in sorted(_numbers(given)))
    name = re.sub(r"[^a-z_]", "", str(given.get("error", "")))[:40]
    return f"{name} {numbers}".strip()


def _common(given: Mapping[str, Any]) -> errors.ProviderError | None:
    """What a refusal means wherever it comes, if it is one of those."""
    numbers, error = _numbers(given), given.get("error")
    if numbers & _CLIENT or error in ("invalid_client", "unauthorized_client", "invalid_resource"):
        return errors.BadClient(_detail(given))
    if error in _LATER:
        return errors.ServerFailed(_detail(given))
    return None


def _refusal(answer: Mapping[str, Any]) -> errors.ProviderError:
    """Why the consent page sent the person back without a code."""
    numbers = _numbers(answer)
    if numbers & _DECLINED:
        return errors.ConsentRefused(_detail(answer))
    if numbers & _ADMIN or answer.get("error") == "consent_required":
        return errors.AdminConsentNeeded(_detail(answer))
    found = _common(answer)
    if found is not None:
        return found
    if answer.get("error") in ("access_denied", "interaction_required", "login_required"):
        return errors.ConsentRefused(_detail(answer))
    return errors.ConsentStale(_detail(answer))


def _at_exchange(given: Mapping[str, Any]) -> errors.ProviderError:
    """Why the code was not taken: used before, too old, or not meant for us."""
    if _numbers(given) & _ADMIN:
        return errors.AdminConsentNeeded(_detail(given))
    return _common(given) or errors.ConsentStale(_detail(given))


def _at_refresh(given: Mapping[str, Any]) -> errors.ProviderError:
    """Why no new token came. Only a plain word that the grant has ended asks people to connect again."""
    found = _common(given)
    if found is None and given.get("error") in _ENDED:
        return errors.AccessRevoked(_detail(given))
    return found or errors.ServerFailed(_detail(given))
