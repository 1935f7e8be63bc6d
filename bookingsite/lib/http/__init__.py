"""One guard for every outgoing request to an address that a person typed (invariant 10).

`guarded_session(policy)` gives a requests session that resolves a name once, refuses it when any of
its addresses is not public (unless the operator allows the network), and connects to that very
address. Pure: the operator's settings come in as a `GuardPolicy`.
"""

from bookingsite.lib.http.addresses import parse_networks
from bookingsite.lib.http.errors import (
    AddressRefused,
    BrokenAnswer,
    CertificateFailed,
    ConnectionFailed,
    InsecureRefused,
    InvalidAddress,
    NameNotFound,
    OutboundError,
    PortRefused,
    Refused,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    TooManyRedirects,
)
from bookingsite.lib.http.observing import Hop, Observer
from bookingsite.lib.http.policy import DEFAULT_PORTS, GuardPolicy
from bookingsite.lib.http.session import GuardedSession, guarded_session, origin

__all__ = [
    "DEFAULT_PORTS",
    "AddressRefused",
    "BrokenAnswer",
    "CertificateFailed",
    "ConnectionFailed",
    "GuardPolicy",
    "GuardedSession",
    "Hop",
    "InsecureRefused",
    "InvalidAddress",
    "NameNotFound",
    "Observer",
    "OutboundError",
    "PortRefused",
    "Refused",
    "SchemeRefused",
    "TimedOut",
    "TlsFailed",
    "TooLarge",
    "TooManyRedirects",
    "guarded_session",
    "origin",
    "parse_networks",
    "urllib3_is_real",
]


def urllib3_is_real() -> bool:
    """Whether `urllib3` is urllib3, not the fork that caldav's HTTP library installs over it.

    The guard hooks into urllib3's connections; the fork has others. For a system check.
    """
    import urllib3

    return not hasattr(urllib3, "AsyncPoolManager")
