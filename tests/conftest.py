"""What every test may use."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bookingsite.models import User


@pytest.fixture
def now() -> datetime:
    """A quiet Monday morning, 2027-03-01 08:00 UTC (09:00 in Berlin)."""
    return datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def host(db: None) -> User:
    """A host in Berlin."""
    return User.objects.create_user(
        "anna@example.org", "correct horse battery", name="Anna Berg", slug="anna", zone="Europe/Berlin"
    )


@pytest.fixture
def other_host(db: None) -> User:
    """Another host, who must never see Anna's things."""
    return User.objects.create_user(
        "ben@example.org", "correct horse battery", name="Ben Cole", slug="ben", zone="America/New_York"
    )


@pytest.fixture
def operator(db: None) -> User:
    """The person who runs the site."""
    return User.objects.create_superuser(
        "olga@example.org", "correct horse battery", name="Olga", slug="olga"
    )
