"""Making a calendar hold exactly one event, whatever happened to earlier attempts (SYNC 1.4)."""

from dataclasses import dataclass

from calendars.providers import errors
from calendars.providers.base import EventWish, Written
from calendars.providers.caldav.multistatus import CALDAV, key_of, url_of
from calendars.providers.caldav.reading import Collection, has_uid
from calendars.providers.caldav.transport import Answer, Dav

ROUNDS = 3
CONTENT = {"Content-Type": "text/calendar; charset=utf-8"}
UID_TAKEN = frozenset(
    {f"{CALDAV}no-uid-conflict", "{urn:ietf:params:xml:ns:caldav}unique-scheduling-object-resource"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to write next and on which condition: `etag` None creates, empty overwrites whatever is there."""

    key: str
    etag: str | None

    def headers(self) -> dict[str, str]:
        """The precondition; a weak etag can never match (RFC 9110 13.1.1), so none is sent for it."""
        if self.etag is None:
            return {**CONTENT, "If-None-Match": "*"}
        if not self.etag or self.etag.startswith("W/"):
            return CONTENT
        return {**CONTENT, "If-Match": self.etag}


class Writer:
    """Writes and deletes in one calendar."""

    def __init__(self, dav: Dav, collection: Collection) -> None:
        self._dav = dav
        self._collection = collection

    def put(self, wish: EventWish, data: bytes, known: Written | None) -> Written:
        """See `Provider.put`."""
        place = self._first_place(wish, known)
        for _ in range(ROUNDS):
            answer = self._dav.ask("PUT", url_of(place.key, self._collection.url), data, place.headers())
            if answer.status == 200 and answer.is_page:  # Apache sends one with its 201
                raise errors.NotACalendar("a page for people")
            if answer.ok:
                return self._written(place.key, answer)
            place = self._next_place(place, wish, answer)
        raise errors.Conflict("changed again and again")

    def delete(self, key: str, uid: str) -> None:
        """See `Provider.delete`. Looks for the UID where nothing lies under the key: servers rename."""
        for path in (self._path(key), None):
            target = path or self._path_of_uid(uid)
            if target is None:
                return
            answer = self._dav.ask("DELETE", url_of(target, self._collection.url))
            if answer.ok and answer.is_page:
                raise errors.NotACalendar("a page for people")
            if answer.ok:
                return
            if not answer.is_gone:
                raise answer.error()

    def _path(self, key: str) -> str:
        return key if key.startswith("/") else self._collection.key + key

    def _path_of_uid(self, uid: str) -> str | None:
        try:
            found = self._collection.with_uid(uid)
        except errors.NotFound:
            return None  # the calendar is gone, and the event with it
        return found.key if found else None

    def _first_place(self, wish: EventWish, known: Written | None) -> Place:
        if known is None:
            return Place(self._path(wish.key), None)
        key = self._path(known.key)
        return Place(key, known.etag or self._collection.etag(key))

    def _next_place(self, place: Place, wish: EventWish, answer: Answer) -> Place:
        """Where to try next after a refusal; raises when another try cannot help."""
        if answer.is_gone:
            return self._after_gone(place, answer)
        if answer.conditions & UID_TAKEN or answer.status == 409:
            return self._where_uid_lies(wish, answer)
        if answer.status != 412:
            raise answer.error()
        found = self._collection.fetch(place.key)
        if found is None:
            return self._where_uid_lies(wish, answer) if place.etag is None else Place(place.key, None)
        if place.etag is None and not has_uid(found.data, wish.uid):
            raise errors.Conflict("the name is taken by another event")
        return Place(place.key, found.etag or self._collection.etag(place.key))

    def _after_gone(self, place: Place, answer: Answer) -> Place:
        """An event that has gone is made again; a calendar that has gone is told."""
        self._collection.cursor()
        if place.etag is None:
            raise errors.ServerFailed(f"HTTP {answer.status} for a new event")
        return Place(place.key, None)

    def _where_uid_lies(self, wish: EventWish, answer: Answer) -> Place:
        found = self._collection.with_uid(wish.uid)
        if found is not None:
            return Place(found.key, found.etag or None)
        if answer.status == 409:
            self._collection.cursor()  # RFC 4918 9.7.1: 409 also means that the collection is missing
        if answer.status == 403:
            raise answer.error()
        raise errors.Conflict("the UID is taken in another calendar")

    def _written(self, key: str, answer: Answer) -> Written:
        """The place and version, asked for where the server did not tell (RFC 4791 5.3.4)."""
        etag = answer.headers.get("ETag", "")
        moved = answer.headers.get("Location", "")
        key = key_of(moved) if moved else key
        return Written(key=key, etag=etag or self._collection.etag(key) or "")
