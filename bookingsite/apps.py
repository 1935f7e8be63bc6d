"""The site itself: people and what everything else stands on."""

from django.apps import AppConfig


class BookingsiteConfig(AppConfig):
    """Registers the system checks."""

    name = "bookingsite"

    def ready(self) -> None:
        """Import for the side effect: checks register themselves."""
        from bookingsite import checks  # noqa: F401
