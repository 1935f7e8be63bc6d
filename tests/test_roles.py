"""Who reaches what: every address of the site, for every role, with real objects of one host.

A row is an address, the status of GET for each role, and that of an empty POST. The roles are: a stranger, a guest
(both without a session; the guest has the booking's link, the stranger a wrong one), another host, an operator, and the
host whose objects they are. `in` is the way to the sign-in page, `go` a redirect elsewhere. What is not yours is not
there: 404, also for operators, who have the admin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.http import HttpResponse

from bookingsite.models import User
from tests.factories import people
from tests.factories.browsers import browser_with, session_of
from tests.factories.everything import make_everything
from tests.site_walk import path_of, routes, token_of

pytestmark = pytest.mark.django_db
START = datetime(2027, 3, 2, 9, tzinfo=UTC)

TABLE = r"""
healthz                                                  :: 200 200 200 200 200 | 405 405 405 405 405
readyz                                                   :: 503 503 503 503 503 | 405 405 405 405 405
-                                                        :: 200 200 200 200 200 | 405 405 405 405 405
robots.txt                                               :: 200 200 200 200 200 | 405 405 405 405 405
favicon.ico                                              :: go  go  go  go  go  | 405 405 405 405 405
language/                                                :: 405 405 405 405 405 | go  go  go  go  go
home/                                                    :: in  in  200 200 200 | in  in  405 405 405
settings/                                                :: in  in  200 200 200 | in  in  405 405 405
settings/profile/                                        :: in  in  200 200 200 | in  in  200 200 200
dev/style/                                               :: 404 404 404 404 404 | 404 404 404 404 404
dev/mail/                                                :: 404 404 404 404 404 | 404 404 404 404 404
dev/mail/<str:name>/                                     :: 404 404 404 404 404 | 404 404 404 404 404
dev/mail/<str:name>/html/                                :: 404 404 404 404 404 | 404 404 404 404 404
dev/mail/<str:name>/<int:number>/                        :: 404 404 404 404 404 | 404 404 404 404 404
media/people/<str:name>                                  :: 404 404 404 404 404 | 405 405 405 405 405
accounts/login/                                          :: 200 200 go  go  go  | 200 200 go  go  go
accounts/logout/                                         :: go  go  200 200 200 | go  go  go  go  go
accounts/inactive/                                       :: 200 200 200 200 200 | 405 405 405 405 405
accounts/signup/                                         :: 200 200 go  go  go  | 200 200 go  go  go
accounts/reauthenticate/                                 :: in  in  200 200 200 | in  in  200 200 200
accounts/email/                                          :: in  in  200 200 200 | in  in  go  go  go
accounts/confirm-email/                                  :: 200 200 200 200 200 | 405 405 405 405 405
accounts/confirm-email/again/                            :: 405 405 405 405 405 | go  go  go  go  go
accounts/password/change/                                :: in  in  200 200 200 | in  in  200 200 200
accounts/password/set/                                   :: in  in  go  go  go  | in  in  go  go  go
accounts/password/reset/                                 :: 200 200 200 200 200 | 200 200 200 200 200
accounts/login/code/confirm/                             :: go  go  go  go  go  | go  go  go  go  go
accounts/^confirm-email/(?P<key>[-:\w]+)/$               :: 200 200 200 200 200 | 404 404 404 404 404
accounts/password/reset/key/done/                        :: 200 200 200 200 200 | 405 405 405 405 405
accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$ :: 200 200 200 200 200 | 200 200 200 200 200
accounts/password/reset/done/                            :: 200 200 200 200 200 | 405 405 405 405 405
accounts/2fa/                                            :: in  in  200 200 200 | in  in  405 405 405
accounts/2fa/authenticate/                               :: go  go  go  go  go  | go  go  go  go  go
accounts/2fa/reauthenticate/                             :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/totp/activate/                              :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/totp/deactivate/                            :: in  in  404 404 404 | in  in  404 404 404
accounts/2fa/recovery-codes/                             :: in  in  404 404 404 | in  in  405 405 405
accounts/2fa/recovery-codes/generate/                    :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/recovery-codes/download/                    :: in  in  404 404 404 | in  in  404 404 404
accounts/2fa/webauthn/                                   :: in  in  200 200 200 | in  in  405 405 405
accounts/2fa/webauthn/add/                               :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/webauthn/reauthenticate/                    :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/webauthn/keys/<int:pk>/remove/              :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/webauthn/keys/<int:pk>/edit/                :: in  in  go  go  go  | in  in  go  go  go
accounts/2fa/webauthn/login/                             :: go  go  go  go  go  | go  go  go  go  go
accounts/3rdparty/login/cancelled/                       :: 200 200 200 200 200 | 405 405 405 405 405
accounts/3rdparty/login/error/                           :: 401 401 401 401 401 | 405 405 405 405 405
accounts/3rdparty/signup/                                :: go  go  go  go  go  | go  go  go  go  go
accounts/3rdparty/                                       :: in  in  200 200 200 | in  in  200 200 200
accounts/social/login/cancelled/                         :: go  go  go  go  go  | go  go  go  go  go
accounts/social/login/error/                             :: go  go  go  go  go  | go  go  go  go  go
accounts/social/signup/                                  :: go  go  go  go  go  | go  go  go  go  go
accounts/social/connections/                             :: go  go  go  go  go  | go  go  go  go  go
accounts/google/login/                                   :: 404 404 404 404 404 | 404 404 404 404 404
accounts/google/login/callback/                          :: 404 404 404 404 404 | 404 404 404 404 404
accounts/google/login/token/                             :: 404 404 404 404 404 | 404 404 404 404 404
accounts/microsoft/login/                                :: 404 404 404 404 404 | 404 404 404 404 404
accounts/microsoft/login/callback/                       :: 404 404 404 404 404 | 404 404 404 404 404
hooks/google/                                            :: 405 405 405 405 405 | 404 404 404 404 404
hooks/microsoft/                                         :: 405 405 405 405 405 | 400 400 400 400 400
settings/integrations/                                   :: in  in  200 200 200 | in  in  405 405 405
settings/integrations/choose/                            :: in  in  405 405 405 | in  in  go  go  go
settings/integrations/connect/                           :: in  in  200 200 200 | in  in  405 405 405
settings/integrations/connect/icloud/                    :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/connect/caldav/                    :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/connect/feed/                      :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/connect/google/                    :: in  in  200 200 200 | in  in  422 422 200
settings/integrations/connect/microsoft/                 :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/callback/google/                   :: in  in  go  go  go  | 405 405 405 405 405
settings/integrations/callback/microsoft/                :: in  in  go  go  go  | 405 405 405 405 405
settings/integrations/client/google/                     :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/client/google/delete/              :: in  in  404 404 200 | in  in  404 404 go
settings/integrations/client/microsoft/                  :: in  in  200 200 200 | in  in  422 422 422
settings/integrations/client/microsoft/delete/           :: in  in  404 404 404 | in  in  404 404 404
settings/integrations/<int:account_id>/                  :: in  in  404 404 200 | in  in  404 404 422
settings/integrations/<int:account_id>/refresh/          :: in  in  405 405 405 | in  in  404 404 go
settings/integrations/<int:account_id>/reconnect/        :: in  in  404 404 200 | in  in  404 404 422
settings/integrations/<int:account_id>/disconnect/       :: in  in  404 404 200 | in  in  404 404 422
settings/integrations/<int:account_id>/write-again/      :: in  in  405 405 405 | in  in  404 404 go
settings/integrations/<int:account_id>/log/              :: in  in  404 404 200 | in  in  405 405 405
settings/integrations/<int:account_id>/log/switch/       :: in  in  405 405 405 | in  in  404 404 go
settings/integrations/<int:account_id>/log/download/     :: in  in  404 404 200 | in  in  405 405 405
settings/integrations/<int:account_id>/log/clear/        :: in  in  405 405 405 | in  in  404 404 go
settings/integrations/calendars/<int:calendar_id>/       :: in  in  404 404 200 | in  in  404 404 422
availability/                                            :: in  in  200 200 200 | in  in  405 405 405
availability/start/                                      :: in  in  405 405 405 | in  in  go  go  go
availability/schedules/new/                              :: in  in  200 200 200 | in  in  200 200 200
availability/schedules/<int:pk>/                         :: in  in  404 404 200 | in  in  404 404 200
availability/schedules/<int:pk>/default/                 :: in  in  405 405 405 | in  in  404 404 go
availability/schedules/<int:pk>/delete/                  :: in  in  404 404 200 | in  in  404 404 go
availability/schedules/<int:pk>/dates/new/               :: in  in  404 404 200 | in  in  404 404 200
availability/schedules/<int:pk>/dates/<str:day>/         :: in  in  404 404 200 | in  in  404 404 200
availability/schedules/<int:pk>/dates/<str:day>/delete/  :: in  in  404 404 200 | in  in  404 404 go
availability/time-off/new/                               :: in  in  200 200 200 | in  in  200 200 200
availability/time-off/<int:pk>/                          :: in  in  404 404 200 | in  in  404 404 200
availability/time-off/<int:pk>/delete/                   :: in  in  404 404 200 | in  in  404 404 go
availability/closing-rules/new/                          :: in  in  200 200 200 | in  in  200 200 200
availability/closing-rules/weekends/                     :: in  in  405 405 405 | in  in  go  go  go
availability/closing-rules/<int:pk>/                     :: in  in  404 404 200 | in  in  404 404 200
availability/closing-rules/<int:pk>/delete/              :: in  in  404 404 200 | in  in  404 404 go
bookings/                                                :: in  in  200 200 200 | in  in  405 405 405
bookings/<slug:public_id>/                               :: in  in  404 404 200 | in  in  405 405 405
bookings/<slug:public_id>/cancel/                        :: in  in  404 404 200 | in  in  404 404 go
bookings/<slug:public_id>/reschedule/                    :: in  in  404 404 200 | in  in  404 404 400
bookings/<slug:public_id>/calendar/                      :: in  in  405 405 405 | in  in  404 404 go
bookings/<slug:public_id>/collision/                     :: in  in  405 405 405 | in  in  404 404 go
bookings/<slug:public_id>/offer/                         :: in  in  404 404 200 | in  in  404 404 422
event-types/                                             :: in  in  200 200 200 | in  in  405 405 405
event-types/new/                                         :: in  in  200 200 200 | in  in  400 400 400
event-types/<int:pk>/                                    :: in  in  404 404 200 | in  in  404 404 400
event-types/<int:pk>/switch/                             :: in  in  405 405 405 | in  in  404 404 go
event-types/<int:pk>/delete/                             :: in  in  404 404 200 | in  in  404 404 go
event-types/<int:pk>/why-not/                            :: in  in  404 404 200 | in  in  405 405 405
b/offer/<str:offer>/                                     :: 200 200 200 200 200 | 400 400 400 400 400
b/<str:token>/                                           :: 404 200 404 404 404 | 405 405 405 405 405
b/<str:token>/cancel/                                    :: 404 200 404 404 404 | 404 400 404 404 404
b/<str:token>/reschedule/                                :: 404 200 404 404 404 | 404 400 404 404 404
b/<str:token>/invite.ics                                 :: 404 200 404 404 404 | 405 405 405 405 405
settings/feed/                                           :: in  in  200 200 200 | in  in  422 422 422
settings/feed/renew/                                     :: in  in  405 405 405 | in  in  go  go  go
settings/feed/off/                                       :: in  in  405 405 405 | in  in  go  go  go
feeds/<str:token>.ics                                    :: 404 404 404 404 404 | 405 405 405 405 405
<slug:host>/                                             :: 200 200 200 200 200 | 405 405 405 405 405
<slug:host>/<slug:event>/                                :: 200 200 200 200 200 | 405 405 405 405 405
<slug:host>/<slug:event>/book/                           :: go  go  go  go  go  | go  go  go  go  go
"""

ADMIN = """
availability/closingrule       :: 200 200 200 200 200 | 200 200 200 200 200
availability/datehours         :: 200 200 200 200 200 | 200 200 200 200 200
availability/schedule          :: 200 200 200 200 200 | 200 200 200 200 200
availability/timeoff           :: 200 200 200 200 200 | 200 200 200 200 200
availability/weeklyhours       :: 200 200 200 200 200 | 200 200 200 200 200
bookings/booking               :: 200 200 200 403 200 | 200 200 200 403 200
bookings/claim                 :: 200 403 200 403 200 | 200 403 200 403 200
bookings/eventtype             :: 200 200 200 200 200 | 200 200 200 200 200
bookings/feedlink              :: 200 403 200 200 200 | 200 403 200 200 200
bookings/guest                 :: 200 403 200 403 200 | 200 403 200 403 200
bookings/historyentry          :: 200 403 200 403 200 | 200 403 200 403 200
bookings/collision             :: 200 403 200 403 200 | 200 403 200 403 200
bookings/moveoffer             :: 200 403 200 403 200 | 200 403 200 403 200
bookings/outsidechange         :: 200 403 200 403 200 | 200 403 200 403 200
bookings/message               :: 200 403 200 403 200 | 200 403 200 403 200
bookings/notice                :: 200 403 200 403 200 | 200 403 200 200 200
bookings/resource              :: 200 403 200 403 200 | 200 403 200 403 200
bookingsite/canary             :: 403 403 403 403 403 | 200 403 200 403 200
bookingsite/heartbeat          :: 403 403 403 403 403 | 200 403 200 403 200
bookingsite/tick               :: 403 403 403 403 403 | 200 403 200 403 200
bookingsite/user               :: 200 403 200 403 200 | 200 200 200 200 200
calendars/account              :: 200 403 200 200 200 | 200 403 200 200 200
calendars/busy                 :: 200 403 200 403 200 | 200 403 200 403 200
calendars/calendar             :: 200 403 200 403 200 | 200 403 200 200 200
calendars/logentry             :: 200 403 200 403 200 | 200 403 200 403 200
calendars/channel              :: 200 403 200 403 200 | 200 403 200 403 200
calendars/item                 :: 200 403 200 403 200 | 200 403 200 403 200
calendars/oauthclient          :: 200 403 200 403 200 | 200 200 200 200 200
calendars/write                :: 200 403 200 403 200 | 200 403 200 403 200
account/emailaddress           :: 403 403 403 403 go | 200 200 go go go
auth/group                     :: 403 403 403 403 go | 200 200 go go go
mfa/authenticator              :: 403 403 403 403 go | 200 403 go go go
socialaccount/socialaccount    :: 403 403 403 403 go | 200 200 go go go
"""


def rows_of(table: str) -> dict[str, list[list[str]]]:
    """The address and its columns of statuses; an address that is empty is written `-`."""
    found = {}
    for line in table.strip().splitlines():
        route, *statuses = (part.split() for part in line.replace(" :: ", " | ").split(" | "))
        found["" if route == ["-"] else route[0]] = statuses
    return found


SITE_ROWS, ADMIN_ROWS = rows_of(TABLE), rows_of(ADMIN)
ADMIN_PAGES = ("", "add/", "{}/change/", "{}/delete/", "{}/history/")


@dataclass(frozen=True)
class House:
    """Everybody with their sessions, and one row of everything, Anna's."""

    theirs: dict[str, Any]
    host: str
    other: str
    operator: str


