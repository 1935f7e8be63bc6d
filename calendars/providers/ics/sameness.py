"""Whether a feed still says what it said: by the server's own marks, else by its content (SYNC 1.3).

Many feeds come without marks, and some stamp every event anew at every fetch. So the digest of a body leaves
out what is only a stamp. Everything here takes a number of steps that grows with the body and with nothing else.
"""

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from io import BytesIO

LONGEST_MARK = 500

# SEQUENCE is counted up by senders that restamp; a change that matters shows in another line.
_STAMPS = re.compile(rb"(?:DTSTAMP|LAST-MODIFIED|CREATED|SEQUENCE)[;:]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marks:
    """What to ask with next time: the server's ETag and Last-Modified, and the digest of what it sent."""

    etag: str = ""
    modified: str = ""
    digest: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers of a request that is answered only when something changed (RFC 9110 13.1)."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in headers.items() if value}

    def cursor(self) -> str:
        """As a calendar's cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))


def marks_in(cursor: str | None) -> Marks:
    """The marks in a cursor; none for anything that is not one of ours."""
    try:
        found = json.loads(cursor or "{}")
        return Marks(**{name: str(found.get(name, ""))[:LONGEST_MARK] for name in Marks.__slots__})
    except (ValueError, AttributeError, TypeError, RecursionError):
        return Marks()


def mark(header: str) -> str:
    """A mark as the server gave it; one that is too long to be sent back is none."""
    return header if len(header) <= LONGEST_MARK else ""


def digest(body: bytes) -> str:
    """A hex SHA-256 that changes with everything but stamps, empty lines and the way lines end."""
    whole = sha256()
    # Line by line: a list of the lines of a hostile body would take many times its size.
    for line in BytesIO(body):
        if not _STAMPS.match(line) and (told := line.rstrip(b"\r\n")):
            whole.update(told)
            whole.update(b"\n")
    return whole.hexdigest()
