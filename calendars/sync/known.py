"""What we hold of a calendar, as providers ask for it: key to version, looked up only as far as asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.db.models import QuerySet

from calendars.models import Calendar, Item
from calendars.models.keys import place_of

FEW = 20
"""So many look-ups cost less than reading a big calendar's thousands of rows; then those are read at once."""


class KnownItems(Mapping[str, str]):
    """The keys of a calendar's items and their etags.

    An incremental reading asks for what changed, so a big calendar costs no more than a small one. Whoever
    goes through all of it, or asks for many, gets everything with one query. Belongs to the thread that reads.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._rows: QuerySet[Item] = Item.objects.filter(calendar=calendar)
        self._all: dict[str, str] | None = None
        self._looked: dict[str, str | None] = {}

    def __getitem__(self, key: str) -> str:
        """The etag of an item. Raises `KeyError`."""
        if self._all is None and key not in self._looked and len(self._looked) >= FEW:
            self._load()
        if self._all is not None:
            return self._all[key]
        if key not in self._looked:
            found = self._rows.filter(place=place_of(key)).values_list("etag", flat=True)
            self._looked[key] = found.first()
        etag = self._looked[key]
        if etag is None:
            raise KeyError(key)
        return etag

    def __iter__(self) -> Iterator[str]:
        """Every key."""
        return iter(self._load())

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._load())

    def __bool__(self) -> bool:
        """Whether there is any."""
        if self._all is None and not self._rows.exists():
            self._all = {}
        return self._all is None or bool(self._all)

    def all(self) -> KnownItems:
        """The same, with everything read at once: for whoever will ask for much of it."""
        self._load()
        return self

    def _load(self) -> dict[str, str]:
        if self._all is None:
            self._all = dict(self._rows.values_list("key", "etag"))
        return self._all
