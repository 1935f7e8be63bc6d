"""The site itself: people and what everything else stands on."""

from django.apps import AppConfig


class BookingsiteConfig(AppConfig):
    """Registers the system checks and the site's own background work."""

    name = "bookingsite"

    def ready(self) -> None:
        """Import for the side effect: both register themselves."""
        from bookingsite import checks, upkeep  # noqa: F401
