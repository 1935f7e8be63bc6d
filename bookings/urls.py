"""Pages of bookings: the host's own, the guests' by link, and last the public links of hosts and events."""

from django.urls import path

from bookings.views import book, event_page, event_types, feed, guest, offer, outside, own

urlpatterns = [
    path("bookings/", own.bookings, name="bookings"),
    path("bookings/<slug:public_id>/", own.booking, name="booking"),
    path("bookings/<slug:public_id>/cancel/", own.cancel, name="booking_cancel"),
    path("bookings/<slug:public_id>/reschedule/", own.reschedule, name="booking_reschedule"),
    path("bookings/<slug:public_id>/calendar/", outside.answer_change, name="booking_change"),
    path("bookings/<slug:public_id>/collision/", outside.let_be, name="booking_collision"),
    path("bookings/<slug:public_id>/offer/", outside.offer, name="booking_offer"),
    path("event-types/", event_types.event_types, name="event_types"),
    path("event-types/new/", event_types.new, name="event_type_new"),
    path("event-types/<int:pk>/", event_types.edit, name="event_type"),
    path("event-types/<int:pk>/switch/", event_types.switch, name="event_type_switch"),
    path("event-types/<int:pk>/delete/", event_types.delete, name="event_type_delete"),
    path("event-types/<int:pk>/why-not/", event_types.why_not, name="event_type_why_not"),
    path("b/offer/<str:offer>/", offer.guest_offer, name="guest_offer"),
    path("b/<str:token>/", guest.guest_booking, name="guest_booking"),
    path("b/<str:token>/cancel/", guest.guest_cancel, name="guest_cancel"),
    path("b/<str:token>/reschedule/", guest.guest_reschedule, name="guest_reschedule"),
    path("b/<str:token>/invite.ics", guest.guest_invitation, name="guest_invitation"),
    path("settings/feed/", feed.own_feed, name="own_feed"),
    path("settings/feed/renew/", feed.renew, name="feed_renew"),
    path("settings/feed/off/", feed.switch_off, name="feed_off"),
    path("feeds/<str:token>.ics", feed.feed, name="feed"),
    path("<slug:host>/", event_page.host_page, name="host"),
    path("<slug:host>/<slug:event>/", event_page.event_page, name="event"),
    path("<slug:host>/<slug:event>/book/", book.book, name="book"),
]
