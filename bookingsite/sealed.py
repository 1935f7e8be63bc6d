"""Where sealed secrets are kept, for everything that goes over all of them (rotation)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Manager, QuerySet

from bookingsite.lib import secrets


@dataclass(frozen=True)
class SealedField:
    """A text column whose values are sealed, each to the place that `place(pk)` names."""

    model: str
    field: str
    place: Callable[[Any], str]

    def rows(self) -> QuerySet[Any]:
        """The rows that hold a secret, by id."""
        manager: Manager[Any] = apps.get_model(self.model)._base_manager
        return manager.exclude(**{self.field: ""}).order_by("pk")


FIELDS = [
    SealedField("calendars.Account", "sealed_secret", "account:{}:secret".format),
    SealedField("calendars.OAuthClient", "sealed_secret", "oauth_client:{}:secret".format),
    SealedField("calendars.Channel", "sealed_secret", "channel:{}:secret".format),
    SealedField("bookings.FeedLink", "sealed_token", "feed:{}:token".format),
]


@dataclass
class Rotation:
    """How far a rotation came."""

    renewed: int = 0
    current: int = 0
    unreadable: int = 0


def rotate(field: SealedField, *, batch: int = 100) -> Iterator[Rotation]:
    """Seal every value of the field with the newest key; yields the running count after each batch.

    May be stopped and started again at any point: what is renewed already is passed over. A value that
    changed meanwhile is left as it is (it was sealed with the newest key). Unreadable ones are counted
    and kept.
    """
    count, last = Rotation(), 0
    while rows := list(field.rows().filter(pk__gt=last).values_list("pk", field.field)[:batch]):
        for pk, sealed in rows:
            _rotate_one(field, pk, sealed, count)
        last = rows[-1][0]
        yield count


def _rotate_one(field: SealedField, pk: Any, sealed: str, count: Rotation) -> None:
    try:
        renewed = secrets.keyring().rotate(sealed, field.place(pk))
    except secrets.Unreadable:
        count.unreadable += 1
        return
    if renewed == sealed:
        count.current += 1
        return
    count.renewed += field.rows().filter(pk=pk, **{field.field: sealed}).update(**{field.field: renewed})
