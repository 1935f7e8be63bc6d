"""What OAuth providers share: a client, what a person granted, and who hands out access tokens. Pure.

The flow is that of RFC 6749 4.1 with PKCE (RFC 7636). Instants are aware UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from calendars.providers.errors import AccessRevoked

EARLY = timedelta(seconds=120)
"""An access token counts as run out so much earlier: clocks differ, and requests take time."""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered OAuth client (C8). ``tenant`` is Microsoft's directory, empty for everybody."""

    client_id: str
    secret: str = field(repr=False)
    tenant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a person granted: a lasting refresh token, and the newest access token with its end.

    ``granted_at`` is when the person consented, ``scopes`` are those really granted.
    """

    refresh_token: str = field(repr=False)
    access_token: str = field(default="", repr=False)
    expires_at: datetime | None = None
    granted_at: datetime | None = None
    scopes: frozenset[str] = frozenset()

    def is_fresh(self, now: datetime) -> bool:
        """Whether the access token will still be accepted for a while."""
        return bool(self.access_token) and self.expires_at is not None and now < self.expires_at - EARLY

    def as_text(self) -> str:
        """For sealing."""
        plain: dict[str, Any] = {
            "refresh_token": self.refresh_token,
            "access_token": self.access_token,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "granted_at": self.granted_at.isoformat() if self.granted_at else None,
            "scopes": sorted(self.scopes),
        }
        return json.dumps(plain)

    @classmethod
    def from_text(cls, text: str) -> Grant:
        """What `as_text` made. Raises `ValueError`."""
        plain = json.loads(text)
        if not isinstance(plain, dict) or not isinstance(plain.get("refresh_token"), str):
            raise ValueError("not a grant")  # noqa: TRY004 one error for whatever is no grant
        return cls(
            refresh_token=plain["refresh_token"],
            access_token=plain.get("access_token", ""),
            expires_at=datetime.fromisoformat(plain["expires_at"]) if plain.get("expires_at") else None,
            granted_at=datetime.fromisoformat(plain["granted_at"]) if plain.get("granted_at") else None,
            scopes=frozenset(plain.get("scopes", ())),
        )


class Tokens(Protocol):
    """Hands out access tokens for one account."""

    def access(self, *, rejected: str = "") -> str:
        """An access token that should be accepted; never the one in ``rejected``, which the server refused.

        Raises `AccessRevoked` and its kin when the person must connect again, `BadClient`, and the errors of
        the network.
        """
        ...


class NewToken:
    """The access token that has just been granted; there is no other yet, so a refusal cannot be mended."""

    def __init__(self, token: str) -> None:
        self._token = token

    def access(self, *, rejected: str = "") -> str:
        """The token. Raises `AccessRevoked` when it was refused."""
        if rejected:
            raise AccessRevoked("a new token was refused")
        return self._token


@dataclass(frozen=True, slots=True)
class Begun:
    """A consent that was begun: where to send the person, and what to keep (plain JSON) until they return."""

    url: str
    state: str = field(repr=False)
    keep: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What came of a consent: the grant and the account's own name (its mail address)."""

    grant: Grant
    username: str


class OAuth(Protocol):
    """How one provider asks for, renews and takes back a grant. Made for one use by one thread."""

    scopes: ClassVar[frozenset[str]]
    """The permissions without which the calendars cannot be kept."""

    def begin(self, client: Client, *, redirect_uri: str, login_hint: str = "") -> Begun:
        """Begin a consent. Nothing is sent yet, except what the library must look up."""
        ...

    def finish(
        self,
        client: Client,
        *,
        redirect_uri: str,
        kept: Mapping[str, Any],
        answer: Mapping[str, str],
        now: datetime,
    ) -> Granted:
        """Turn the consent page's answer (its query) into a grant.

        Raises `ConsentRefused`, `ConsentPartial` (names what is missing), `AdminConsentNeeded`, `BadClient`,
        `ConsentStale` (state or code do not fit), and the errors of the network.
        """
        ...

    def refresh(self, client: Client, grant: Grant, *, now: datetime) -> Grant:
        """A grant with a new access token (and maybe a new refresh token, which alone works from then on).

        Raises `AccessRevoked`, `TestingExpired`, `BadClient`, and the errors of the network.
        """
        ...

    def revoke(self, client: Client, grant: Grant) -> None:
        """Take the grant back at the provider where it can be; one that is gone already is success."""
        ...
