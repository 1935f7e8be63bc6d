"""OAuth clients in the admin (C8): the site's by operators; a host sees their own, made on the integrations pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookingsite.lib import clock
from bookingsite.scoped_admin import ScopedAdmin, is_operator
from calendars.models import OAuthClient
from calendars.oauth import clients
from calendars.oauth.addresses import redirect_address
from calendars.oauth.forms import ClientForm


class SiteClientForm(ClientForm):
    """A client with its provider; an operator gives it to the whole site or to one host."""

    class Meta(ClientForm.Meta):
        fields = ["provider", "owner", "client_id", "secret", "tenant"]


class WhoseFilter(admin.SimpleListFilter):
    """The site's clients, or those that hosts brought."""

    title = _("for")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Both kinds."""
        return [("site", _("the whole site")), ("host", _("one host"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OAuthClient]) -> QuerySet[OAuthClient]:
        """Those of the chosen kind."""
        return queryset.filter(owner__isnull=self.value() == "site") if self.value() else queryset


@admin.register(OAuthClient)
class OAuthClientAdmin(ScopedAdmin):
    """Clients; their secrets are taken and never shown."""

    form = SiteClientForm
    list_display = ("provider", "owner", "client_id", "tenant", "created_at")
    list_filter = ("provider", WhoseFilter)
    search_fields = ("client_id", "tenant", "owner__email", "owner__name")
    list_select_related = ("owner",)
    fields = ("provider", "owner", "client_id", "secret", "tenant", "redirect_addresses")
    readonly_fields = ("redirect_addresses",)
    autocomplete_fields = ("owner",)
    host_may_add = host_may_change = host_may_delete = False

    def get_fields(self, request: HttpRequest, obj: OAuthClient | None = None) -> Any:
        """A host looks only: there is no secret to type."""
        return self.fields if is_operator(request) else ("provider", "owner", "client_id", "tenant")

    @admin.display(description=_("redirect addresses to register"))
    def redirect_addresses(self, obj: OAuthClient | None = None) -> str:
        """What must be entered at the provider, letter by letter."""
        keys = [obj.provider] if obj is not None and obj.provider else OAuthClient.Provider.values
        return "  ".join(redirect_address(key) for key in keys)

    def save_model(
        self, request: HttpRequest, obj: OAuthClient, form: ModelForm[OAuthClient], change: bool
    ) -> None:
        """Seal the secret; accounts of a client that is no longer there wait to be connected again."""
        clients.save(obj, secret=form.cleaned_data["secret"], now=clock.now())

    def delete_model(self, request: HttpRequest, obj: OAuthClient) -> None:
        """Delete it, and have its accounts connected again."""
        clients.remove(obj, clock.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[OAuthClient]) -> None:
        """Each as if it were deleted by itself."""
        for row in queryset:
            clients.remove(row, clock.now())
