"""Addresses below `hooks/`, where providers send their notices; `calendars.sync.channels.address` names them."""

from django.urls import path

from calendars.views import notices

urlpatterns = [
    path("google/", notices.google, name="google_notices"),
    path("microsoft/", notices.microsoft, name="microsoft_notices"),
]
