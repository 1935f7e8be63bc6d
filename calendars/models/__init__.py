"""Connected accounts, their calendars, what was read and what is to be written."""

from calendars.models.account import Account
from calendars.models.calendar import Calendar
from calendars.models.channel import Channel
from calendars.models.log import LogEntry
from calendars.models.oauth_client import OAuthClient
from calendars.models.reading import Busy, Item, Status
from calendars.models.write import Write

__all__ = ["Account", "Busy", "Calendar", "Channel", "Item", "LogEntry", "OAuthClient", "Status", "Write"]
