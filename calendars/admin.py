"""Calendars in the admin: operators see all, hosts their own; secrets are never shown (H4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookingsite import leases, work
from bookingsite.lib import clock
from bookingsite.scoped_admin import ScopedAdmin, ScopedTabularInline
from calendars import client_admin, closing, connecting  # noqa: F401 the first registers itself
from calendars.models import Account, Busy, Calendar, Channel, Item, LogEntry, Write
from calendars.oauth import leaving
from calendars.providers import registry
from calendars.sync import push


class ProviderFilter(admin.AllValuesFieldListFilter):
    """The kinds of accounts there are, by the names people know them by."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """As they are stored, under their titles."""
        for choice in super().choices(changelist):
            yield {**choice, "display": registry.title(str(choice["display"]))}


class _ChangedFieldsAdmin(ScopedAdmin):
    """Saves what was changed on the page and nothing else: workers write the other fields meanwhile."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Nothing here is added by hand, so there is always a row to update."""
        obj.save(update_fields=form.changed_data)


class CalendarInline(ScopedTabularInline):
    """The calendars of an account, to look at."""

    model = Calendar
    owner_path = "owner"
    fields = ("name", "blocks", "receives", "writable", "last_ok_at", "error")
    readonly_fields = fields
    extra = 0
    can_delete = False
    show_change_link = True
    host_may_add = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Calendars come from the provider."""
        return False


@admin.register(Account)
class AccountAdmin(_ChangedFieldsAdmin):
    """Connected accounts. They are connected on the integrations page, where the password is checked."""

    list_display = ("label", "owner", "kind", "status", "error", "last_ok_at", "failing_since")
    list_filter = ("status", ("provider", ProviderFilter), "error")
    search_fields = ("label", "username", "base_url", "owner__email", "owner__name")
    list_select_related = ("owner",)
    fields = (
        "label",
        "owner",
        "kind",
        "base_url",
        "username",
        "client_id",
        "status",
        "error",
        "failures",
        "failing_since",
        "owner_told_at",
        "last_ok_at",
        "connected_at",
        "closing_at",
        "unread",
        "trust_hours",
        "strict",
        "moved_outside",
        "delete_cancelled",
    )
    readonly_fields = (
        "owner",
        "kind",
        "base_url",
        "username",
        "client_id",
        "status",
        "error",
        "failures",
        "failing_since",
        "owner_told_at",
        "last_ok_at",
        "connected_at",
        "closing_at",
    )
    inlines = (CalendarInline,)
    actions = ("read_now",)
    host_may_add = False
    delete_confirmation_template = "admin/calendars/account/disconnect.html"
    delete_selected_confirmation_template = "admin/calendars/account/disconnect_selected.html"

    @admin.display(description=_("provider"), ordering="provider")
    def kind(self, obj: Account) -> str:
        """What its provider is called."""
        return registry.title(obj.provider)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Accounts are connected on the integrations page only."""
        return False

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The accounts alone: what hangs on them is thousands of rows of the sync's own."""
        names = [str(account) for account in objs]
        return names, {self.opts.verbose_name_plural: len(names)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Account) -> None:
        """Disconnect, so that no event of ours stays behind; what is being disconnected goes at once.

        The admin deletes in a transaction: what takes leave of a provider is left to the worker.
        """
        if obj.closing_at and not leaving.is_needed(obj):
            closing.forget(obj)
        else:
            connecting.disconnect(obj, remove_events=not obj.closing_at, now=clock.now(), here=False)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Each as if it were deleted by itself."""
        for account in queryset:
            self.delete_model(request, account)

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        """Say what happened: the account may live on until our events are out of its calendars."""
        text = _("%(account)s was disconnected.") % {"account": obj_display}
        self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:calendars_account_changelist")

    @admin.action(description=_("Read the calendars of these accounts now"))
    def read_now(self, request: HttpRequest, queryset: QuerySet[Account]) -> None:
        """Make every calendar of the chosen accounts due."""
        count = leases.wake(Calendar.objects.filter(account__in=queryset), clock.now())
        work.nudge()
        text = ngettext("%(count)d calendar is being read.", "%(count)d calendars are being read.", count)
        messages.success(request, text % {"count": count})


@admin.register(Calendar)
class CalendarAdmin(_ChangedFieldsAdmin):
    """Calendars with their switches and where reading stands."""

    list_display = (
        "name",
        "account",
        "owner",
        "blocks",
        "receives",
        "last_ok_at",
        "run_at",
        "error",
        "item_count",
    )
    list_filter = (
        "blocks",
        "receives",
        "writable",
        "state",
        "warning",
        ("account__provider", ProviderFilter),
    )
    search_fields = ("name", "remote_id", "account__label", "owner__email")
    list_select_related = ("account", "owner")
    fields = (
        "name",
        "account",
        "owner",
        "remote_id",
        "zone",
        "writable",
        "why_read_only",
        "vanished_at",
        "blocks",
        "receives",
        "tentative_blocks",
        "elsewhere_blocks",
        "out_of_office_blocks",
        "unanswered_blocks",
        "all_day",
        "interval_minutes",
        "state",
        "run_at",
        "attempts",
        "error",
        "warning",
        "last_ok_at",
        "failing_since",
        "last_full_at",
        "last_changed_at",
        "noticed_at",
        "expanded_to",
        "item_count",
    )
    # Choices are made on the integrations page: it applies switches to what was read already.
    readonly_fields = fields
    actions = ("read_now",)
    host_may_add = host_may_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Calendars come from the provider."""
        return False

    @admin.action(description=_("Read these calendars now"))
    def read_now(self, request: HttpRequest, queryset: QuerySet[Calendar]) -> None:
        """Make the chosen calendars due."""
        count = leases.wake(Calendar.objects.filter(pk__in=queryset.values("pk")), clock.now())
        work.nudge()
        text = ngettext("%(count)d calendar is being read.", "%(count)d calendars are being read.", count)
        messages.success(request, text % {"count": count})


