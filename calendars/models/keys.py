"""Keys that providers give their resources: of any length and with any character."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    AnyText = models.TextField[str, str]
    AnyChars = models.CharField[str, str]
else:
    AnyText, AnyChars = models.TextField, models.CharField

_ESCAPE = "\x10"


def place_of(key: str) -> str:
    """A short name for a key, always of the same length: an index cannot hold keys of any length."""
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()


class KeyField(AnyText):
    """A key exactly as the provider gave it. PostgreSQL keeps no NUL in text, so NUL is stored escaped."""

    def get_prep_value(self, value: Any) -> Any:
        """As it is stored and compared."""
        value = super().get_prep_value(value)
        if not isinstance(value, str):
            return value
        return value.replace(_ESCAPE, _ESCAPE + "1").replace("\x00", _ESCAPE + "0")

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """As the provider gave it."""
        if value is None:
            return None
        return value.replace(_ESCAPE + "0", "\x00").replace(_ESCAPE + "1", _ESCAPE)


class PlaceField(AnyChars):
    """`place_of` the row's `key`, kept right by every save and bulk insert."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """What is stored follows the key."""
        place = place_of(model_instance.key)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, place)
        return place
