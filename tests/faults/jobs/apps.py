"""Registers the kind, in every process of the site under test."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "tests.faults.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tests.faults.jobs import tasks  # noqa: F401
