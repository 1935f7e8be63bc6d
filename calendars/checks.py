"""System checks of calendars: settings with which tokens would travel openly.

Run at every start. Sentences here are for the operator and, like Django's own checks, in English.
"""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from calendars.oauth import addresses


@register()
def check_provider_addresses(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """calendars.E001: secrets and tokens go to https addresses alone."""
    return [
        Error(
            f"{setting} must be a whole https address, it is {value!r}.",
            hint="Plain http is taken on this machine (127.0.0.1) only, and with DEBUG=true only.",
            id="calendars.E001",
        )
        for setting, value in addresses.unusable()
    ]
