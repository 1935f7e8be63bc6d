"""News from the calendars; `bookings.receivers` listens.

All are sent inside the transaction that stores the change they speak of, so that what a receiver
notes is kept or lost together with it. Receivers write rows and nudge; they never go out to the network.
"""

from django.dispatch import Signal

own_event_changed = Signal()
"""One of our own events was changed outside (C16).

`calendar` (Calendar), `uid` (str), `change` ("moved" or "deleted"), `start` and `end` (aware UTC,
None when deleted).
"""

blocks_changed = Signal()
"""Busy times appeared or changed in a blocking calendar (C20).

`calendar` (Calendar), `spans` (list of `(start_s, end_s)`: those that block now and did not before).
"""

account_failing = Signal()
"""An account needs its owner: at once when a password no longer works, otherwise after the account's trust
limit; again after 1, 3 and 7 days. `account` (Account), `code` (str, see `calendars.wording`), `now` (aware UTC).
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
