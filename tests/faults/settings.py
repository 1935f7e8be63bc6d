"""The product's settings plus the tiny kind of work; the environment comes from the proof."""

from bookingsite.settings import *  # noqa: F403
from bookingsite.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.faults.jobs"]
