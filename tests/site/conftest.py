"""Browsers of the people who use the site."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from bookingsite.models import User

PASSWORD = "correct horse battery"  # of every person in tests/conftest.py


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests(db: None) -> None:
    """Sign-in tries are counted in the cache."""
    cache.clear()


@pytest.fixture
def guest() -> Client:
    """A browser that has never been here, and checks CSRF tokens as a real one meets them."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def signed_in(host: User) -> Client:
    """Anna's browser."""
    EmailAddress.objects.create(user=host, email=host.email, verified=True, primary=True)
    client = Client()
    client.force_login(host)
    return client


@pytest.fixture
def operator_client(operator: User) -> Client:
    """Olga's browser."""
    client = Client()
    client.force_login(operator)
    return client
