"""Google Calendar (C2): consent, reading with sync tokens, writing with ids of our own, notices."""

from calendars.providers.google.oauth import GoogleOAuth

__all__ = ["GoogleOAuth"]
