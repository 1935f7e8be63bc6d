"""The people of the tests."""

from __future__ import annotations

from bookingsite.models import User

PASSWORD = "correct horse battery"


def anna() -> User:
    """A host in Berlin."""
    return User.objects.create_user(
        "anna@example.org", PASSWORD, name="Anna Berg", slug="anna", zone="Europe/Berlin"
    )


def ben() -> User:
    """Another host, who must never see Anna's things."""
    return User.objects.create_user(
        "ben@example.org", PASSWORD, name="Ben Cole", slug="ben", zone="America/New_York"
    )


def olga() -> User:
    """The person who runs the site."""
    return User.objects.create_superuser("olga@example.org", PASSWORD, name="Olga", slug="olga")
