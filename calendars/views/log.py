"""The debug log of one account (C10): switch it, look at it, take it along, clear it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bookingsite.lib import clock
from calendars.log import export, keeping, listing, recording, words
from calendars.models import Account
from calendars.views.own import account_or_404

FORMATS = {"csv": ("text/csv", export.csv_rows), "text": ("text/plain", export.text_rows)}
LARGEST_ID = 2**63 - 1


@login_required
@require_safe
def log(request: HttpRequest, account_id: int) -> HttpResponse:
    """The newest entries that pass the filter; the address keeps the filter."""
    account = account_or_404(request, account_id)
    form = _filter(request, account)
    is_valid = form.is_valid()
    page = listing.page_of(listing.matching(account, form.cleaned_data), _before(request))
    context = {
        "account": account,
        "is_on": recording.is_on(account, clock.now()),
        "stays_days": keeping.STAYS.days,
        "form": form,
        "rows": [words.row(entry, account.provider) for entry in page.entries],
        "older": page.older,
        "is_first_page": _before(request) is None,
        "is_filtered": any(form.cleaned_data.values()),
        "kept": _kept(request),
    }
    return render(request, "calendars/log.html", context, status=200 if is_valid else 400)


def _filter(request: HttpRequest, account: Account) -> listing.LogFilter:
    return listing.LogFilter(request.GET, calendars=listing.calendars_in(account))


def _before(request: HttpRequest) -> int | None:
    """The entry before which the page begins; None for the first page and for what is no id."""
    told = request.GET.get("before", "")
    is_id = told.isascii() and told.isdigit() and len(told) < 20
    return min(int(told), LARGEST_ID) if is_id else None


def _kept(request: HttpRequest) -> str:
    """The filter as a query string, for links to older entries and to files."""
    fields = listing.LogFilter.base_fields
    return urlencode({name: request.GET[name] for name in fields if request.GET.get(name)})


@login_required
@require_safe
def download(request: HttpRequest, account_id: int) -> HttpResponseBase:
    """Everything that passes the filter, as a file; a filter that is wrong filters nothing."""
    account = account_or_404(request, account_id)
    form = _filter(request, account)
    form.is_valid()
    kind = "text" if request.GET.get("format") == "text" else "csv"
    content_type, rows_of = FORMATS[kind]
    entries = listing.matching(account, form.cleaned_data).iterator(chunk_size=500)
    response = StreamingHttpResponse(rows_of(entries), content_type=f"{content_type}; charset=utf-8")
    name = f"debug-log-{account.pk}-{clock.now():%Y-%m-%d}.{'txt' if kind == 'text' else 'csv'}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def switch(request: HttpRequest, account_id: int) -> HttpResponse:
    """Switch the log on for a week, or off."""
    account = account_or_404(request, account_id)
    if request.POST.get("on"):
        keeping.switch_on(account, clock.now())
        messages.success(request, _("The debug log is on. It ends by itself in a week."))
    else:
        keeping.switch_off(account, clock.now())
        messages.success(request, _("The debug log is off. Its entries are deleted in a week."))
    return redirect("calendars:log", account.pk)


@login_required
@require_POST
def clear(request: HttpRequest, account_id: int) -> HttpResponse:
    """Delete every entry."""
    account = account_or_404(request, account_id)
    count = keeping.clear(account)
    text = ngettext("%(count)d entry was deleted.", "%(count)d entries were deleted.", count)
    messages.success(request, text % {"count": count})
    return redirect("calendars:log", account.pk)