@pytest.fixture(scope="module")
def house(module_rows, now) -> House:
    """Made once: no test changes it, and what a test changes in the database is undone after it."""
    with module_rows(), time_machine.travel(now, tick=False):
        host = people.anna()
        theirs = make_everything(host, now=now, start=START)
        return House(
            theirs=theirs,
            host=session_of(host),
            other=session_of(people.ben()),
            operator=session_of(people.olga()),
        )


@pytest.fixture(autouse=True)
def _stopped_clock(now: datetime) -> Iterator[None]:
    with time_machine.travel(now, tick=False):
        yield


def told(answer: HttpResponse) -> str:
    if answer.status_code not in {301, 302, 303}:
        return str(answer.status_code)
    return "in" if "/login/?next=" in answer["Location"] else "go"


def ask(session: str | None, method: str, path: str) -> str:
    """The answer to a browser of its own: no question changes what the next one is told."""
    before = transaction.savepoint()
    answer = told(getattr(browser_with(session), method)(path))
    transaction.savepoint_rollback(before)
    return answer


@pytest.mark.promise("H4")
def test_every_address_is_in_the_table():
    missing = [route for route in routes() if not route.startswith("admin/") and route not in SITE_ROWS]

    assert missing == []


@pytest.mark.promise("H4")
def test_the_table_has_no_address_that_is_gone():
    assert sorted(SITE_ROWS.keys() - set(routes())) == []


