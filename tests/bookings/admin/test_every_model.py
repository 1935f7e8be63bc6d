"""Every model is in the admin: searchable, filterable, and each host sees their own (H4)."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import pytest
import time_machine
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.bookings.admin.conftest import START
from tests.factories import people
from tests.factories.browsers import browser_with, session_of
from tests.factories.everything import make_everything, our_models

pytestmark = pytest.mark.django_db
OPERATORS_ONLY = {"heartbeat", "tick", "canary"}
every_model = pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)


@dataclass(frozen=True)
class House:
    """One row of everything of each host, and everybody's sessions."""

    mine: dict[str, Model]
    theirs: dict[str, Model]
    staff: str
    other: str
    operator: str


@pytest.fixture(scope="module")
def house(module_rows, now) -> House:
    """Made once: no test changes it, and what a test changes in the database is undone after it."""
    with module_rows(), time_machine.travel(now, tick=False):
        staff, other = people.anna(), people.ben()
        staff.is_staff = True
        staff.save()
        return House(
            mine=make_everything(staff, now=now, start=START),
            theirs=make_everything(other, now=now, start=START),
            staff=session_of(staff), other=session_of(other), operator=session_of(people.olga()),
        )  # fmt: skip


@pytest.fixture
def mine(house: House) -> dict[str, Model]:
    """Anna's rows."""
    return deepcopy(house.mine)


@pytest.fixture
def theirs(house: House) -> dict[str, Model]:
    """Ben's rows."""
    return deepcopy(house.theirs)


@pytest.fixture
def as_operator(house: House) -> Client:
    """The operator's browser."""
    return browser_with(house.operator)


@pytest.fixture
def as_staff(house: House) -> Client:
    """Anna's browser; she may use the admin."""
    return browser_with(house.staff)


def page_of(model: type[Model], name: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def key(model: type[Model]) -> str:
    assert model._meta.model_name
    return model._meta.model_name


@pytest.mark.promise("H4")
@every_model
def test_the_model_is_registered_with_search_and_filters(model):
    registered = admin.site._registry[model]

    assert registered.search_fields, "nothing to search by"
    assert registered.list_filter, "nothing to filter by"


@pytest.mark.promise("H4")
@every_model
def test_the_operator_sees_everybodys_rows_and_opens_each(model, as_operator, mine, theirs):
    answer = as_operator.get(page_of(model))

    shown = {row.pk for row in answer.context["cl"].queryset}
    assert answer.status_code == 200
    assert {mine[key(model)].pk, theirs[key(model)].pk} <= shown
    assert as_operator.get(page_of(model, "change", mine[key(model)].pk)).status_code == 200


@pytest.mark.promise("H4")
@every_model
def test_search_and_every_filter_work(model, as_operator, mine, theirs):
    listed = as_operator.get(page_of(model), {"q": "anna"})
    changelist = listed.context["cl"]

    assert listed.status_code == 200
    assert as_operator.get(page_of(model), {"q": "no such thing"}).context["cl"].result_count == 0
    for spec in as_operator.get(page_of(model)).context["cl"].filter_specs:
        for choice in list(spec.choices(changelist))[:3]:
            assert as_operator.get(page_of(model) + choice["query_string"]).status_code == 200


@pytest.mark.promise("H4")
@every_model
def test_a_host_sees_only_their_own_rows(model, as_staff, mine, theirs):
    answer = as_staff.get(page_of(model))

    if key(model) in OPERATORS_ONLY:
        assert answer.status_code == 403
        return
    shown = {row.pk for row in answer.context["cl"].queryset}
    assert mine[key(model)].pk in shown
    assert theirs[key(model)].pk not in shown


@pytest.mark.promise("H4")
@every_model
@pytest.mark.parametrize("name", ["change", "delete", "history"])
def test_another_hosts_row_is_not_there(model, name, as_staff, mine, theirs):
    row = theirs[key(model)]
    before = model._default_manager.filter(pk=row.pk).values().get()

    shown = as_staff.get(page_of(model, name, row.pk))
    posted = as_staff.post(page_of(model, name, row.pk), {"post": "yes", "name": "x", "title": "x"})

    assert {shown.status_code, posted.status_code} <= {302, 403, 404, 405}
    assert model._default_manager.filter(pk=row.pk).values().get() == before


@pytest.mark.promise("H4")
@every_model
def test_a_host_without_admin_access_is_sent_to_sign_in(model, house):
    answer = browser_with(house.other).get(page_of(model))

    assert answer.status_code == 302
    assert answer.url.startswith("/admin/login/")


@pytest.mark.promise("H4")
@pytest.mark.parametrize(
    "lookup",
    ["host__password__startswith=m", "booking__host__password=x", "owner__password__startswith=m", "x__y=2"],
)
@pytest.mark.parametrize("path", ["bookings/booking", "bookings/guest", "calendars/account"])
def test_fields_cannot_be_asked_through_the_address(as_staff, mine, path, lookup):
    assert as_staff.get(f"/admin/{path}/?{lookup}").status_code in {302, 400}


@pytest.mark.promise("H4")
def test_sealed_secrets_are_shown_to_nobody(as_operator, mine):
    account = mine["account"]
    account.seal_secret("open sesame")
    account.save()

    for path in (
        f"/admin/calendars/account/{account.pk}/change/",
        f"/admin/bookingsite/canary/{mine['canary'].pk}/change/",
    ):
        answer = as_operator.get(path)
        assert answer.status_code == 200
        assert account.sealed_secret not in answer.text
        assert "sealed-text" not in answer.text
