"""Google on loopback: consent, tokens, calendars, events and notices, by the rules of the real thing.

`with GoogleFake() as fake:` runs it; tests change its world from outside through the methods of `GoogleFake`.
"""

from tests.fakes.google.faults import Fault
from tests.fakes.google.oauth import CALENDAR_LIST, EVENTS
from tests.fakes.google.server import GoogleFake

__all__ = ["CALENDAR_LIST", "EVENTS", "Fault", "GoogleFake"]
