"""Reading one calendar collection: what changed, full comparisons, and a single span.

Cursors are ours: `sync:<token>` (RFC 6578), `ctag:<tag>` where a server has no tokens, empty where it
has neither.
"""

from collections.abc import Iterator, Mapping, Sequence

from calendars.providers import errors
from calendars.providers.base import Page, RawItem, Window
from calendars.providers.caldav import queries
from calendars.providers.caldav.multistatus import (
    CALDAV,
    CALENDARSERVER,
    DAV,
    Member,
    Multistatus,
    key_of,
    url_of,
)
from calendars.providers.caldav.transport import Answer, Dav

BATCH = 100
"""Resources asked for at once: measured as good as 500, and a page of them is small."""
MAX_ROUNDS = 200
"""Truncated answers to one incremental read before we call the server broken."""
SYNC, CTAG = "sync:", "ctag:"
BAD_TOKEN = f"{DAV}valid-sync-token"
QUERY_REFUSED = frozenset({400, 403, 405, 409, 415, 422, 500, 501, 507})


class Collection:
    """One calendar on the server, by its address."""

    def __init__(self, dav: Dav, url: str) -> None:
        self._dav = dav
        self.url = url
        self.key = key_of(url)

    # -- cursors

    def cursor(self) -> str:
        """The cursor of this moment, in one request. Raises `NotFound` when the calendar is gone."""
        members = self._dav.propfind(self.url, queries.STATE, depth=0).multistatus()
        me = members.member(self.url)
        if me is None or me.is_gone:
            raise errors.NotFound("calendar")
        if f"{CALDAV}calendar" not in me.children(f"{DAV}resourcetype"):
            raise errors.NotFound("no calendar any more")
        if token := me.text(f"{DAV}sync-token"):
            return SYNC + token
        ctag = me.text(f"{CALENDARSERVER}getctag")
        return CTAG + ctag if ctag else ""

    # -- full comparisons

    def everything(self, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """All resources with events in the window; those whose etag is known are not read again.

        The cursor is taken before the listing, so that nothing in between is lost.
        """
        with self._dav.patiently():
            cursor = self.cursor()
            listing = self._listed(window)
        return self._compared(cursor, listing, known)

    def _compared(self, cursor: str, listing: dict[str, str], known: Mapping[str, str]) -> Iterator[Page]:
        wanted = [key for key, etag in listing.items() if not etag or known.get(key) != etag]
        gone: set[str] = set()
        for page in self._pages(wanted):
            gone.update(page.deleted)
            yield page
        yield Page(cursor=cursor, complete=True, present=frozenset(listing.keys() - gone))

    def if_touched(self, cursor: str, known: Mapping[str, str], window: Window) -> Iterator[Page]:
        """For servers without tokens: one request when nothing changed, else a full comparison."""
        if cursor and self.cursor() == cursor:
            return iter([Page(cursor=cursor)])
        return self.everything(known, window)

    def _listed(self, window: Window) -> dict[str, str]:
        """Keys and etags in the window, by query; by listing all where the server cannot query."""
        answer = self._dav.report(self.url, queries.events_in(window, data=False))
        if answer.status in QUERY_REFUSED:
            answer = self._dav.propfind(self.url, queries.ETAGS, depth=1)
        found = answer.multistatus()
        if found.truncated:
            found = self._dav.propfind(self.url, queries.ETAGS, depth=1).multistatus()
        if found.truncated:
            raise errors.ServerFailed("listing cut short")
        return {member.key: member.etag for member in self._resources(found) if not member.is_gone}

    # -- incremental

    def since(self, token: str, known: Mapping[str, str]) -> Iterator[Page]:
        """What changed since the token, page by page. Raises `CursorInvalid` when the token is too old."""
        for _ in range(MAX_ROUNDS):
            found = self._sync(token)
            deleted = tuple(member.key for member in self._resources(found) if member.is_gone)
            listed = [member for member in self._resources(found) if not member.is_gone]
            wanted = [
                member.key for member in listed if not member.etag or known.get(member.key) != member.etag
            ]
            if listed and not deleted and len(wanted) * 2 <= len(listed):
                # DAViCal answers an unknown token with everything there is, and tells of no deletion.
                raise errors.CursorInvalid("unchanged resources listed again")
            yield from self._pages(wanted)
            if not found.truncated:
                yield Page(deleted=deleted, cursor=SYNC + (found.sync_token or token))
                return
            if found.sync_token in ("", token):
                break
            yield Page(deleted=deleted)
            token = found.sync_token
        raise errors.ServerFailed("cut short again and again")

    def _sync(self, token: str) -> Multistatus:
        answer = self._dav.report(self.url, queries.sync_collection(token), depth=0)
        if answer.ok:
            return answer.multistatus()
        self._refuse_cursor(answer)
        raise answer.error()

    def _refuse_cursor(self, answer: Answer) -> None:
        """Tell an old token from a failure: servers answer 403, 409, 412, 507 and even 500 for it."""
        if BAD_TOKEN in answer.conditions or answer.status in (400, 405, 409, 410, 412, 415, 501, 507):
            raise errors.CursorInvalid(f"HTTP {answer.status}")
        if answer.status in (404, 500):
            self.cursor()  # NotFound if the calendar is gone; else it is the token the server stumbles over
            raise errors.CursorInvalid(f"HTTP {answer.status}")

    # -- data

    def span(self, span: Window) -> list[RawItem]:
        """The resources with events that touch the span, usually in one request."""
        answer = self._dav.report(self.url, queries.events_in(span, data=True))
        found = answer.multistatus()
        if found.truncated:
            raise errors.ServerFailed("answer cut short")
        members = [member for member in self._resources(found) if not member.is_gone]
        items = [_item(member) for member in members if member.data]
        without = [member.key for member in members if not member.data]
        return items + [item for page in self._pages(without) for item in page.items]

    def with_uid(self, uid: str) -> RawItem | None:
        """The resource that holds this UID, wherever it lies in the calendar."""
        answer = self._dav.report(self.url, queries.events_with_uid(uid))
        if answer.status in QUERY_REFUSED:
            return None
        for member in self._resources(answer.multistatus()):
            if has_uid(member.data, uid):
                return _item(member)
        return None

    def _pages(self, keys: Sequence[str]) -> Iterator[Page]:
        for start in range(0, len(keys), BATCH):
            yield self._page(keys[start : start + BATCH])

    def _page(self, keys: Sequence[str]) -> Page:
        """These resources' data; those that are gone meanwhile are told as deleted."""
        try:
            found = self._multiget(keys)
        except errors.TooLarge:
            if len(keys) == 1:
                raise
            half = len(keys) // 2
            left, right = self._page(keys[:half]), self._page(keys[half:])
            return Page(items=left.items + right.items, deleted=left.deleted + right.deleted)
        items = {member.key: _item(member) for member in found if member.data}
        gone = {member.key for member in found if member.is_gone}
        for key in keys:
            if key not in items and key not in gone:
                self._fetch_left_out(key, items, gone)
        return Page(items=tuple(items.values()), deleted=tuple(key for key in keys if key in gone))

    def _multiget(self, keys: Sequence[str]) -> list[Member]:
        hrefs = [url_of(key, self.url).removeprefix(url_of("", self.url)) for key in keys]
        answer = self._dav.report(self.url, queries.multiget(hrefs))
        return self._resources(answer.multistatus())

    def _fetch_left_out(self, key: str, items: dict[str, RawItem], gone: set[str]) -> None:
        """Some servers leave missing members out of the answer, and some leave out what is there."""
        item = self.fetch(key)
        if item is None:
            gone.add(key)
        else:
            items[key] = item

    def fetch(self, key: str) -> RawItem | None:
        """One resource by GET; None when it is gone."""
        answer = self._dav.ask("GET", url_of(key, self.url), headers={"Accept": "text/calendar"})
        if answer.is_gone:
            return None
        if not answer.ok:
            raise answer.error()
        if not answer.body:
            raise errors.NotACalendar("no calendar data")
        return RawItem(key=key, etag=answer.headers.get("ETag", ""), data=answer.body)

    def etag(self, key: str) -> str | None:
        """The resource's version now; None when it is gone, empty when the server tells none."""
        answer = self._dav.propfind(url_of(key, self.url), queries.ETAGS, depth=0)
        if answer.is_gone:
            return None
        member = answer.multistatus().member(url_of(key, self.url))
        return None if member is None or member.is_gone else member.etag

    def _resources(self, found: Multistatus) -> list[Member]:
        """Members that may be events: the collection itself and folders in it are left out."""
        own = self.key.rstrip("/")
        return [m for m in found.members if m.key.rstrip("/") != own and not m.is_collection]


def _item(member: Member) -> RawItem:
    return RawItem(key=member.key, etag=member.etag, data=member.data)


def has_uid(data: bytes, uid: str) -> bool:
    """Whether an event in this iCalendar text has exactly this UID (lines unfolded)."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"").split(b"\n")
    for line in lines:
        name, _, value = line.partition(b":")
        if name.partition(b";")[0].upper() == b"UID" and _unescaped(value) == uid:
            return True
    return False


def _unescaped(value: bytes) -> str:
    text = value.decode(errors="replace").strip()
    return text.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")
