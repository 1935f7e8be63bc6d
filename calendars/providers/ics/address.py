"""The address of a feed: whoever knows it reads the calendar, so it is kept like a password."""

from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import urlsplit, urlunsplit

LONGEST = 2_000
_SCHEMES = {"webcal": "https", "webcals": "https", "feed": "https", "https": "https", "http": "http"}


class NotAFeedAddress(ValueError):
    """What was typed is no web address."""


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """``url`` is whole and secret; ``shown`` (scheme and host) and ``name`` (a digest) may be seen."""

    url: str = field(repr=False)

    @property
    def shown(self) -> str:
        """Scheme, host and port: enough to recognise a feed by, too little to read it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def host(self) -> str:
        """The name of the server."""
        return urlsplit(self.url).hostname or ""

    @property
    def name(self) -> str:
        """Tells one address from another without telling either."""
        return blake2b(self.url.encode(), digest_size=8).hexdigest()

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read the address and the calendar."""
        return self.url.startswith("https:")


def feed_address(typed: str) -> FeedAddress:
    """The address that was meant: ``webcal://``, ``feed:`` and no scheme at all stand for https.

    Raises `NotAFeedAddress`; without a scheme, a name without a dot is a word and no server.
    """
    text = typed.strip()
    if text[:5].lower() == "feed:" and not text[5:].startswith("//"):
        text = text[5:]
    has_scheme = "://" in text
    if not has_scheme:
        text = f"https://{text.lstrip('/')}"
    try:
        parts = urlsplit(text)
        scheme = _SCHEMES.get(parts.scheme.lower(), "")
        host = parts.hostname or ""
        is_usable = bool(scheme and host) and parts.port != 0
        is_usable = is_usable and (has_scheme or any(mark in host.strip(".") for mark in ".:"))
    except ValueError:
        raise NotAFeedAddress from None
    if not is_usable or len(text) > LONGEST or any(ord(char) <= 32 or ord(char) == 127 for char in text):
        raise NotAFeedAddress
    user, at, server = parts.netloc.rpartition("@")
    # Names of hosts know no capital letters; everything after them may.
    return FeedAddress(urlunsplit((scheme, user + at + server.lower(), parts.path, parts.query, "")))
