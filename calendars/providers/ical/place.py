"""Coordinates of an event: Apple's structured location first, then GEO (RFC 5545, 3.8.1.6), else none."""

import re

_APPLE = re.compile(r"geo:(-?\d{1,3}(?:\.\d{1,20})?)\\?,(-?\d{1,3}(?:\.\d{1,20})?)", re.IGNORECASE | re.ASCII)
# Some senders write a comma or an escaped semicolon between the two numbers.
_GEO = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*\\?[;,]\s*(-?\d{1,3}(?:\.\d{1,20})?)\s*", re.ASCII)


def coordinates(structured: str, geo: str) -> tuple[float, float] | None:
    """Return (latitude, longitude) in degrees; ``None`` for nothing usable, out of range, or the null
    island."""
    match = _APPLE.match(structured) or _GEO.fullmatch(geo)
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0.0, 0.0):
        return None
    return latitude, longitude
