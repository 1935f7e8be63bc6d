#!/usr/bin/env python
"""Runs the product's commands: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Hand over to Django, with the product's settings unless told otherwise.

    Settings that are missing or wrong end in one sentence, not in a traceback.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookingsite.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads the settings, which read the environment
    except ImproperlyConfigured as problem:
        sys.exit(f"The settings are not complete. {problem}")
    except ValueError as problem:  # a number that is none, an address that is none
        sys.exit(f"A setting in the environment cannot be read: {problem}. See .env.example.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
