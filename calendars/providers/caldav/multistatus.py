"""Reading WebDAV's multistatus answers (RFC 4918 13, RFC 6578 3), tolerant where servers differ. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
CALENDARSERVER = "{http://calendarserver.org/ns/}"
APPLE = "{http://apple.com/ns/ical/}"
GONE = frozenset({404, 410, 418})
"""Statuses of a member that is not there; 418 is what one large host really sends."""
PATH_SAFE = "/@:!$&'()*+,;=-._~"


def key_of(href: str) -> str:
    """The stable key of a resource: the unquoted path of its href, whatever spelling the server chose."""
    return unquote(urlsplit(href.strip()).path)


def url_of(key: str, base: str) -> str:
    """The address of the resource with this key on the server of `base`."""
    parts = urlsplit(base)
    return urlunsplit((parts.scheme, parts.netloc, quote(key, safe=PATH_SAFE), "", ""))


def collection_url(url: str) -> str:
    """One spelling for the address of a collection: quoted path, slash at the end, nothing after it."""
    return url_of(key_of(url).rstrip("/") + "/", url)


@dataclass(frozen=True, slots=True)
class Member:
    """One `response`: a resource with its own status (if any) and the properties that were found."""

    href: str
    status: int | None
    props: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """See `key_of`."""
        return key_of(self.href)

    @property
    def is_gone(self) -> bool:
        """Whether the server says that this resource is not there."""
        return self.status in GONE

    @property
    def is_collection(self) -> bool:
        """Whether this is a folder, not an event."""
        return self.key.endswith("/") or f"{DAV}collection" in self.children(f"{DAV}resourcetype")

    def text(self, tag: str) -> str:
        """The text of a property, empty where it is missing."""
        element = self.props.get(tag)
        return "" if element is None else (element.text or "").strip()

    def children(self, tag: str) -> list[str]:
        """The names of a property's child elements."""
        element = self.props.get(tag)
        return [] if element is None else [child.tag for child in element if isinstance(child.tag, str)]

    def hrefs(self, tag: str, base: str) -> list[str]:
        """The addresses inside a property, made absolute."""
        element = self.props.get(tag)
        if element is None:
            return []
        texts = [href.text.strip() for href in element.iter(f"{DAV}href") if href.text]
        return [urljoin(base, text) for text in texts if _is_href(text)]

    @property
    def etag(self) -> str:
        """The version, as the server writes it (quotes and all)."""
        return self.text(f"{DAV}getetag")

    @property
    def data(self) -> bytes:
        """The calendar data, empty where none came."""
        element = self.props.get(f"{CALDAV}calendar-data")
        return b"" if element is None or not element.text else element.text.strip().encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Multistatus:
    """A whole answer: its members in order, the new sync token, and whether more is to come."""

    members: tuple[Member, ...]
    sync_token: str = ""
    truncated: bool = False

    def member(self, url: str) -> Member | None:
        """The member for this very address; the only one, if there is one only."""
        wanted = key_of(url).rstrip("/")
        for member in self.members:
            if member.key.rstrip("/") == wanted:
                return member
        return self.members[0] if len(self.members) == 1 else None


def read_multistatus(tree: Any) -> Multistatus | None:
    """Read a parsed answer; None when it is no multistatus."""
    if tree is None or tree.tag != f"{DAV}multistatus":
        return None
    members, truncated = [], False
    for element in tree.iterfind(f"{DAV}response"):
        for member in _members(element):
            if member.status == 507:
                truncated = True  # RFC 6578 3.6: the reply stops here, ask again with the new token
            else:
                members.append(member)
    token = tree.findtext(f"{DAV}sync-token") or ""
    return Multistatus(members=tuple(members), sync_token=token.strip(), truncated=truncated)


def _members(response: Any) -> Iterator[Member]:
    status = _code(response.findtext(f"{DAV}status"))
    props: dict[str, Any] = {}
    for propstat in response.iterfind(f"{DAV}propstat"):
        if (_code(propstat.findtext(f"{DAV}status")) or 200) // 100 == 2:
            for prop in propstat.iterfind(f"{DAV}prop"):
                props.update((child.tag, child) for child in prop if isinstance(child.tag, str))
    for href in response.iterfind(f"{DAV}href"):
        if href.text and _is_href(href.text):
            yield Member(href=href.text.strip(), status=status, props=props)


def _is_href(text: str) -> bool:
    try:
        urlsplit(text.strip())
    except ValueError:
        return False
    return True


def _code(status: str | None) -> int | None:
    parts = (status or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None
