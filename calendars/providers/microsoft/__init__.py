"""Microsoft 365 and Outlook.com: calendars through Graph, consent through Entra ID."""

from calendars.providers.microsoft.oauth import MicrosoftOAuth
from calendars.providers.microsoft.provider import MicrosoftProvider

__all__ = ["MicrosoftOAuth", "MicrosoftProvider"]
