"""Every address of the site. The hosts' own links come last; `bookingsite.reserved` keeps them apart."""

from django.contrib import admin
from django.urls import include, path

from bookingsite import confirming, dev_mail, dev_style, health, root_files, views

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", root_files.robots, name="robots"),
    path("favicon.ico", root_files.favicon, name="favicon"),
    path("", views.front, name="front"),
    path("language/", views.choose_language, name="choose_language"),
    path("home/", views.home, name="home"),
    path("settings/", views.settings_index, name="settings"),
    path("settings/profile/", views.profile, name="profile"),
    path("dev/style/", dev_style.style, name="dev_style"),
    path("dev/mail/", dev_mail.inbox, name="dev_mail"),
    path("dev/mail/<str:name>/", dev_mail.show, name="dev_mail_show"),
    path("dev/mail/<str:name>/html/", dev_mail.show_html, name="dev_mail_html"),
    path("dev/mail/<str:name>/<int:number>/", dev_mail.show_part, name="dev_mail_part"),
    path("media/people/<str:name>", views.picture, name="picture"),
    path("admin/", admin.site.urls),
    path("accounts/confirm-email/again/", confirming.send_again, name="send_confirmation_again"),
    path("accounts/", include("allauth.urls")),
    path("settings/integrations/", include("calendars.urls")),
    path("hooks/", include("calendars.notice_urls")),
    path("availability/", include("availability.urls")),
    path("", include("bookings.urls")),
]
