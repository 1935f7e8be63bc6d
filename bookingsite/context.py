"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """The site's name and support address, whether anybody may sign up, and whether this is a development machine."""
    return {
        "site_name": settings.SITE_NAME,
        "support_email": settings.SUPPORT_EMAIL,
        "sign_up_open": settings.SIGN_UP_OPEN,
        "is_development": settings.DEBUG,
    }
