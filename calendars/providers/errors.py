"""What can go wrong with a calendar server, as a small family of named errors.

Every error carries a stable ``code`` (the page turns it into a sentence), says whether trying again later may
help (``retryable``) and whether the owner has to connect again (``reconnect``). ``detail`` is for the debug
log only: short, never shown to guests, never holding a secret or a whole address with a token in it.
"""

from typing import ClassVar


class ProviderError(Exception):
    """Base of every error a provider raises on purpose.

    ``retry_after`` is in seconds and only set where the server named a time; callers cap it themselves.
    """

    code: ClassVar[str] = "provider_error"
    retryable: ClassVar[bool] = False
    reconnect: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(detail or self.code)
        self.detail = detail
        self.retry_after = retry_after


class WrongPassword(ProviderError):
    """The server refused the user name and password (401)."""

    code = "wrong_password"
    reconnect = True


class AccessRevoked(ProviderError):
    """A grant that used to work was taken back or has run out (``invalid_grant``)."""

    code = "access_revoked"
    reconnect = True


class TestingExpired(AccessRevoked):
    """Google: the grant ended after seven days because the client's consent screen is in "Testing"."""

    code = "testing_expired"


class ConsentRefused(ProviderError):
    """The person said no at the provider's consent page."""

    code = "consent_refused"


class ConsentPartial(ProviderError):
    """The person left out a permission that is needed; ``missing`` holds the scopes."""

    code = "consent_partial"
    reconnect = True

    def __init__(self, detail: str = "", *, missing: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.missing = missing


class AdminConsentNeeded(ProviderError):
    """The organisation lets only its administrator allow this client (Microsoft AADSTS65001, 90094 …)."""

    code = "admin_consent"
    reconnect = True


class BadClient(ProviderError):
    """The provider does not accept our client: wrong id or secret, a secret that ran out, a redirect address
    that is not registered. The operator (or whoever brought the client) must mend it."""

    code = "bad_client"
    reconnect = True


class ClientGone(ProviderError):
    """The client that the permission was given to is not known here any more; no other can use it."""

    code = "client_gone"
    reconnect = True


class TokenRejected(ProviderError):
    """The access token at hand was refused, and where it was used no other can be had: ask again elsewhere."""

    code = "token_rejected"
    retryable = True


class ConsentStale(ProviderError):
    """The answer of the consent page does not fit the question: another window, too late, or forged."""

    code = "consent_stale"


class NotFound(ProviderError):
    """The calendar (never a single event: those are handled inside) is not there any more."""

    code = "not_found"


class PermissionDenied(ProviderError):
    """Signed in, but not allowed: a calendar that may only be read, or missing consent."""

    code = "permission_denied"


class CertificateFailed(ProviderError):
    """The server's TLS certificate could not be verified."""

    code = "certificate_failed"
    # A certificate that ran out is usually renewed within days, without the host doing anything.
    retryable = True


class NoTls(ProviderError):
    """The server does not answer with TLS: another port, plain http, or a broken proxy."""

    code = "no_tls"
    retryable = True


class Unreachable(ProviderError):
    """No connection: unknown host name, refused, reset, network down."""

    code = "unreachable"
    retryable = True


class AddressRefused(ProviderError):
    """Our own guard does not go there: a private, local or otherwise forbidden address."""

    code = "address_refused"


class InsecureAddress(AddressRefused):
    """A password would travel unencrypted (plain http to a host the operator did not allow)."""

    code = "insecure"


class Timeout(ProviderError):
    """The server did not answer within the time allowed for the whole exchange."""

    code = "timeout"
    retryable = True


class RateLimited(ProviderError):
    """Too many requests (429, or 403/503 that says so); ``retry_after`` when the server named a time."""

    code = "rate_limited"
    retryable = True


class ServerFailed(ProviderError):
    """The server failed (5xx) or its answer broke off or could not be understood."""

    code = "server_failed"
    retryable = True


class NotACalendar(ProviderError):
    """What answered is no calendar: a login page, not CalDAV, or text that is not whole iCalendar."""

    code = "not_a_calendar"


class NoCalendars(ProviderError):
    """Signed in, but the account holds no calendar for events."""

    code = "no_calendars"


class CursorInvalid(ProviderError):
    """The server no longer knows this cursor: read everything again, keep the old copy until then."""

    code = "cursor_invalid"
    retryable = True


class TooLarge(ProviderError):
    """More bytes or events than the limits allow; nothing of it was taken."""

    code = "too_large"


class Conflict(ProviderError):
    """Somebody else changed the same event again and again while we wrote it; later it may work."""

    code = "conflict"
    retryable = True


class WebPage(NotACalendar):
    """A feed's address answers with a page for people: a sign-in form, an error, a portal."""

    code = "web_page"


class CutShort(NotACalendar):
    """A feed arrived empty or without its end: what is missing must not pass for deleted."""

    code = "cut_short"
    retryable = True


class TooHeavy(TooLarge):
    """Reading a feed took more time or memory than one may take: made to do so, or far too big."""

    code = "too_heavy"
