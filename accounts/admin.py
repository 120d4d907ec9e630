"""The admin of users, and of what was done. For administrators only."""

import uuid

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from . import acts, trail
from .acted_admin import ActedAdmin, ActedForm, ReadOnlyAdmin
from .models import Act, Change, User

admin.site.site_header = admin.site.site_title = "Muster"
admin.site.index_title = _("Data entry")
admin.site.unregister(Group)  # what somebody may do follows from their role in a program


class NewUserForm(ActedForm, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("username", "display_name")


class UserForm(ActedForm, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class _NotDone(Exception):
    """The form for the password was not good: no act."""

    def __init__(self, response):
        super().__init__()
        self.response = response


@admin.register(User)
class UserAdmin(ActedAdmin, DjangoUserAdmin):
    form = UserForm
    add_form = NewUserForm
    list_display = ("username", "display_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name")
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "display_name", "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "display_name", "is_staff", "usable_password", "password1", "password2")}),
    )

    def choices_for(self, request, model):
        """A coordinator gives roles to people who sign in."""
        return User.objects.filter(is_active=True)

    def create(self, stamp, values):
        password = values.pop("password1")
        values = {name: values[name] for name in ("username", "display_name", "is_staff") if name in values}

        def do(act):
            user = User(**values)
            if password:
                user.set_password(password)
            else:
                user.set_unusable_password()
            acts.add(user, act)

        acts.perform(**stamp, kind="user.create", body=values, do=do)

    def update(self, stamp, user, values):
        seen = stamp.pop("seen")
        values.pop("password", None)
        if user == stamp["user"] and not (values["is_active"] and values["is_superuser"]):
            raise ValidationError(_("You cannot shut yourself out. Ask another administrator."))

        def do(act):
            for name, value in values.items():
                setattr(user, name, value)
            acts.change(user, act, seen=seen)

        acts.perform(**stamp, kind="user.change", body=[user.pk, values], do=do)

    def user_change_password(self, request, id, form_url=""):
        """Django's page; a password that is changed there is an act, its value no one's."""
        if request.method != "POST":
            return super().user_change_password(request, id, form_url)
        answer = []

        def do(act):
            response = super(UserAdmin, self).user_change_password(request, id, form_url)
            if response.status_code != 302:
                raise _NotDone(response)
            user = User.objects.select_related("act").get(pk=id)
            acts.change(user, act, seen=user.seen)
            answer.append(response)

        try:
            acts.perform(user=request.user, key=uuid.uuid4(), kind="password.change", body=id, do=do)
        except _NotDone as not_done:
            return not_done.response
        return answer[0]


@admin.register(Act)
class ActAdmin(ReadOnlyAdmin):
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
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("id", "act", "who", "table", "row")
    list_filter = (TableFilter,)
    list_select_related = ("act__user",)
    search_fields = ("table", "row", "act__kind")
    ordering = ("-id",)

    @admin.display(description=_("who"))
    def who(self, change):
        return change.act.user
