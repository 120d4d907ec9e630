"""The admin of users, and of what was done. For administrators only."""

import uuid
from copy import copy
from functools import partial

from allauth.account.admin import EmailAddress
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from . import services, trail
from .acted_admin import ActedAdmin, ActedForm, Confirmed, act_now
from .models import Act, Change, User
from .reauthentication import reauthenticated

admin.site.site_header = admin.site.site_title = "Muster"
admin.site.index_title = _("Data entry")
admin.site.unregister(Group)  # what somebody may do follows from their role in a program
admin.site.unregister([EmailAddress, Authenticator, UserSession])  # written without an act; what there is to do: below


_NEW = ("username", "display_name", "email", "is_staff")


class NewUserForm(ActedForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = _NEW


class UserForm(ActedForm, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class PasswordForm(AdminPasswordChangeForm):
    """Django's; the password is set by `by`."""

    def __init__(self, user, *args, by, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.by = by
        if user == by:
            self.fields.pop("usable_password", None)  # nobody shuts themselves out

    def save(self, commit=True):
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        return services.set_password(user=self.by, key=uuid.uuid4(), account=self.user, password=password)


@admin.register(User)
class UserAdmin(Confirmed, ActedAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "display_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name")
    actions = ("end_signins", "remove_second_factor")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": (*_NEW, "usable_password", "password1", "password2")}),)

    def choices_for(self, request, model):
        """Administrators choose among those who sign in; nobody else is shown accounts."""
        return self.visible(User.objects.filter(is_active=True), request)

    def visible(self, rows, request):
        return rows if self.allowed(request) else rows.none()

    def create(self, stamp, values):
        services.create_user(**stamp, password=values["password1"], **{name: values[name] for name in _NEW})

    def update(self, stamp, user, values):
        values.pop("password", None)
        services.update_user(**stamp, account=user, **values)

    def user_change_password(self, request, id, form_url=""):
        asked = copy(self)
        asked.change_password_form = partial(PasswordForm, by=request.user)
        return reauthenticated(super(UserAdmin, asked).user_change_password)(request, id, form_url)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def end_signins(self, request, queryset):
        for account in queryset.select_related("act"):
            act_now(request, partial(_signed_out, account, request.session.session_key), account)

    @admin.action(description=_("Take the second factor away: it was lost"), permissions=["change"])
    def remove_second_factor(self, request, queryset):
        for account in queryset.select_related("act"):
            act_now(request, partial(_without_second_factor, account), account)


def _without_second_factor(account, stamp):
    services.remove_second_factor(**stamp, account=account)


def _signed_out(account, this, stamp):
    services.end_signins(user=stamp["user"], key=stamp["key"], account=account, but=this)


@admin.register(Act)
class ActAdmin(ActedAdmin):
    list_display = ("at", "user", "kind", "scope", "reason")
    list_filter = ("at",)
    list_select_related = ("user",)
    search_fields = ("kind", "reason", "user__username")
    ordering = ("-id",)
    fields = ("at", "user", "kind", "scope", "reason", "undoes", "key", "what")
    readonly_fields = ("what",)

    @admin.display(description=_("what it did"))
    def what(self, act):
        url = reverse("admin:accounts_change_changelist")
        return format_html('<a href="{}?act__id__exact={}">{}</a>', url, act.pk, _("Its changes"))


class TableFilter(admin.SimpleListFilter):
    title = _("table")
    parameter_name = "table"

    def lookups(self, request, model_admin):
        return [(model._meta.db_table, model._meta.verbose_name_plural) for model in trail.models_in_trail()]

    def queryset(self, request, queryset):
        return queryset.filter(table=self.value()) if self.value() else queryset


@admin.register(Change)
class ChangeAdmin(ActedAdmin):
    list_display = ("id", "act", "who", "table", "row")
    list_filter = (TableFilter,)
    list_select_related = ("act__user",)
    search_fields = ("table", "row", "act__kind")
    ordering = ("-id",)

    @admin.display(description=_("who"))
    def who(self, change):
        return change.act.user
