"""Consent and tokens (RFC 6749, 7636) as Google does them: the refresh token stays, access tokens run out."""

import base64
import hashlib
import html
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlencode

CALENDAR_LIST = "https://www.googleapis.com/auth/calendar.calendarlist.readonly"
EVENTS = "https://www.googleapis.com/auth/calendar.events"


class OAuthRefusal(Exception):
    """An error of the token endpoint (RFC 6749 5.2)."""

    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description or error}


@dataclass
class Granted:
    """What one person granted; its refresh token works until `revoked`."""

    email: str
    scopes: frozenset[str]
    refresh_token: str
    revoked: bool = False


@dataclass
class Consents:
    """The accounts' consents to one client."""

    client_id: str = "client-1.apps.example"
    client_secret: str = "client-secret"
    redirect_uris: set[str] | None = None
    """The registered ones; None takes any."""
    lifetime: int = 3599
    grants: list[Granted] = field(default_factory=list)
    access: dict[str, Granted] = field(default_factory=dict)
    """The access tokens that are accepted now."""
    codes: dict[str, tuple[dict[str, str], Granted]] = field(default_factory=dict)

    def check(self, asked: dict[str, str]) -> str:
        """Why the consent page cannot be shown at all; empty when it can."""
        if asked.get("client_id") != self.client_id:
            return "invalid_client"
        if self.redirect_uris is not None and asked.get("redirect_uri") not in self.redirect_uris:
            return "redirect_uri_mismatch"
        if asked.get("response_type") != "code" or not asked.get("redirect_uri"):
            return "invalid_request"
        return ""

    def decide(self, asked: dict[str, str], email: str, scopes: frozenset[str] | None) -> str:
        """The address the person is sent back to; `scopes` None says no."""
        answer = {"state": asked.get("state", "")}
        if scopes is None:
            return f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', **answer})}"
        grant = Granted(email, scopes, f"1//{secrets.token_urlsafe(24)}")
        self.grants.append(grant)
        code = f"4/{secrets.token_urlsafe(24)}"
        self.codes[code] = (asked, grant)
        answer |= {"code": code, "scope": " ".join(sorted(scopes))}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], basic: tuple[str, str] | None) -> dict[str, object]:
        """The token endpoint."""
        client = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        if client != (self.client_id, self.client_secret):
            raise OAuthRefusal(401, "invalid_client", "The OAuth client was not found.")
        if form.get("grant_type") == "authorization_code":
            return self._exchanged(form)
        if form.get("grant_type") == "refresh_token":
            return self._refreshed(form)
        raise OAuthRefusal(400, "unsupported_grant_type")

    def revoke(self, token: str) -> None:
        """Take back the grant that this token, of either kind, belongs to."""
        grant = self.access.get(token) or self._by_refresh_token(token)
        if grant is None or grant.revoked:
            raise OAuthRefusal(400, "invalid_token", "Token expired or revoked")
        self.withdraw(grant)

    def withdraw(self, grant: Granted) -> None:
        """The grant ends, with all its access tokens."""
        grant.revoked = True
        self.access = {token: one for token, one in self.access.items() if one is not grant}

    def new_access(self, grant: Granted) -> str:
        """An access token for a grant."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.access[token] = grant
        return token

    def _exchanged(self, form: dict[str, str]) -> dict[str, object]:
        asked, grant = self.codes.pop(form.get("code", ""), ({}, None))
        if grant is None:
            raise OAuthRefusal(400, "invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != asked["redirect_uri"]:
            raise OAuthRefusal(400, "redirect_uri_mismatch")
        if not _proves(form.get("code_verifier", ""), asked):
            raise OAuthRefusal(400, "invalid_grant", "Invalid code verifier.")
        answer = self._answer(grant)
        if asked.get("access_type") == "offline":
            answer["refresh_token"] = grant.refresh_token
        return answer

    def _refreshed(self, form: dict[str, str]) -> dict[str, object]:
        grant = self._by_refresh_token(form.get("refresh_token", ""))
        if grant is None or grant.revoked:
            raise OAuthRefusal(400, "invalid_grant", "Token has been expired or revoked.")
        return self._answer(grant)

    def _answer(self, grant: Granted) -> dict[str, object]:
        return {
            "access_token": self.new_access(grant),
            "expires_in": self.lifetime,
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }

    def _by_refresh_token(self, token: str) -> Granted | None:
        return next((grant for grant in self.grants if grant.refresh_token == token), None)


def _proves(verifier: str, asked: dict[str, str]) -> bool:
    """PKCE (RFC 7636 4.6): only S256 is spoken here."""
    challenge = asked.get("code_challenge")
    if not challenge:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def consent_page(asked: dict[str, str], emails: list[str]) -> str:
    """The page a person sees: which account, one box a scope, yes or no."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    hint = asked.get("login_hint", "")
    accounts = "".join(
        f"<option{' selected' if email == hint else ''}>{html.escape(email)}</option>" for email in emails
    )
    boxes = "".join(
        f'<p><label><input type="checkbox" name="granted" value="{html.escape(scope)}" checked> '
        f"{html.escape(scope)}</label></p>"
        for scope in asked.get("scope", "").split()
    )
    return (
        '<!doctype html><html lang="en"><title>Sign in with Google (fake)</title>'
        "<h1>bookingsite wants access to your Google Account</h1>"
        f'<form method="post">{hidden}<p><label>Account <select name="account">{accounts}</select></label></p>'
        f'{boxes}<button name="decision" value="allow">Allow</button> '
        '<button name="decision" value="deny">Deny</button></form></html>'
    )
