"""The admin's two kinds of people: an operator sees everything, a host sees only what is theirs (H4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from bookingsite.models import User


def is_operator(request: HttpRequest) -> bool:
    """Whether the person may see every host's rows."""
    return bool(request.user.is_superuser)


def is_host(request: HttpRequest) -> bool:
    """Whether the person may use the admin for their own rows."""
    return bool(request.user.is_active and request.user.is_staff)


# How Django's own filters and date drill-downs end the lookups they put into an address.
_ENDS = (
    "", "__exact", "__id__exact", "__isnull", "__isempty", "__in", "__gte", "__gt", "__lte", "__lt",
    "__year", "__month", "__day",
)  # fmt: skip


class OnlyOfferedLookups(admin.ModelAdmin[Any]):
    """Lists are narrowed by what they offer. Any other lookup in the address would ask, letter by letter, for columns
    that are never shown: titles, sealed secrets (invariant 8)."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only the row's key, the list's filters and its date drill-down; nothing that PostgreSQL cannot hold."""
        values = value if isinstance(value, list | tuple) else [value]
        if any("\0" in str(each) for each in values):
            return False
        return any(lookup == name + end for name in self._offered(request) for end in _ENDS)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A NUL is in no key; PostgreSQL would refuse the question."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def _offered(self, request: HttpRequest | None) -> set[str]:
        names = {"pk", self.opts.pk.name, *([self.date_hierarchy] if self.date_hierarchy else [])}
        # Django asks without a request when a lookup comes from elsewhere than the address of a list.
        for item in self.list_filter if request is None else self.get_list_filter(request):
            first = item[0] if isinstance(item, list | tuple) else item
            names.add(str(getattr(first, "parameter_name", first)))
        return names


class _Scope:
    """What rows and inlines share: own rows only, and choices among own rows only."""

    owner_path: str = "owner"
    host_may_add = True
    host_may_change = True
    host_may_delete = True
    admin_site: admin.AdminSite

    def own(self, queryset: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
        """The rows of `queryset` that the person may see."""
        return queryset if is_operator(request) else queryset.filter(**{self.owner_path: request.user})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return self.own(super().get_queryset(request), request)  # type: ignore[misc]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_host(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_host(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_host(request) and (self.host_may_add or is_operator(request))

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_host(request) and (self.host_may_change or is_operator(request))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_host(request) and (self.host_may_delete or is_operator(request))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Offer a host only their own rows, whatever the form posts (C14: another's id is refused)."""
        if not is_operator(request) and "queryset" not in kwargs:
            kwargs["queryset"] = self._own_choices(db_field, request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc, no-any-return]

    def _own_choices(self, db_field: ForeignKey[Any, Any], request: HttpRequest) -> QuerySet[Any]:
        related = db_field.related_model
        if related is User:
            return User.objects.filter(pk=request.user.pk or 0)
        their_admin = self.admin_site._registry.get(related)
        if isinstance(their_admin, ScopedAdmin):
            return their_admin.own(related._default_manager.all(), request)
        return related._default_manager.none()


class ScopedAdmin(_Scope, OnlyOfferedLookups):
    """A model whose rows belong to a host by way of `owner_path` (a lookup such as `account__owner`)."""


class ScopedTabularInline(_Scope, admin.TabularInline[Any, Any]):
    """Rows shown inside their parent; the parent is scoped already, the choices are scoped here."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The parent has been checked; filtering again would only cost a join."""
        return admin.TabularInline.get_queryset(self, request)


def with_defaults(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """For `changeform_view`: `object_id`, `form_url`, `extra_context`, however the admin passed them."""
    given = dict(zip(("object_id", "form_url", "extra_context"), args, strict=False)) | kwargs
    return given.get("object_id"), given.get("form_url", ""), given.get("extra_context")