class _OnlyToLookAt(_ChangedFieldsAdmin):
    """Rows that the sync keeps: looking is all."""

    host_may_add = host_may_change = host_may_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Made by the sync alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Changed by the sync alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Deleted by the sync alone."""
        return False


@admin.register(Item)
class ItemAdmin(_OnlyToLookAt):
    """Events as they were read. Titles are the owner's alone (invariant 8): operators see none."""

    owner_path = "calendar__owner"
    list_display = ("key", "calendar", "uid", "is_ours", "warning")
    list_filter = ("is_ours", "warning")
    search_fields = ("key", "uid", "calendar__name")
    list_select_related = ("calendar",)
    fields = ("calendar", "key", "uid", "etag", "digest", "is_ours", "warning")
    show_full_result_count = False


@admin.register(Busy)
class BusyAdmin(_OnlyToLookAt):
    """Busy times as they are asked for availability."""

    owner_path = "calendar__owner"
    list_display = ("start_at", "end_at", "calendar", "status", "all_day", "unanswered", "blocks")
    list_filter = ("status", "blocks", "all_day", "unanswered")
    search_fields = ("calendar__name", "calendar__account__label", "calendar__owner__email")
    list_select_related = ("calendar",)
    fields = ("calendar", "start_at", "end_at", "status", "all_day", "unanswered", "blocks")
    show_full_result_count = False


@admin.register(Write)
class WriteAdmin(_OnlyToLookAt):
    """Events of bookings on their way into calendars; given-up ones can be tried again."""

    owner_path = "calendar__owner"
    list_display = (
        "uid",
        "calendar",
        "state",
        "version",
        "done_version",
        "attempts",
        "run_at",
        "error",
        "written_at",
    )
    list_filter = ("state", "error")
    search_fields = (
        "uid",
        "remote_uid",
        "calendar__name",
        "calendar__account__label",
        "calendar__owner__email",
    )
    list_select_related = ("calendar",)
    fields = (
        "calendar",
        "uid",
        "state",
        "version",
        "done_version",
        "attempts",
        "run_at",
        "error",
        "remote_key",
        "remote_uid",
        "marker",
        "meeting_url",
        "etag",
        "written_at",
        "first_failed_at",
    )
    actions = ("try_again",)

    @admin.action(description=_("Try to write these events again"))
    def try_again(self, request: HttpRequest, queryset: QuerySet[Write]) -> None:
        """Take up given-up events."""
        count = push.try_again(Write.objects.filter(pk__in=queryset.values("pk")), clock.now())
        work.nudge()
        text = ngettext("%(count)d event is tried again.", "%(count)d events are tried again.", count)
        messages.success(request, text % {"count": count})


@admin.register(Channel)
class ChannelAdmin(_OnlyToLookAt):
    """Standing orders at providers to tell us of changes; the worker keeps them."""

    owner_path = "calendar__owner"
    list_display = ("calendar", "channel_id", "expires_at", "last_notice_at", "state", "run_at", "error")
    list_filter = ("state", "error", ("calendar__account__provider", ProviderFilter))
    search_fields = ("channel_id", "calendar__name", "calendar__account__label", "calendar__owner__email")
    list_select_related = ("calendar",)
    fields = (
        "calendar",
        "channel_id",
        "resource_id",
        "expires_at",
        "last_notice_at",
        "state",
        "run_at",
        "attempts",
        "error",
    )
    actions = ("order_again",)

    @admin.action(description=_("Renew these push channels now"))
    def order_again(self, request: HttpRequest, queryset: QuerySet[Channel]) -> None:
        """Make the chosen channels due."""
        count = leases.wake(Channel.objects.filter(pk__in=queryset.values("pk")), clock.now())
        work.nudge()
        text = ngettext(
            "%(count)d push channel is being renewed.", "%(count)d push channels are being renewed.", count
        )
        messages.success(request, text % {"count": count})


@admin.register(LogEntry)
class LogEntryAdmin(_OnlyToLookAt):
    """The debug logs of connections (C10); they are switched, taken along and cleared on the account's own page."""

    owner_path = "account__owner"
    list_display = ("at", "account", "job", "calendar", "verb", "target", "result", "duration", "size")
    list_filter = ("job", "verb", "result", ("account__provider", ProviderFilter))
    search_fields = ("target", "request_id", "calendar", "account__label", "account__owner__email")
    list_select_related = ("account",)
    date_hierarchy = "at"
    fields = (
        "at",
        "account",
        "job",
        "calendar",
        "verb",
        "target",
        "result",
        "duration",
        "size",
        "request_id",
    )
    show_full_result_count = False
