"""Which entries a page or a file shows: filters, and pages that follow each other by the newest entry not shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from calendars.log.recording import JOB_ENDED, LEFT_OUT
from calendars.models import Account, LogEntry

PER_PAGE = 100
WORKED = Q(result__startswith="2") | Q(result__startswith="3") | Q(verb=LEFT_OUT)
"""An answer that did what was asked, or led on; everything else failed."""


class LogFilter(forms.Form):
    """Which entries are shown. What is wrong is said, and filters nothing."""

    q = forms.CharField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Target, request or result")}),
    )
    calendar = forms.ChoiceField(label=_("Calendar"), required=False)
    job = forms.ChoiceField(label=_("Work"), required=False, choices=[("", _("All")), *LogEntry.Job.choices])
    result = forms.ChoiceField(
        label=_("Result"),
        required=False,
        choices=[("", _("All")), ("ok", _("worked")), ("failed", _("failed"))],
    )

    def __init__(self, *args: Any, calendars: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["calendar"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All")), *((name, name) for name in calendars)]


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; `older` is what the next page is asked with, None on the last one."""

    entries: list[LogEntry]
    older: int | None


def calendars_in(account: Account) -> list[str]:
    """The names of calendars that the log speaks of. One query."""
    named = LogEntry.objects.filter(account=account).exclude(calendar="").order_by("calendar")
    return list(named.values_list("calendar", flat=True).distinct())


def matching(account: Account, wanted: dict[str, Any]) -> QuerySet[LogEntry]:
    """The account's entries that pass a filter's cleaned data, newest first."""
    rows = LogEntry.objects.filter(account=account).order_by("-pk")
    for name in ("calendar", "job"):
        if wanted.get(name):
            rows = rows.filter(**{name: wanted[name]})
    if wanted.get("result"):
        rows = rows.filter(WORKED if wanted["result"] == "ok" else ~WORKED)
    if words := wanted.get("q"):
        named = Q(target__icontains=words) | Q(request_id__icontains=words)
        rows = rows.filter(named | Q(verb__iexact=words) | Q(result__iexact=words))
    return rows


def page_of(rows: QuerySet[LogEntry], before: int | None) -> Page:
    """The newest entries, or those before an entry. One query; later pages cost what the first one does."""
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PER_PAGE + 1])
    shown = found[:PER_PAGE]
    return Page(shown, older=shown[-1].pk if len(found) > PER_PAGE else None)


def is_about_a_job(entry: LogEntry) -> bool:
    """Whether the entry speaks of a whole job, not of one request."""
    return entry.verb == JOB_ENDED
