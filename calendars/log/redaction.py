"""What of a request may be kept: where it went, with everything that names somebody or opens something cut. Pure.

Addresses of calendars are secrets in themselves: feeds have their key in the path, Google's paths hold mail
addresses, CalDAV's user names. So the rule names what may stay, a few words that are the same for everybody, and
marks the rest. The same text gets the same mark, so that requests about one thing can be told to be about one thing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST = 300
MARK = "~"

_KNOWN = """
.well-known caldav caldav.php dav dav.php davx remote.php public.php principals principal calendars calendar users
user home groupware sogo __uids__ uids events
v3 me calendarlist acl watch channels stop channel freebusy settings colors oauth2 o auth token revoke v4
v1.0 beta calendarview delta instances subscriptions $batch mailboxsettings calendargroups common organizations
consumers v2.0 discovery instance openid-configuration authorize microsoft.graph.delta()
"""
"""Parts of paths that are the same for everybody: of CalDAV servers, of Google, of Microsoft Graph."""
_WORDS = frozenset(_KNOWN.split())
_HOST = re.compile(r"[a-z0-9._:\[\]-]{1,120}")
_VERB = re.compile(r"[A-Z]{1,12}")
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{4,40}")


@dataclass(frozen=True, slots=True)
class Redaction:
    """How one account's requests are cut.

    `key` makes the marks: without it nobody can try which name has which mark. `host_only` is for feeds, whose
    whole address is the key to them. `secrets` are texts that must not be kept wherever a server repeats them.
    """

    key: bytes = field(repr=False)
    host_only: bool = False
    secrets: Collection[str] = field(default=(), repr=False)

    def target(self, url: str) -> str:
        """Host and path of an address: no user, no query, no fragment, and marks in place of names and ids."""
        try:
            parts = urlsplit(url)
            host = parts.netloc.rpartition("@")[2].lower()
        except ValueError:
            return ""
        if not _HOST.fullmatch(host):
            return ""
        if self.host_only:
            return host
        path = "/".join(self._segment(each) for each in parts.path.split("/"))
        return f"{host}{path}"[:LONGEST]

    def request_id(self, ours: str, servers: str) -> str:
        """Our name of a request, followed by the server's where it looks like one and repeats no secret."""
        is_id = _REQUEST_ID.fullmatch(servers) and not self._is_secret(servers)
        return f"{ours} {servers}"[:64] if is_id else ours

    def _is_secret(self, text: str) -> bool:
        return any(text in secret or (secret and secret in text) for secret in self.secrets)

    def _segment(self, segment: str) -> str:
        if not segment or segment.lower() in _WORDS:
            return segment
        digest = hmac.new(self.key, segment.encode(errors="replace"), hashlib.sha256).hexdigest()
        return f"{MARK}{digest[:6]}"


def verb(text: str) -> str:
    """An HTTP method, or nothing."""
    return text if _VERB.fullmatch(text) else ""


def code(text: str) -> str:
    """A status or an error's code, or `other`."""
    return text if _CODE.fullmatch(text) else "other"
