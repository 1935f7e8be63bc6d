"""A `requests` session for addresses that people typed (invariant 10)."""

import logging
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError
from urllib3.util.ssl_match_hostname import CertificateError

from bookingsite.lib.http.errors import (
    BrokenAnswer,
    CertificateFailed,
    ConnectionFailed,
    InvalidAddress,
    OutboundError,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    TooManyRedirects,
)
from bookingsite.lib.http.observing import Watch
from bookingsite.lib.http.policy import GuardPolicy
from bookingsite.lib.http.sockets import (
    SECRET_HEADERS,
    Exchange,
    GuardedHTTPConnection,
    GuardedHTTPSConnection,
)

# At DEBUG urllib3 writes whole paths: the addresses of feeds are secrets.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

CHUNK = 65536
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class GuardedSession(requests.Session):
    """Every request leaves through the guard, whatever the caller passes.

    Environment (proxies, .netrc, certificate variables) and cookies are ignored, redirects are
    followed here and judged at each hop, the body is read whole under the byte cap before the answer
    is handed out. Raises the family of `bookingsite.lib.http.errors` instead of requests' own.
    Not to be shared between threads: `policy` belongs to the request under way.
    """

    def __init__(self, policy: GuardPolicy) -> None:
        super().__init__()
        self._exchange = Exchange(policy)
        self.trust_env = False
        self.headers.update({"User-Agent": policy.user_agent, "Accept-Encoding": "identity"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.adapters.clear()
        adapter = _GuardedAdapter(self._exchange)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @property
    def policy(self) -> GuardPolicy:
        """The limits of the next request; may be replaced between requests."""
        return self._exchange.policy

    @policy.setter
    def policy(self, policy: GuardPolicy) -> None:
        self._exchange.policy = policy

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """As in requests, with what is wrong about the URL told in our own words."""
        watch = Watch(self.policy.observer, request)
        try:
            return super().prepare_request(request)
        except (requests.exceptions.RequestException, UnicodeError, ValueError):
            watch.failed(InvalidAddress())
            raise InvalidAddress from None

    def get_adapter(self, url: str) -> HTTPAdapter:
        """The guarded adapter; any scheme but http and https is refused."""
        if urlsplit(url).scheme.lower() not in ("http", "https"):
            raise SchemeRefused
        return super().get_adapter(url)  # type: ignore[return-value]

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send and follow up to `max_redirects` hops; the answer's body is already read."""
        follow = options.pop("allow_redirects", True)
        options.update(stream=True, allow_redirects=False, proxies={}, verify=self.policy.ca_file or True)
        options["timeout"] = self.policy.timeout
        self._exchange.begin()
        watch = Watch(self.policy.observer, request)
        try:
            return self._send_on(request, options, follow=follow)
        except OutboundError as error:
            if error is not self._exchange.told:  # what was refused before it reached the wire
                watch.failed(error)
            raise

    def _send_on(
        self, request: requests.PreparedRequest, options: Mapping[str, Any], *, follow: bool
    ) -> requests.Response:
        answer = self._send_once(request, options)
        hops = 0
        while follow and answer.status_code in REDIRECTS and answer.headers.get("Location"):
            hops += 1
            if hops > self.policy.max_redirects:
                raise TooManyRedirects
            request = redirected(request, answer.status_code, answer.headers["Location"])
            answer = self._send_once(request, options)
        return answer

    def _send_once(self, request: requests.PreparedRequest, options: Mapping[str, Any]) -> requests.Response:
        try:
            return super().send(request, **options)
        except OutboundError:
            raise
        except (OSError, HTTPError, ValueError) as error:
            raise _translated(error) from None


class _GuardedAdapter(HTTPAdapter):
    """Gives requests connection pools whose connections dial under the guard."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        super().__init__(pool_connections=4, pool_maxsize=2, max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one hop and read its body here, so that authentication hooks too see a bounded one."""
        watch = Watch(self._exchange.policy.observer, request)
        try:
            answer = self._send(request, *args, **kwargs)
        except OutboundError as error:
            self._exchange.told = error
            watch.failed(error)
            raise
        watch.answered(answer, len(answer.content))
        return answer

    def _send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            answer = super().send(request, *args, **kwargs)
            try:
                answer._content = _read(answer, self._exchange.policy.max_bytes)
                answer._content_consumed = True  # type: ignore[attr-defined]
            finally:
                answer.close()
        except OutboundError:
            raise
        except (OSError, HTTPError, ValueError) as error:
            raise _translated(error) from None
        return answer

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        bound = {"exchange": self._exchange}
        plain = type("BoundHTTPConnection", (GuardedHTTPConnection,), bound)
        tls = type("BoundHTTPSConnection", (GuardedHTTPSConnection,), bound)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("GuardedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("GuardedTLSPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Never: a proxy would dial for us, unguarded."""
        raise SchemeRefused


def guarded_session(policy: GuardPolicy) -> GuardedSession:
    """A new session under the policy; close it when done (it is a context manager)."""
    return GuardedSession(policy)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what must stay the same for credentials to follow.

    Raises `InvalidAddress`, also for a backslash before the path: the library that dials ends the host there,
    `urlsplit` goes on to what follows an @.
    """
    parts = urlsplit(url)
    if "\\" in parts.netloc:
        raise InvalidAddress
    try:
        port = parts.port
    except ValueError:
        raise InvalidAddress from None
    return parts.scheme, parts.hostname or "", port or {"https": 443, "http": 80}.get(parts.scheme)


def redirected(request: requests.PreparedRequest, status: int, location: str) -> requests.PreparedRequest:
    """The request of the next hop.

    WebDAV methods and their bodies are kept; 303 and a redirected POST become GET (RFC 9110 15.4).
    On another origin everything secret is dropped; a name and password in the new URL always.
    """
    before = str(request.url)
    following = request.copy()
    try:
        parts = urlsplit(urljoin(before, location))
        after = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))
        following.prepare_url(after, None)
    except (requests.exceptions.RequestException, UnicodeError, ValueError):
        raise InvalidAddress from None
    if origin(before) != origin(str(following.url)):
        for name in SECRET_HEADERS:
            following.headers.pop(name, None)
        following.hooks = requests.hooks.default_hooks()  # a digest answer is a credential, too
    if status == 303 or (status in (301, 302) and request.method == "POST"):
        following.method = "HEAD" if request.method == "HEAD" else "GET"
        following.body = None
        for name in ("Content-Length", "Content-Type", "Transfer-Encoding"):
            following.headers.pop(name, None)
    return following


def _read(answer: requests.Response, limit: int) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read(CHUNK, decode_content=True):
        body += chunk
        if len(body) > limit:
            raise TooLarge
    return bytes(body)


def _is_about_certificate(error: BaseException | None) -> bool:
    """Whether the cause is a certificate; the libraries wrap it in several errors of their own."""
    while error is not None:
        if isinstance(error, (ssl.SSLCertVerificationError, CertificateError)):
            return True
        inner = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        error = next((found for found in inner if isinstance(found, Exception)), None)
    return False


def _translated(error: Exception) -> OutboundError:
    if isinstance(error, requests.exceptions.SSLError):
        return CertificateFailed() if _is_about_certificate(error) else TlsFailed()
    if isinstance(error, (requests.exceptions.Timeout, ReadTimeoutError, TimeoutError)):
        return TimedOut()
    if isinstance(error, requests.exceptions.ConnectionError):
        return ConnectionFailed()
    if isinstance(error, (requests.exceptions.RequestException, LocationParseError, UnicodeError)):
        return InvalidAddress()
    return BrokenAnswer()
