"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name, its support address, and whether this is a development machine."""
    return {"site_name": settings.SITE_NAME, "support_email": settings.SUPPORT_EMAIL, "is_development": settings.DEBUG}
