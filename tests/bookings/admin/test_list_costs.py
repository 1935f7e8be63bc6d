"""No list of the admin costs a query per row (H4)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookingsite.models import User
from tests.bookings.admin.conftest import START
from tests.factories.everything import make_everything, our_models

pytestmark = pytest.mark.django_db


def cost(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200, path
    return len(queries)


@pytest.mark.promise("H4")
def test_every_list_costs_the_same_for_one_row_and_for_three(as_operator, mine, now):
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in our_models()
    ]
    for path in lists:
        cost(as_operator, path)  # content types are cached by the first look
    of_one = {path: cost(as_operator, path) for path in lists}

    for name in ("carl", "dora"):
        person = User.objects.create_user(f"{name}@example.org", slug=name, name=name)
        make_everything(person, now=now, start=START)

    assert {path: cost(as_operator, path) for path in lists} == of_one
