"""Entra ID on loopback: discovery, consent with PKCE, tokens that rotate (RFC 6749, RFC 7636, OpenID Connect)."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

SCOPES = frozenset({"Calendars.ReadWrite", "User.Read"})


class TokenRefusal(Exception):
    """An error of the token endpoint, with Entra's numbers."""

    def __init__(self, error: str, number: int, text: str = "", status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {
            "error": error,
            "error_description": f"AADSTS{number}: {text or error} Trace ID: 0 Correlation ID: 0",
            "error_codes": [number],
        }


@dataclass
class Granted:
    """What one person granted. `refresh_token` is the one that works; every use replaces it."""

    email: str
    scopes: frozenset[str]
    refresh_token: str = ""
    revoked: bool = False


@dataclass(frozen=True)
class No:
    """How a consent is refused: the query the person comes back with."""

    error: str = "access_denied"
    description: str = "AADSTS65004: User declined to consent to access the app."
    subcode: str = "cancel"


ADMIN = No(
    "consent_required", "AADSTS90094: An administrator of Contoso has set a policy: admin consent needed.", ""
)
"""What people come back with whose organisation lets only its administrator consent."""


@dataclass
class Entra:
    """The consents to one client, and the tokens that are accepted."""

    client_id: str = "11111111-2222-3333-4444-555555555555"
    client_secret: str = "client-secret"
    tenant: str = ""
    """The only directory that is known; empty for any."""
    redirect_uris: set[str] | None = None
    """The registered ones; None takes any."""
    lifetime: int = 3600
    grants: list[Granted] = field(default_factory=list)
    access: dict[str, Granted] = field(default_factory=dict)
    codes: dict[str, tuple[dict[str, str], Granted]] = field(default_factory=dict)

    def discovery(self, root: str, tenant: str) -> dict[str, object]:
        """The OpenID configuration. Raises `TokenRefusal` for an unknown directory."""
        if self.tenant and tenant != self.tenant:
            raise TokenRefusal("invalid_tenant", 90002, f"Tenant '{tenant}' not found.")
        base = f"{root}/{tenant}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "response_types_supported": ["code"],
        }

    def check(self, asked: dict[str, str]) -> str:
        """Why the consent page cannot be shown at all; empty when it can."""
        if asked.get("client_id") != self.client_id:
            return "AADSTS700016: Application was not found in the directory."
        if self.redirect_uris is not None and asked.get("redirect_uri") not in self.redirect_uris:
            return "AADSTS50011: The redirect URI does not match those configured for the application."
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            return "AADSTS900144: The request body must contain a PKCE challenge."
        return ""

    def decide(self, asked: dict[str, str], email: str, answer: frozenset[str] | No) -> str:
        """The address the person is sent back to: with a code for these scopes, or with a no."""
        query = {"state": asked.get("state", "")}
        if isinstance(answer, No):
            query |= {"error": answer.error, "error_description": answer.description}
            query |= {"error_subcode": answer.subcode} if answer.subcode else {}
        else:
            code = f"0.{secrets.token_urlsafe(24)}"
            self.codes[code] = (asked, Granted(email, answer))
            query["code"] = code
        return f"{asked['redirect_uri']}?{urlencode(query)}"

    def token(self, form: dict[str, str], issuer: str) -> dict[str, object]:
        """The token endpoint. Raises `TokenRefusal`."""
        if form.get("client_id") != self.client_id:
            raise TokenRefusal("unauthorized_client", 700016, "Application was not found.")
        if form.get("client_secret") != self.client_secret:
            raise TokenRefusal("invalid_client", 7000215, "Invalid client secret provided.", 401)
        if form.get("grant_type") == "authorization_code":
            return self._exchanged(form, issuer)
        if form.get("grant_type") == "refresh_token":
            return self._answer(self._by_refresh_token(form.get("refresh_token", "")))
        raise TokenRefusal("unsupported_grant_type", 70003)

    def sign_in(self, email: str, scopes: frozenset[str] = SCOPES) -> tuple[str, str]:
        """A grant without the dance: its access and refresh tokens."""
        answer = self._answer(Granted(email, scopes))
        return str(answer["access_token"]), str(answer["refresh_token"])

    def withdraw(self, email: str) -> None:
        """Everything that this person granted ends."""
        for grant in self.grants:
            grant.revoked = grant.revoked or grant.email == email
        self.access = {token: one for token, one in self.access.items() if not one.revoked}

    def _exchanged(self, form: dict[str, str], issuer: str) -> dict[str, object]:
        asked, grant = self.codes.pop(form.get("code", ""), ({}, None))
        if grant is None:
            raise TokenRefusal("invalid_grant", 70008, "The provided authorization code has expired.")
        if form.get("redirect_uri") != asked["redirect_uri"]:
            raise TokenRefusal("invalid_grant", 50011, "The redirect URI does not match.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if _base64(digest) != asked.get("code_challenge"):
            raise TokenRefusal("invalid_grant", 501481, "The Code_Verifier does not match.")
        return self._answer(grant) | {"id_token": self._id_token(asked, grant, issuer)}

    def _by_refresh_token(self, token: str) -> Granted:
        grant = next((one for one in self.grants if one.refresh_token == token), None)
        if grant is None:  # unknown, or used before: every use makes a new one
            raise TokenRefusal("invalid_grant", 70000, "The provided refresh token is not valid.")
        if grant.revoked:
            raise TokenRefusal("invalid_grant", 50173, "The grant was revoked.")
        return grant

    def _answer(self, grant: Granted) -> dict[str, object]:
        if grant not in self.grants:
            self.grants.append(grant)
        access = f"eyJ0.{secrets.token_urlsafe(24)}"
        self.access[access] = grant
        grant.refresh_token = f"0.A{secrets.token_urlsafe(24)}"
        return {
            "token_type": "Bearer",
            "scope": " ".join(sorted(grant.scopes | {"openid", "profile", "email"})),
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": access,
            "refresh_token": grant.refresh_token,
            "client_info": _base64(json.dumps({"uid": grant.email, "utid": "contoso"}).encode()),
        }

    def _id_token(self, asked: dict[str, str], grant: Granted, issuer: str) -> str:
        now = int(time.time())
        claims = {
            "aud": self.client_id,
            "iss": issuer,
            "iat": now,
            "exp": now + self.lifetime,
            "sub": grant.email,
            "oid": grant.email,
            "tid": "contoso",
            "preferred_username": grant.email,
            "nonce": asked.get("nonce", ""),
        }
        parts = ({"typ": "JWT", "alg": "none"}, claims)
        return ".".join([*(_base64(json.dumps(part).encode()) for part in parts), "x"])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def consent_page(asked: dict[str, str], emails: list[str]) -> str:
    """The page a person sees: which account, yes or no."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    hint = asked.get("login_hint", "")
    accounts = "".join(
        f"<option{' selected' if email == hint else ''}>{html.escape(email)}</option>" for email in emails
    )
    scopes = "".join(f"<li>{html.escape(scope)}</li>" for scope in asked.get("scope", "").split())
    return (
        '<!doctype html><html lang="en"><title>Permissions requested (fake Microsoft)</title>'
        f'<h1>Permissions requested</h1><form method="post">{hidden}'
        f'<p><label>Account <select name="account">{accounts}</select></label></p><ul>{scopes}</ul>'
        '<button name="decision" value="accept">Accept</button> '
        '<button name="decision" value="cancel">Cancel</button> '
        '<button name="decision" value="admin">Needs an administrator</button></form></html>'
    )
