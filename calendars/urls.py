"""Addresses below `settings/integrations/`."""

from django.urls import path

from calendars.models import OAuthClient
from calendars.views import clients, connect, consent, feed, integrations, log, settings

app_name = "calendars"
urlpatterns = [
    path("", integrations.integrations, name="integrations"),
    path("choose/", integrations.choose, name="choose"),
    path("connect/", connect.connect, name="connect"),
    path("connect/icloud/", connect.connect_icloud, name="connect_icloud"),
    path("connect/caldav/", connect.connect_caldav, name="connect_caldav"),
    path("connect/feed/", feed.connect_feed, name="connect_feed"),
    path("<int:account_id>/", settings.account, name="account"),
    path("<int:account_id>/refresh/", integrations.refresh, name="refresh"),
    path("<int:account_id>/reconnect/", connect.reconnect, name="reconnect"),
    path("<int:account_id>/disconnect/", connect.disconnect, name="disconnect"),
    path("<int:account_id>/write-again/", integrations.write_again, name="write_again"),
    path("<int:account_id>/log/", log.log, name="log"),
    path("<int:account_id>/log/switch/", log.switch, name="log_switch"),
    path("<int:account_id>/log/download/", log.download, name="log_download"),
    path("<int:account_id>/log/clear/", log.clear, name="log_clear"),
    path("calendars/<int:calendar_id>/", settings.calendar, name="calendar"),
]
for key in OAuthClient.Provider.values:
    provider = {"provider": key}
    urlpatterns += [
        path(f"connect/{key}/", consent.begin, provider, name=f"connect_{key}"),
        path(f"callback/{key}/", consent.callback, provider, name=f"callback_{key}"),
        path(f"client/{key}/", clients.own, provider, name=f"client_{key}"),
        path(f"client/{key}/delete/", clients.delete, provider, name=f"delete_client_{key}"),
    ]
