"""What changes at the provider for longer than a moment: grants, cursors, calendars, rights; and who is told."""

from __future__ import annotations

from typing import Any

import pytest

from bookingsite import leases
from calendars.models import Calendar
from calendars.oauth.tokens import StoredTokens
from calendars.sync import pull
from calendars.sync.connection import guard_policy
from tests.calendars.weather.conftest import CONSENTED, KINDS, WRITERS
from tests.calendars.weather.scene import GONE, NOT_WRITABLE, Scene
from tests.calendars.weather.worlds import seal
from tests.fakes.caldav_faults import Answer, dav_error
from tests.fakes.line import Spoil

pytestmark = pytest.mark.django_db


def meanwhile(act: Any) -> Spoil:
    """The answer as it is, and something happens behind it."""

    def spoil(answer: Answer) -> Answer:
        act()
        return answer

    return spoil


def two_news(scene: Scene) -> None:
    """So much that it takes two pages."""
    scene.world.short_pages()
    scene.world.put(scene.at(12))
    scene.world.put(scene.at(13))


@pytest.mark.promise("C2", "C3")
@pytest.mark.parametrize("provider", CONSENTED)
def test_access_that_ends_in_mid_paging_is_renewed(scene: Scene) -> None:
    known = scene.known()
    two_news(scene)
    scene.world.line.spoil(meanwhile(scene.world.expire_access), times=1, after=True)

    scene.read()

    assert scene.closed_since(known) == [12, 13]
    assert scene.is_well()


@pytest.mark.promise("C2", "C3", "C9")
@pytest.mark.parametrize("provider", CONSENTED)
def test_grant_that_is_revoked_in_mid_paging_asks_for_a_new_one(scene: Scene) -> None:
    known = scene.known()
    two_news(scene)
    scene.world.line.spoil(meanwhile(scene.world.revoke), times=1, after=True)

    row = scene.read()

    assert (row.error, row.account.status) == ("access_revoked", "reconnect")
    assert (scene.told(), scene.known()) == ([scene.sentence("access_revoked")], known)
    seal(scene.world)
    scene.read(due=True)
    assert scene.closed_since(known) == [12, 13]
    assert scene.is_well()


JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html"}


@pytest.mark.promise("C2", "C3", "C9")
@pytest.mark.parametrize("provider", CONSENTED)
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 503, "body": b"{}", "headers": JSON}, "server_failed"),
        ({"status": 429, "body": b"{}", "headers": {**JSON, "Retry-After": "1800"}}, "rate_limited"),
        ({"drop": True}, "unreachable"),
        ({"body": b"<!doctype html>", "headers": HTML}, "server_failed"),
        ({"body": b'{"access_tok', "headers": JSON}, "server_failed"),
        ({"body": b'{"access_token": "x"}', "headers": JSON, "cut": True}, "server_failed"),
    ],
    ids=["503", "429", "hung up", "page for people", "unreadable", "truncated"],
)
def test_bad_weather_while_access_is_renewed_is_no_end_of_the_grant(
    scene: Scene, fault: dict[str, Any], code: str
) -> None:
    known = scene.known()
    scene.world.put(scene.at(12))
    scene.world.expire_access()
    scene.world.fail_renewal(fault)

    row = scene.read()

    assert (row.error, row.account.status, scene.told()) == (code, "retrying", [scene.sentence(code)])
    assert scene.known() == known
    scene.read(due=True)
    assert scene.closed_since(known) == [12]
    assert scene.is_well()


@pytest.mark.promise("C2", "C3")
@pytest.mark.parametrize("provider", CONSENTED)
def test_two_workers_whose_token_was_refused_renew_it_once(scene: Scene) -> None:
    account = scene.row().account
    workers = [StoredTokens(account, guard_policy(deadline=5)) for _ in range(2)]
    refused = workers[0].access()
    scene.world.expire_access()

    first, second = [worker.access(rejected=refused) for worker in workers]

    assert (first == second, first == refused) == (True, False)


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", WRITERS)
def test_cursor_that_the_server_forgot_costs_a_comparison_and_no_time(scene: Scene) -> None:
    known = scene.known()
    if scene.world.kind == "caldav":
        forgotten = dav_error(403, "d:valid-sync-token")
        scene.world.line.spoil(lambda answer: forgotten, match="^REPORT", times=1)
    else:
        scene.world.lose_cursors()
    scene.world.put(scene.at(12))

    row = scene.read()

    assert scene.closed_since(known) == [12]
    assert (row.last_full_at, row.cursor != known.cursor) == (scene.now, True)
    assert scene.is_well()


@pytest.mark.promise("C9", "C12")
@pytest.mark.parametrize("provider", WRITERS)
def test_calendar_that_was_deleted_closes_what_it_closed_and_may_come_back(scene: Scene) -> None:
    known = scene.known()
    put_back = scene.world.lose_calendar()

    row = scene.read()

    assert (row.error, row.vanished_at) == ("not_found", scene.now)
    assert (scene.told(), scene.known()) == ([scene.sentence("not_found"), scene.named(GONE)], known)
    put_back()
    scene.world.put(scene.at(12))
    scene.read(due=True)
    assert scene.closed_since(known) == [12]
    assert scene.is_well()


@pytest.mark.promise("C9", "C18")
@pytest.mark.parametrize("provider", CONSENTED)
def test_calendar_that_may_only_be_read_blocks_on_and_waits_for_the_right_to_write(scene: Scene) -> None:
    known = scene.known()
    scene.world.lock(True)
    scene.world.put(scene.at(12))
    scene.want(scene.wish(14))

    written = scene.write()
    row = scene.compare()

    assert (written.is_settled, written.error) == (False, "permission_denied")
    assert (row.writable, row.receives, row.blocks) == (False, False, True)
    assert (scene.closed_since(known), scene.told()) == ([12], [scene.named(NOT_WRITABLE)])
    scene.world.lock(False)
    assert scene.write(due=True).is_settled
    row = scene.compare()
    assert (row.writable, scene.world.ours(), scene.told()) == (True, [scene.at(14)], [])


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", KINDS)
def test_renamed_calendar_keeps_its_choices_and_is_read_on(scene: Scene) -> None:
    known, before = scene.known(), scene.row()
    scene.world.rename("Practice")
    scene.world.put(scene.at(12))

    row = scene.compare()

    # A feed is called what its host called it.
    name = before.account.label if scene.world.kind == "ics" else "Practice"
    assert (row.name, row.blocks, row.receives) == (name, before.blocks, before.receives)
    assert scene.closed_since(known) == [12]
    assert scene.is_well()


@pytest.mark.promise("C12")
@pytest.mark.parametrize("provider", KINDS)
def test_two_workers_read_one_calendar(scene: Scene) -> None:
    """While one has it no other asks; one that overslept its lease changes nothing any more."""
    known = scene.known()
    scene.world.put(scene.at(12))
    Calendar.objects.update(run_at=scene.now)
    [asleep] = leases.claim(pull.due_calendars(), now=scene.now, lease_for=pull.LEASE)
    asked = len(scene.world.line.asked)
    scene.read(due=False, wake=False)
    assert (len(scene.world.line.asked), scene.known().items) == (asked, known.items)

    scene.now += 2 * pull.LEASE
    scene.read(due=False, wake=False)
    after = scene.known()
    scene.world.put(scene.at(13))
    with pytest.raises(leases.LeaseLost):
        pull.read(asleep, scene.now)

    assert (scene.closed_since(known), scene.known()) == ([12], after)
