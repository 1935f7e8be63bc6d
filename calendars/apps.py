"""Connected calendar accounts and what is in them."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CalendarsConfig(AppConfig):
    """Accounts, calendars, busy times and outgoing events."""

    name = "calendars"
    verbose_name = _("Calendars")

    def ready(self) -> None:
        """Import for the side effect: checks, receivers and the kinds of background work register themselves."""
        from calendars import checks, receivers, tasks  # noqa: F401
