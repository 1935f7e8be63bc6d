"""Secrets at rest: calendar passwords, tokens and secret addresses, sealed to the place they belong to.

The sealed form is `s1:<Fernet token>`; inside, the place (`"account:17:password"`) stands before the
text, so that a value copied to another row does not open there. Everything that does not open raises
`Unreadable`; nothing is ever handed back as it was found. Keys are their own list, apart from Django's
`SECRET_KEY`: sessions may be reset without losing the calendars.
"""

import base64
import binascii
import functools
import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MARK = "s1:"
SALT = b"bookingsite secrets at rest, form s1"


class Unreadable(Exception):
    """A sealed value that does not open here: other keys, changed, moved, or never sealed.

    To be told as "please connect again"; the text names the place, never the value.
    """

    def __init__(self, place: str) -> None:
        super().__init__(f"the secret of {place} cannot be read")
        self.place = place


class Keyring:
    """The keys, newest first: the first one seals, all of them open.

    A key is a Fernet key as `Fernet.generate_key` prints it, or a pass phrase of any other shape
    (stretched by HKDF: choose a long random one, HKDF does not slow a guesser down). Raises
    `ValueError` when there is no key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        cleaned = [key.strip() for key in keys if key.strip()]
        if not cleaned:
            raise ValueError("no key to seal secrets with")
        self._fernets = [Fernet(_fernet_key(key)) for key in cleaned]
        self._all = MultiFernet(self._fernets)

    def __repr__(self) -> str:
        return f"<Keyring of {len(self._fernets)}>"

    def seal(self, text: str, place: str) -> str:
        """Seal `text` for `place`; twice the same text gives two different seals."""
        inner = json.dumps([place, text]).encode()
        return MARK + self._all.encrypt(inner).decode("ascii")

    def unseal(self, sealed: str, place: str) -> str:
        """Open what was sealed for `place`; raises `Unreadable` for anything else."""
        try:
            found_place, text = json.loads(self._all.decrypt(_token(sealed, place)))
        except (InvalidToken, ValueError, TypeError):
            raise Unreadable(place) from None
        if found_place != place or not isinstance(text, str):
            raise Unreadable(place)
        return text

    def rotate(self, sealed: str, place: str) -> str:
        """The same secret sealed with the newest key; unchanged when it already is."""
        if not self.is_stale(sealed, place):
            return sealed
        return self.seal(self.unseal(sealed, place), place)

    def is_stale(self, sealed: str, place: str) -> bool:
        """Whether an older key than the first sealed it. Raises `Unreadable` when no key opens it."""
        try:
            self._fernets[0].decrypt(_token(sealed, place))
        except InvalidToken:
            self.unseal(sealed, place)
            return True
        return False


def _token(sealed: str, place: str) -> bytes:
    if not isinstance(sealed, str) or not sealed.startswith(MARK) or not sealed.isascii():
        raise Unreadable(place)
    return sealed.removeprefix(MARK).encode("ascii")


def _fernet_key(key: str) -> bytes:
    try:
        if len(base64.urlsafe_b64decode(key)) == 32:
            return key.encode("ascii")
    except (binascii.Error, ValueError):
        pass
    stretched = HKDF(algorithm=SHA256(), length=32, salt=SALT, info=b"fernet").derive(key.encode())
    return base64.urlsafe_b64encode(stretched)


@functools.lru_cache(maxsize=4)
def _keyring_of(keys: tuple[str, ...]) -> Keyring:
    return Keyring(keys)


def keyring() -> Keyring:
    """The keyring of this installation, from the setting `BOOKING_SECRETS_KEYS` (newest first)."""
    from django.conf import settings

    return _keyring_of(tuple(settings.BOOKING_SECRETS_KEYS))


def seal(text: str, place: str) -> str:
    """`Keyring.seal` with this installation's keys."""
    return keyring().seal(text, place)


def unseal(sealed: str, place: str) -> str:
    """`Keyring.unseal` with this installation's keys; raises `Unreadable`."""
    return keyring().unseal(sealed, place)


def rotate(sealed: str, place: str) -> str:
    """`Keyring.rotate` with this installation's keys; raises `Unreadable`."""
    return keyring().rotate(sealed, place)


def is_stale(sealed: str, place: str) -> bool:
    """`Keyring.is_stale` with this installation's keys; raises `Unreadable`."""
    return keyring().is_stale(sealed, place)
