"""Google Calendar (C2): consent, reading with sync tokens, writing with ids of our own, notices."""

from calendars.providers.google.oauth import GoogleOAuth
from calendars.providers.google.provider import GoogleProvider

__all__ = ["GoogleOAuth", "GoogleProvider"]
