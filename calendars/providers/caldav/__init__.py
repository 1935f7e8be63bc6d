"""CalDAV servers, iCloud among them. Pure: no Django."""

from calendars.providers.caldav.presets import ICLOUD_URL, PRESETS, Preset, looks_like_app_password, preset
from calendars.providers.caldav.provider import CalDavProvider, ICloudProvider

__all__ = [
    "ICLOUD_URL",
    "PRESETS",
    "CalDavProvider",
    "ICloudProvider",
    "Preset",
    "looks_like_app_password",
    "preset",
]
