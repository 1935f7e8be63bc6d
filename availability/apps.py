"""When someone can be booked."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AvailabilityConfig(AppConfig):
    """Hours, time off and the slot engine."""

    name = "availability"
    verbose_name = _("Availability")
