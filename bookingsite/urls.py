"""Every address of the site. The hosts' own links come last; `bookingsite.reserved` keeps them apart."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
