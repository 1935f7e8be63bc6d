"""Connected accounts, their calendars, what was read and what is to be written."""

from calendars.models.account import Account
from calendars.models.calendar import Calendar
from calendars.models.reading import Busy, Item, Status
from calendars.models.write import Write

__all__ = ["Account", "Busy", "Calendar", "Item", "Status", "Write"]
