"""What can be told of a request that went out: for logs that must not hold what it carried."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests

from bookingsite.lib.http.errors import OutboundError

SERVERS_NAMES = ("request-id", "x-request-id", "x-goog-request-id", "x-apple-request-uuid")
"""Headers in which servers tell their own name of a request (Graph, Nextcloud and proxies, Google, iCloud)."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One request and what came of it; a redirect or a repeated sign-in is a hop of its own.

    `result` is the HTTP status as text, or the code of the error that took its place. `duration` is in
    milliseconds and includes reading the body; `size` is the body's length in bytes after decompression.
    `request_id` is ours, new for every hop; `server_id` is what the server calls it (may be empty).
    `url` is as it was sent, secrets in it included: whoever keeps it, cuts it.
    """

    verb: str
    url: str
    result: str
    duration: int
    size: int = 0
    request_id: str = ""
    server_id: str = ""


Observer = Callable[[Hop], None]
"""Is told every hop, from the thread that made it. It must be quick and raise nothing."""


class Watch:
    """Measures one hop and tells the observer, if there is one."""

    __slots__ = ("_began", "_observer", "_request")

    def __init__(
        self, observer: Observer | None, request: requests.PreparedRequest | requests.Request
    ) -> None:
        self._observer = observer
        self._request = request
        self._began = time.monotonic()

    def answered(self, answer: requests.Response, size: int) -> None:
        """There was a whole answer."""
        self._tell(str(answer.status_code), size, server_id(answer.headers))

    def failed(self, error: OutboundError) -> None:
        """There was none, or not all of it."""
        self._tell(error.code)

    def _tell(self, result: str, size: int = 0, server: str = "") -> None:
        if self._observer is None:
            return
        self._observer(
            Hop(
                verb=str(self._request.method),
                url=str(self._request.url),
                result=result,
                duration=round((time.monotonic() - self._began) * 1000),
                size=size,
                request_id=uuid.uuid4().hex[:12],
                server_id=server,
            )
        )


def server_id(headers: Mapping[str, str]) -> str:
    """The server's own name of the request, empty where it tells none."""
    return next((headers[name] for name in SERVERS_NAMES if headers.get(name)), "")
