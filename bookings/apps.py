"""What is bookable, by whom, and what happened."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingsConfig(AppConfig):
    """Event types, bookings, messages; listens to what the calendars report."""

    name = "bookings"
    verbose_name = _("Bookings")

    def ready(self) -> None:
        """Connect receivers and the database backstop, and let the worker do this app's work."""
        from bookings import backstop, receivers, tasks  # noqa: F401