@pytest.mark.promise("H4")
@pytest.mark.parametrize("route", SITE_ROWS)
def test_each_role_gets_what_the_table_says(route, house):
    wrong, right = (path_of(route, house.theirs, token=token) for token in ("wrong", token_of(house.theirs)))
    roles = [(None, wrong), (None, right), (house.other, wrong), (house.operator, wrong), (house.host, wrong)]

    shown = [ask(person, "get", path) for person, path in roles]
    posted = [ask(person, "post", path) for person, path in roles]

    assert [shown, posted] == SITE_ROWS[route]


@pytest.mark.promise("H4")
def test_every_model_of_the_admin_is_in_its_table():
    models = {
        "/".join(route.split("/")[1:3]) for route in routes() if route.endswith("<path:object_id>/change/")
    }

    assert sorted(models) == sorted(ADMIN_ROWS)


@pytest.mark.promise("H4")
@pytest.mark.parametrize("model", ADMIN_ROWS)
def test_each_role_gets_in_the_admin_what_its_table_says(model, house):
    row = house.theirs.get(model.split("/")[1])
    paths = [f"/admin/{model}/{page.format(row.pk if row else 0)}" for page in ADMIN_PAGES]
    User.objects.filter(pk=house.theirs["user"].pk).update(is_staff=True)

    assert [[ask(person, "get", path) for path in paths] for person in (house.host, house.operator)] == (
        ADMIN_ROWS[model]
    )
    for person in (None, house.other):
        assert [ask(person, "get", path) for path in paths] == ["in"] * len(paths)


@pytest.mark.parametrize("route", [route for route, (_, posted) in SITE_ROWS.items() if posted[0] == "in"])
def test_a_post_without_its_form_token_does_nothing(route, house):
    browser = browser_with(house.host, enforce_csrf_checks=True)

    answer = browser.post(path_of(route, house.theirs, token="wrong"))

    assert answer.status_code == (403 if SITE_ROWS[route][1][4] != "405" else answer.status_code)
    assert answer.status_code in {403, 405}
