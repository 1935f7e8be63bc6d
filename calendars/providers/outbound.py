"""What the guard or the network said, in the providers' own errors; and a guard for an operator's endpoint."""

from dataclasses import replace
from email.utils import parsedate_to_datetime

from bookingsite.lib import http
from calendars.providers import errors


def told(problem: http.OutboundError) -> errors.ProviderError:
    """The provider error for what kept a request from an answer; the detail is a code, never an address."""
    for kind, error in _TOLD:
        if isinstance(problem, kind):
            return error(problem.code)
    return errors.ServerFailed(problem.code)


def policy_for(policy: http.GuardPolicy, *endpoints: str) -> http.GuardPolicy:
    """The policy that also lets requests out to the ports of these endpoints.

    They are the operator's settings, not typed by anybody; which networks may be reached stays as it is.
    """
    ports = {port for endpoint in endpoints if endpoint and (port := http.origin(endpoint)[2])}
    return replace(policy, ports=policy.ports | ports)


def retry_after(value: str, date: str = "") -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3); None for nothing usable.

    An HTTP date is measured against the answer's own Date header, so that clocks need not agree.
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        wait = parsedate_to_datetime(value) - parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError):
        return None
    return max(wait.total_seconds(), 0.0)


_TOLD: tuple[tuple[type[http.OutboundError], type[errors.ProviderError]], ...] = (
    (http.InsecureRefused, errors.InsecureAddress),
    (http.InvalidAddress, errors.NotACalendar),
    (http.Refused, errors.AddressRefused),
    (http.NameNotFound, errors.Unreachable),
    (http.ConnectionFailed, errors.Unreachable),
    (http.CertificateFailed, errors.CertificateFailed),
    (http.TlsFailed, errors.NoTls),
    (http.TimedOut, errors.Timeout),
    (http.TooLarge, errors.TooLarge),
    (http.TooManyRedirects, errors.NotACalendar),
)
