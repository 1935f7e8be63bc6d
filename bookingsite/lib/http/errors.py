"""What can go wrong with an outgoing request: a small family, each with a stable code.

None of them is an `OSError`, so that nothing between the socket and the caller swallows or retries
one. None carries an address, a body or a library's text: people are told one of a few fixed
sentences, chosen by `code`.
"""


class OutboundError(Exception):
    """An outgoing request did not end with a usable answer."""

    code = "failed"

    def __init__(self, detail: str = "") -> None:
        """`detail` is for developers' logs only; it must hold no secret and no address."""
        super().__init__(detail or self.code)


class Refused(OutboundError):
    """The guard did not let the request out (nothing was sent to that address)."""

    code = "refused"


class AddressRefused(Refused):
    """The name resolves to an address that is not public and not allowed by the operator."""

    code = "address"


class PortRefused(Refused):
    """The port is not one the operator lets people use."""

    code = "port"


class SchemeRefused(Refused):
    """Only http and https are spoken."""

    code = "scheme"


class InsecureRefused(Refused):
    """Credentials would have gone over plain http to a public host."""

    code = "insecure"


class InvalidAddress(Refused):
    """What was typed is not a URL that can be dialled."""

    code = "invalid"


class TooManyRedirects(OutboundError):
    """The server kept sending us elsewhere."""

    code = "redirects"


class NameNotFound(OutboundError):
    """The host name does not resolve."""

    code = "name"


class ConnectionFailed(OutboundError):
    """Nobody answers there, or the connection broke off."""

    code = "connection"


class CertificateFailed(OutboundError):
    """The server's certificate could not be verified: expired, self-signed, for another name."""

    code = "certificate"


class TlsFailed(OutboundError):
    """TLS could not be agreed on at all: what answers there speaks plainly, or nothing we understand."""

    code = "tls"


class TimedOut(OutboundError):
    """The exchange took longer than the policy grants, in one read or as a whole."""

    code = "timeout"


class TooLarge(OutboundError):
    """The answer, decompressed, is larger than the policy grants."""

    code = "too_large"


class BrokenAnswer(OutboundError):
    """The answer broke off or is not decodable HTTP."""

    code = "broken"
