"""What every test may use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from bookingsite.models import User
from tests.factories import people

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what may touch the test database. Nothing else can: pytest-django refuses it."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(fixtures):
            item.add_marker("database")


@pytest.fixture(scope="session")
def now() -> datetime:
    """A quiet Monday morning, 2027-03-01 08:00 UTC (09:00 in Berlin)."""
    return datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def host(db: None) -> User:
    """A host in Berlin."""
    return people.anna()


@pytest.fixture
def other_host(db: None) -> User:
    """Another host, who must never see Anna's things."""
    return people.ben()


@pytest.fixture
def operator(db: None) -> User:
    """The person who runs the site."""
    return people.olga()


@pytest.fixture(scope="module")
def module_rows(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A transaction around all tests of a module: rows made `with module_rows():` are there for each of them.

    What a test changes in them is gone after that test. Only for module-scoped fixtures; their Python objects
    are shared too, so hand out copies.
    """
    around = transaction.atomic()
    around._from_testcase = True  # as in Django's TestCase: durable blocks may be opened within
    with django_db_blocker.unblock():
        around.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
