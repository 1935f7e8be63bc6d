"""How hosts want an account treated, and which events of a calendar close their time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from calendars.models import Account, Calendar
from calendars.models.account import LONGEST_TRUST
from calendars.providers import registry

if TYPE_CHECKING:
    AccountModelForm = forms.ModelForm[Account]
    CalendarModelForm = forms.ModelForm[Calendar]
else:
    AccountModelForm = CalendarModelForm = forms.ModelForm

Text = str | Promise
INTERVALS = (5, 10, 15, 30, 60)
ONLY_WHERE_WRITTEN = ("moved_outside", "delete_cancelled")

UNREAD = (
    (
        Account.Unread.TRUST,
        _("The last known copy for some hours, then no free times. Short outages go unnoticed."),
    ),
    (
        Account.Unread.WITHHOLD,
        _(
            "No free times, at once. Nobody can book over what is new in your calendar, but every outage of the "
            "provider closes your page."
        ),
    ),
    (
        Account.Unread.IGNORE,
        _(
            "The last known copy, for ever. Guests can always book, but what is new in your calendar closes "
            "nothing: you may be booked twice."
        ),
    ),
)
"""What guests see while a calendar cannot be read, each with what it brings and costs."""


MOVED_OUTSIDE = (
    (Account.MovedOutside.ASK, _("Ask me what is to become of the booking")),
    (Account.MovedOutside.FOLLOW, _("Move or cancel the booking, and tell the guest")),
    (Account.MovedOutside.PUT_BACK, _("Put the event back")),
)


class AccountForm(AccountModelForm):
    """How an account is called and treated (C9, C16, C19)."""

    class Meta:
        model = Account
        fields: ClassVar[list[str]] = [
            "label",
            "unread",
            "trust_hours",
            "strict",
            "moved_outside",
            "delete_cancelled",
        ]
        labels: ClassVar[dict[str, Any]] = {"label": _("Name on this page")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unread"] = forms.ChoiceField(
            label=_("While one of its calendars cannot be read, guests see"),
            choices=UNREAD,
            widget=forms.RadioSelect,
            help_text=_("A calendar that was never read offers no times, whatever you choose."),
        )
        self.fields["trust_hours"] = forms.IntegerField(
            label=_("The last known copy counts for (hours)"),
            min_value=1,
            max_value=LONGEST_TRUST,
            help_text=_("After so long without reading no times are offered. At most a week: 168 hours."),
        )
        self.fields["strict"].label = _("Refuse bookings when a calendar does not answer at that moment")
        self.fields["strict"].help_text = _(
            "When somebody books, your calendars are asked once more, for three seconds at the most. Off: the last "
            "known copy counts, and the booking is marked until they have been read again."
        )
        self.fields["moved_outside"].widget = forms.RadioSelect(choices=MOVED_OUTSIDE)
        if not _is_written(self.instance.provider):
            for name in ONLY_WHERE_WRITTEN:
                del self.fields[name]


def _is_written(provider: str) -> bool:
    return provider not in registry.KINDS or registry.KINDS[provider].capabilities.writes


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of what blocks: a kind of event, and a switch or a fixed answer.

    `answer` is what always holds, or what holds unless the host changes it.
    """

    kind: Text
    answer: Text
    field: forms.BoundField | None = None


ALWAYS = pgettext_lazy("event blocks", "always")
NEVER = pgettext_lazy("event blocks", "never")
BLOCKS = pgettext_lazy("event", "blocks")
OPEN = pgettext_lazy("event", "does not block")
AS_IT_SAYS = pgettext_lazy("event", "as the event says")
SWITCHES: tuple[tuple[str, Text, Text], ...] = (
    ("tentative_blocks", _("Tentative"), OPEN),
    ("elsewhere_blocks", _("Working elsewhere"), BLOCKS),
    ("out_of_office_blocks", _("Out of office"), BLOCKS),
    ("unanswered_blocks", _("An invitation that you have not answered: counts by its status"), AS_IT_SAYS),
    ("all_day", _("A whole day"), AS_IT_SAYS),
)


class SwitchesForm(CalendarModelForm):
    """Which events of a calendar close your time (C13, C14)."""

    interval_minutes = forms.TypedChoiceField(
        label=_("Look for changes every"),
        coerce=int,
        choices=lambda: [
            (minutes, gettext("%(minutes)d minutes") % {"minutes": minutes}) for minutes in INTERVALS
        ],
    )

    class Meta:
        model = Calendar
        fields: ClassVar[list[str]] = [*(name for name, _kind, _usual in SWITCHES), "interval_minutes"]

    def rows(self) -> Iterator[Row]:
        """The whole table: what is fixed and what the host decides."""
        yield Row(_("Busy, or without a word about it"), ALWAYS)
        yield Row(_("Free"), NEVER)
        yield Row(_("Cancelled, or declined by you"), NEVER)
        if self.instance.account.provider == "google":
            yield Row(_("Where you work that day (Google's working location)"), NEVER)
        for name, kind, usual in SWITCHES:
            yield Row(kind, usual, self[name])
