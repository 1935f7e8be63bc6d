"""What happened to bookings in the hosts' own calendars: changed events, colliding events, and the ways out."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from bookings.models.booking import Booking
from bookingsite.lib import clock
from bookingsite.models import new_public_id
from calendars.models import Calendar


class OutsideChange(models.Model):
    """The event of a booking was moved or deleted in the calendar: a question to the host (C16).

    At most one is open for a booking; a newer change replaces what it says.
    """

    class Change(models.TextChoices):
        MOVED = "moved", _("moved")
        DELETED = "deleted", _("deleted")

    class State(models.TextChoices):
        OPEN = "open", _("waiting for an answer")
        FOLLOWED = "followed", _("the booking followed")
        PUT_BACK = "put_back", _("the event was put back")
        GONE = "gone", _("settled by itself")

    class Refusal(models.TextChoices):
        TAKEN = "taken", _("another booking is at that time")
        PAST = "past", _("that time has passed")
        SHAPE = "shape", _("it takes whole days, or no time at all")
        MANY = "many", _("many events were deleted at once")
        SHIFTED = "shifted", _("many events were moved at once")
        ELSEWHERE = "elsewhere", _("the event is in another calendar")
        AGAIN = "again", _("it was moved or deleted again and again")

    booking = models.ForeignKey(
        Booking, models.CASCADE, related_name="outside_changes", verbose_name=_("booking")
    )
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="+", verbose_name=_("calendar"))
    change = models.CharField(_("change"), max_length=8, choices=Change)
    start = models.DateTimeField(_("start there"), null=True, blank=True)
    end = models.DateTimeField(_("end there"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    refusal = models.CharField(
        _("why it was not answered by itself"),
        max_length=10,
        choices=Refusal,
        blank=True,
        help_text=_("The account's setting could not be followed, so the host is asked."),
    )
    noted_at = models.DateTimeField(_("noted"), default=clock.now)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("change in the calendar")
        verbose_name_plural = _("changes in the calendar")
        ordering = ["-noted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(state="open"), name="one_open_outside_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.booking_id}"


class Collision(models.Model):
    """An outside event lies over a booking that was there first (C20). One row per booking and event's time.

    The event's title is not kept here; the owner's pages read it from the calendar's copy.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the host")
        DISMISSED = "dismissed", _("the host lets it be")
        SOLVED = "solved", _("solved")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="collisions", verbose_name=_("booking"))
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="+", verbose_name=_("calendar"))
    start = models.DateTimeField(_("start"))
    end = models.DateTimeField(_("end"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    noted_at = models.DateTimeField(_("noted"), default=clock.now)

    class Meta:
        verbose_name = _("collision")
        verbose_name_plural = _("collisions")
        ordering = ["-noted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "calendar", "start", "end"], name="collision_noted_once"
            ),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="collision_is_a_span"),
        ]
        indexes = [models.Index(fields=["state", "booking"], name="collisions_by_state")]

    def __str__(self) -> str:
        return f"{self.booking_id}: {self.start:%Y-%m-%d %H:%M}"


class MoveOffer(models.Model):
    """New times that the host proposes to the guest, who takes one with a click (C20).

    `starts` are instants in ISO 8601 (UTC), best first. The link holds `token`; GET shows, POST takes one.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waiting for the guest")
        TAKEN = "taken", _("taken")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")

    booking = models.ForeignKey(
        Booking, models.CASCADE, related_name="move_offers", verbose_name=_("booking")
    )
    token = models.CharField(max_length=64, unique=True, default=new_public_id, editable=False)
    starts = models.JSONField(_("proposed times"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    made_at = models.DateTimeField(_("proposed"), default=clock.now)
    expires_at = models.DateTimeField(_("expires"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("proposed move")
        verbose_name_plural = _("proposed moves")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=Q(state="open"), name="one_open_move_offer")
        ]

    def __str__(self) -> str:
        return f"{self.booking_id}: {len(self.starts)}"
