"""Secrets at rest open only with the right key, in the right place, unchanged."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from bookingsite.lib import secrets
from bookingsite.lib.secrets import Keyring, Unreadable

OLD, NEW = "an old pass phrase", Fernet.generate_key().decode()
PLACE = "account:17:password"


@pytest.mark.parametrize("key", [OLD, NEW], ids=["pass phrase", "Fernet key"])
def test_seal_opens_in_its_place(key: str) -> None:
    sealed = Keyring([key]).seal("pässword, with “quotes”", PLACE)

    assert Keyring([key]).unseal(sealed, PLACE) == "pässword, with “quotes”"
    assert sealed[:3] == "s1:"


def test_seal_twice_gives_two_forms() -> None:
    ring = Keyring([NEW])

    assert ring.seal("same", PLACE) != ring.seal("same", PLACE)


def _tampered(sealed: str) -> str:
    middle = len(sealed) // 2
    return sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(Keyring([NEW]).seal("x", "account:18:password"), id="moved from another row"),
        pytest.param(Keyring([NEW]).seal("x", "account:17:token"), id="moved from another field"),
        pytest.param("hunter2", id="planted text"),
        pytest.param("s1:hunter2", id="planted text with the mark"),
        pytest.param("s1:жжж", id="not even ascii"),
        pytest.param("", id="empty"),
        pytest.param(Keyring(["another"]).seal("x", PLACE), id="other key"),
        pytest.param(_tampered(Keyring([NEW]).seal("x", PLACE)), id="tampered"),
        pytest.param("s1:" + Fernet(NEW).encrypt(b'"x"').decode(), id="right key, wrong inside"),
        pytest.param("s1:" + Fernet(NEW).encrypt(b"[1]").decode(), id="right key, short inside"),
    ],
)
def test_unseal_refuses(found: str) -> None:
    with pytest.raises(Unreadable) as caught:
        Keyring([NEW]).unseal(found, PLACE)

    assert str(caught.value) == "the secret of account:17:password cannot be read"


def test_rotation_reads_old_until_it_is_rotated() -> None:
    sealed = Keyring([OLD]).seal("secret", PLACE)
    both = Keyring([NEW, OLD])

    rotated = both.rotate(sealed, PLACE)

    assert both.is_stale(sealed, PLACE)
    assert not both.is_stale(rotated, PLACE)
    assert Keyring([NEW]).unseal(rotated, PLACE) == "secret"
    assert both.rotate(rotated, PLACE) == rotated


def test_is_stale_with_no_key_that_opens_it() -> None:
    sealed = Keyring(["lost"]).seal("secret", PLACE)

    with pytest.raises(Unreadable):
        Keyring([NEW, OLD]).is_stale(sealed, PLACE)


def test_keyring_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="no key"):
        Keyring(["", " "])


def test_keyring_repr_shows_no_key() -> None:
    assert repr(Keyring([OLD, NEW])) == "<Keyring of 2>"


def test_module_functions_use_the_keys_of_the_settings(settings: Any) -> None:
    settings.BOOKING_SECRETS_KEYS = [OLD]
    sealed = secrets.seal("secret", PLACE)
    settings.BOOKING_SECRETS_KEYS = [NEW, OLD]

    rotated = secrets.rotate(sealed, PLACE)

    assert secrets.unseal(rotated, PLACE) == "secret"
    assert [secrets.is_stale(one, PLACE) for one in (sealed, rotated)] == [True, False]
