"""News from the calendars; `bookings.receivers` listens.

All are sent inside the transaction that stores the change they speak of, so that what a receiver
notes is kept or lost together with it. Receivers write rows and nudge; they never go out to the network.
"""

from dataclasses import dataclass

from django.dispatch import Signal

own_event_changed = Signal()
"""One of our own events was changed outside (C16).

`calendar` (Calendar), `uid` (str), `change` ("moved" or "deleted"), `start` and `end` (aware UTC,
None when deleted), `now` (aware UTC: when the reading began).
"""

own_events_in_place = Signal()
"""Events of our own were read and lie where we wrote them, perhaps again (C16).

`calendar` (Calendar), `uids` (list of str), `now` (aware UTC).
"""

blocks_changed = Signal()
"""Busy times appeared or changed in a blocking calendar, or count from now on by the host's choice (C20).

`calendar` (Calendar), `spans` (list of `(start_s, end_s)`: those that block now and did not before), `now` (aware UTC).
"""

account_failing = Signal()
"""An account needs its owner: at once when a password no longer works, otherwise after the account's trust
limit; again after 1, 3 and 7 days. `account` (Account), `code` (str, see `calendars.wording`), `now` (aware UTC).
"""

account_recovered = Signal()
"""An account whose owner was told of its trouble works again. `account` (Account), `since` (aware UTC: when the
trouble began, as in `account_failing`'s account), `now` (aware UTC).
"""

calendar_lost = Signal()
"""A calendar became read-only or vanished at its provider: bookings no longer go into it.

`calendar` (Calendar), `code` ("became_read_only" or "vanished"), `received` (bool: it was the chosen one for
bookings), `now` (aware UTC).
"""

dependants_asked = Signal()
"""What depends on accounts? `accounts` (list of Account with their calendars prefetched, all of one owner).

A receiver returns a dict from account id to `Dependants`.
"""

bookings_asked = Signal()
"""Which of these UIDs are bookings of this owner, cancelled ones included? `owner_id` (int), `uids` (set of str).

A receiver returns a collection of UIDs.
"""

write_failing = Signal()
"""An event of a booking needs its owner: its calendar refuses it (told at once, tried again rarely), or it
could not be written for three days and was given up. The booking stands.

`write` (Write, with `calendar` and its account), `code` (str, see `calendars.wording`), `now` (aware UTC).
"""

meeting_link_made = Signal()
"""The provider made the link of a meeting that was asked for together with an event (C2, C3).

`write` (Write), `url` (str), `now` (aware UTC).
"""


@dataclass(frozen=True, slots=True)
class Dependants:
    """Names of what depends on an account: whose `times` its calendars close, whose `bookings` go into it."""

    times: tuple[str, ...] = ()
    bookings: tuple[str, ...] = ()
