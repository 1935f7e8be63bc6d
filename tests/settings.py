"""The product's settings with an environment that does not depend on the machine."""

import os
import tempfile

os.environ.update(
    BOOKING_READ_ENV_FILES="false",
    DEBUG="false",
    SECRET_KEY="tests-" + "k" * 50,
    BOOKING_SECRETS_KEYS="tests-secrets-key",
    SITE_URL="http://testserver",
    VAR_DIR=os.environ.get("TEST_VAR_DIR") or tempfile.mkdtemp(prefix="bookingsite-tests-"),
    OUTBOUND_ALLOW="127.0.0.0/8",
    DEFAULT_ZONE="Europe/Berlin",
    LANGUAGE_CODE="en",
    LOG_LEVEL="WARNING",
)
os.environ.pop("REDIS_URL", None)
if os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
else:
    os.environ.pop("DATABASE_URL", None)

from bookingsite.settings import *  # noqa: F403
from bookingsite.settings import MIDDLEWARE as _MIDDLEWARE

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
OUTBOUND_PORTS: list[int] = []  # any port: the real servers of the tests listen where there is room
MIDDLEWARE = [name for name in _MIDDLEWARE if "whitenoise" not in name]
WHITENOISE_USE_FINDERS = True
