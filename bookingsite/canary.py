"""One sealed text that must open at start: a wrong key is noticed before the first calendar fails."""

from __future__ import annotations

from bookingsite.lib import secrets
from bookingsite.models import Canary

NAME = "secrets"
PLACE = "canary:secrets:sealed"
TEXT = "this opens with the right key"


def opens() -> bool:
    """Whether the keys of this installation open what it sealed before; the first call seals."""
    sealed = Canary.objects.filter(name=NAME).values_list("sealed", flat=True).first()
    if sealed is None:
        Canary.objects.get_or_create(name=NAME, defaults={"sealed": secrets.keyring().seal(TEXT, PLACE)})
        return True
    try:
        return secrets.keyring().unseal(sealed, PLACE) == TEXT
    except secrets.Unreadable:
        return False


def rotate() -> bool:
    """Seal it with the newest key; tells whether that was needed. Raises `secrets.Unreadable`."""
    if not opens():
        raise secrets.Unreadable(PLACE)
    row = Canary.objects.get(name=NAME)
    renewed = secrets.keyring().rotate(row.sealed, PLACE)
    return renewed != row.sealed and bool(
        Canary.objects.filter(name=NAME, sealed=row.sealed).update(sealed=renewed)
    )
