#!/usr/bin/env python
"""Runs the product's commands: `manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Hand over to Django, with the product's settings unless told otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bookingsite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
