"""Addresses of the availability pages, below `/availability/`."""

from django.urls import path

from availability.views import closing, dates, overview, schedules

app_name = "availability"
urlpatterns = [
    path("", overview.index, name="index"),
    path("start/", overview.start, name="start"),
    path("schedules/new/", schedules.new, name="new_schedule"),
    path("schedules/<int:pk>/", schedules.edit, name="schedule"),
    path("schedules/<int:pk>/default/", schedules.make_default, name="make_default"),
    path("schedules/<int:pk>/delete/", schedules.delete, name="delete_schedule"),
    path("schedules/<int:pk>/dates/new/", dates.new, name="new_date"),
    path("schedules/<int:pk>/dates/<str:day>/", dates.edit, name="date"),
    path("schedules/<int:pk>/dates/<str:day>/delete/", dates.delete, name="delete_date"),
    path("time-off/new/", closing.new_time_off, name="new_time_off"),
    path("time-off/<int:pk>/", closing.edit_time_off, name="time_off"),
    path("time-off/<int:pk>/delete/", closing.delete_time_off, name="delete_time_off"),
    path("closing-rules/new/", closing.new_rule, name="new_rule"),
    path("closing-rules/weekends/", closing.close_weekends, name="close_weekends"),
    path("closing-rules/<int:pk>/", closing.edit_rule, name="rule"),
    path("closing-rules/<int:pk>/delete/", closing.delete_rule, name="delete_rule"),
]
