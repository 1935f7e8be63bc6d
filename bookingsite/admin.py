"""People and the background's pulse in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

import allauth.mfa.admin
import allauth.socialaccount.admin  # noqa: F401 - registered first, so that some of it can be taken out below
import django_q.admin  # noqa: F401 - the same
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_q.models import Failure, OrmQ, Schedule, Success

from bookingsite import leases, work
from bookingsite.forms import PictureField
from bookingsite.lib import clock
from bookingsite.models import Canary, Heartbeat, Tick, User
from bookingsite.scoped_admin import OnlyOfferedLookups, ScopedAdmin, is_operator, with_defaults
from bookingsite.validation import validate_not_reserved, validate_single_line
from bookingsite.zones import ZoneField

admin.site.site_header = _("Bookingsite administration")
admin.site.site_title = _("Administration")
admin.site.index_title = _("What is here")

_secure_login = secure_admin_login(admin.site.login)


def _sign_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
    """The site's own sign-in, with its second factor and its limits; the admin's would know neither.

    allauth leaves the admin's form to people who are signed in; theirs is never asked either.
    """
    if request.method == "POST" and request.user.is_authenticated:
        return redirect("admin:index")
    answer: HttpResponseBase = _secure_login(request, extra_context)
    return answer


admin.site.login = _sign_in  # type: ignore[assignment,method-assign]

_OWN_FIELDS = ("name", "slug", "about", "picture", "zone", "language")


class NewPersonForm(forms.ModelForm[User]):
    """A person made by an operator; without a password they set one by mail ("forgot password")."""

    password1 = forms.CharField(label=_("Password"), required=False, widget=forms.PasswordInput, strip=False)

    class Meta:
        model = User
        fields: ClassVar[tuple[str, ...]] = ("email", "name")

    def clean_email(self) -> str:
        """Addresses are kept in small letters."""
        return User.objects.normalise(self.cleaned_data["email"])

    def save(self, commit: bool = True) -> User:
        """With a link made of the name, and a password where one was given."""
        person = super().save(commit=False)
        person.slug = person.slug or User.objects.free_slug(person.name or person.email.split("@")[0])
        if self.cleaned_data["password1"]:
            person.set_password(self.cleaned_data["password1"])
        else:
            person.set_unusable_password()
        if commit:
            person.save()
        return person


class PersonForm(forms.ModelForm[User]):
    """A person; the password is never shown, only replaced."""

    password = ReadOnlyPasswordHashField(label=_("Password"))
    picture = PictureField()
    zone = ZoneField()
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields: ClassVar[tuple[str, ...]] = (
            "email",
            "password",
            *_OWN_FIELDS,
            "is_active",
            "is_staff",
            "is_superuser",
            "groups",
            "user_permissions",
        )

    def clean_email(self) -> str:
        """Addresses are kept in small letters; one that somebody else has proven to be theirs is taken."""
        email = User.objects.normalise(self.cleaned_data["email"])
        proven = EmailAddress.objects.filter(email=email, verified=True).exclude(user=self.instance.pk)
        if email != self.instance.email and proven.exists():
            raise self.instance.unique_error_message(User, ("email",))
        return email

    def clean_name(self) -> str:
        """Names reach the headers of mails."""
        validate_single_line(self.cleaned_data["name"])
        return str(self.cleaned_data["name"])

    def clean_slug(self) -> str:
        """No address of the site itself; what the person has already stays allowed."""
        slug = str(self.cleaned_data["slug"])
        if slug != self.instance.slug:
            validate_not_reserved(slug)
        return slug


@admin.register(User)
class PersonAdmin(DjangoUserAdmin[User], ScopedAdmin):  # type: ignore[misc]  # lookup_allowed without a request
    """Operators see everybody; a host sees and edits only themselves, and never their own rights (A8)."""

    owner_path = "pk"
    form, add_form = PersonForm, NewPersonForm
    host_may_add = host_may_delete = False
    ordering = ("email",)
    list_display = ("email", "name", "slug", "zone", "language", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "language")
    search_fields = ("email", "name", "slug")
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "password", *_OWN_FIELDS)}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1")}),)

    def own(self, queryset: Any, request: HttpRequest) -> Any:
        return queryset if is_operator(request) else queryset.filter(pk=request.user.pk)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rights and address are the operator's business."""
        return (
            super().get_fieldsets(request, obj)
            if is_operator(request)
            else ((None, {"fields": _OWN_FIELDS}),)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without the admin's own transaction: a picture is drawn anew while the form is validated."""
        return self._changeform_view(request, *with_defaults(args, kwargs))  # type: ignore[attr-defined, no-any-return]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Only what was changed here: another's decision of the same moment stays."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in self.opts.concrete_fields}
        with transaction.atomic():
            obj.save(update_fields=[name for name in form.changed_data if name in columns])
            if "email" in form.changed_data:
                _give_address(obj)
        if "email" in form.changed_data:
            _end_sessions(obj, but=request.session.session_key)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """The operator's: it asks for no old password. Hosts have the site's own page for theirs."""
        if not is_operator(request):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


def _give_address(person: User) -> None:
    """The person's address opens the account, and none that it had before."""
    EmailAddress.objects.filter(user=person).delete()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)


def _end_sessions(person: User, *, but: str | None) -> None:
    """Whoever is signed in as this person has to sign in again; `but` is the session that asks for it."""
    for session in Session.objects.filter(expire_date__gt=clock.now()).exclude(pk=but or "").iterator():
        if session.get_decoded().get(SESSION_KEY) == str(person.pk):
            session.delete()


class _ForOperators(OnlyOfferedLookups):
    """The background's own rows: operators look at them, hosts do not know of them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Heartbeat)
class HeartbeatAdmin(_ForOperators):
    """When the parts of the site were last alive."""

    list_display = ("name", "beat_at", "started_at", "detail")
    search_fields = ("name",)
    list_filter = ("beat_at",)


@admin.register(Tick)
class TickAdmin(_ForOperators):
    """Periodic work: when it was done, when it is due, and a way to do it now."""

    list_display = ("name", "state", "run_at", "done_at", "attempts", "error")
    list_filter = ("state",)
    search_fields = ("name",)
    actions = ("do_now",)

    @admin.action(description=_("Do the chosen work now"), permissions=["view"])
    def do_now(self, request: HttpRequest, queryset: QuerySet[Tick]) -> None:
        """Make it due; the worker takes it up."""
        count = leases.wake(queryset.order_by(), clock.now())
        work.nudge()
        said = ngettext("%(count)s piece of work is due now.", "%(count)s pieces of work are due now.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)


@admin.register(Canary)
class CanaryAdmin(_ForOperators):
    """Which key checks exist; what is sealed in them is nobody's business."""

    list_display = ("name",)
    list_filter = ("name",)
    search_fields = ("name",)
    fields = ("name",)


# The packages' own pages would show an operator what signs people in: sealed second factors, tokens, client secrets.
admin.site.unregister([Authenticator, SocialApp, SocialToken])
# The queue's own pages would let whoever has an operator's session run any function of this machine.
admin.site.unregister([each for each in (Schedule, Success, Failure, OrmQ) if admin.site.is_registered(each)])


@admin.register(Authenticator)
class SecondFactorAdmin(_ForOperators):
    """Who has which second factor, without what is secret about it; deleted when somebody has lost theirs."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "user__name")
    fields = ("user", "type", "created_at", "last_used_at")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_operator(request)
