"""The Django admin, writing as everything else here does: one page saved is one act, with key and version.

A refusal of a service or of the database comes back in the form, with everything entered. Tables that are only added to
are only added to here as well. What a coordinator sees and may do follows from their roles, not from Django's permissions.
"""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .acts import Conflict, add, change, perform, remove
from .forms import ActForm
from .history import history_of
from .models import Act, Change, User, Versioned


class AdminForm(ActForm, forms.ModelForm):
    """The form of an admin page. `refusal` is why saving it was refused a moment ago."""

    refusal: Exception | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("key", "seen"):
            self.fields[name].label = ""

    def clean(self):
        data = super().clean()
        if isinstance(self.refusal, ValidationError):
            self.refuse(self.refusal)
        elif isinstance(self.refusal, Conflict):
            now = "; ".join(f"{one.label}: {one.now or '–'}" for one in self.overtaken(self.refusal))
            self.add_error(
                None, str(self.refusal) + (" " + _("What stands there now: %(now)s.") % {"now": now} if now else "")
            )
        return data


class ActedAdmin(admin.ModelAdmin):
    """An admin page whose every save is one act. `program` is the path from a row to its program, empty for none."""

    form = AdminForm
    program = ""
    only_added_to = False
    only_read = False
    everybody_reads = False  # a shared catalogue: no program decides who sees it
    show_full_result_count = False
    actions = None
    list_per_page = 50
    save_on_top = True
    object_history_template = "admin/history.html"

    # ---- who may

    def get_queryset(self, request):
        rows = super().get_queryset(request)
        user = request.user
        if user.is_superuser or self.everybody_reads:
            return rows
        if not self.program:
            return rows.none()
        path = "" if self.program == "pk" else f"{self.program}__"
        return rows.filter(**{f"{path}roles__user": user.pk, f"{path}roles__kind": "coordinator"}).distinct()

    def has_module_permission(self, request):
        return request.user.is_active and (
            request.user.is_superuser or (request.user.is_staff and (bool(self.program) or self.everybody_reads))
        )

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request):
        return self.has_module_permission(request) and not self.only_read

    def has_change_permission(self, request, obj=None):
        return self.has_add_permission(request) and not self.only_added_to

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj) and obj is not None

    def guard(self, user, row) -> None:
        """Refuse with PermissionDenied whoever may not write `row`. Called within the act, when the row is complete."""

    # ---- lists and choices

    def get_search_results(self, request, queryset, search_term):
        if hasattr(queryset, "searched"):
            return queryset.searched(search_term), False
        return super().get_search_results(request, queryset, search_term)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        known = self.admin_site._registry.get(db_field.related_model)
        if known is not None and "queryset" not in kwargs:
            kwargs["queryset"] = known.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # ---- one page saved, one act

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", None)
        return form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (ValidationError, Conflict) as refusal:
            request.refusal = refusal  # once more: the form tells it, with everything that was entered
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """Left to `save_related`: the row and what belongs to it are one act."""

    def save_related(self, request, form, formsets, change):
        form.save_m2m = lambda: None
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []

        def do(act):
            self.write(act, form.instance, form, change)
            for formset in formsets:
                self.write_inline(act, formset)
            self.is_sound(act, form.instance)
            self.guard(request.user, form.instance)

        made = self.perform(request, form, formsets, change, do)
        if not change and form.instance.pk is None:  # sent twice: the first time made it
            form.instance.pk = made.made(self.model).pk

    def perform(self, request, form, formsets, change, do) -> Act:
        verb = "change" if change else "add"
        said = [form.instance.pk, _said(form), [[_said(one) for one in formset.forms] for formset in formsets]]
        kind = f"admin.{self.opts.model_name}.{verb}"
        key = form.cleaned_data["key"]
        return perform(user=request.user, key=key, kind=kind, body=said, do=do, scope=self.scope(form.instance))

    def scope(self, row) -> int | None:
        """The id of the program that `row` belongs to, as far as it can be told before it is written."""
        if self.program == "pk":
            return row.pk
        for name in filter(None, self.program.split("__")):
            row = getattr(row, name, None)
        return getattr(row, "pk", None)

    def write(self, act: Act, row: Any, form: AdminForm, changed: bool) -> None:
        """Write the row of the page within `act`."""
        if changed:
            change(row, act, seen=form.cleaned_data["seen"])
        else:
            row.pk = None
            add(row, act)

    def write_inline(self, act: Act, formset) -> None:
        """Write the rows of an inline within `act`."""
        for row in formset.save(commit=False):
            if row.pk and isinstance(row, Versioned):
                change(row, act, seen=row.seen)
            else:
                add(row, act)
        for row in formset.deleted_objects:
            remove(row, seen=row.seen)

    def is_sound(self, act: Act, row: Any) -> None:
        """What has to hold of the row together with its parts."""

    def delete_model(self, request, obj):
        def do(act):
            self.guard(request.user, obj)
            self.erase(act, obj)

        kind = f"admin.{self.opts.model_name}.delete"
        key = uuid.uuid4()  # none is needed on the page: what is deleted twice is not found
        perform(user=request.user, key=key, kind=kind, body=obj.pk, do=do, scope=self.scope(obj))

    def erase(self, act: Act, row: Any) -> None:
        remove(row, seen=row.seen)

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except (ValidationError, Conflict) as refusal:
            self.message_user(request, " ".join(getattr(refusal, "messages", [str(refusal)])), "error")
            return self.response_post_save_change(request, self.get_object(request, object_id))

    # ---- the trail is the log

    def log_addition(self, request, obj, message):
        return None

    log_change = log_addition

    def log_deletions(self, request, queryset):
        return None

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None) -> TemplateResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(row)s") % {"row": row},
            "object": row,
            "opts": self.opts,
            "history": history_of(row) if not isinstance(row, (Act, Change)) else [],
        }
        return TemplateResponse(request, self.object_history_template, context)


def _said(form) -> list:
    """What somebody entered in a form, comparable from one sending to the next."""
    data = getattr(form, "cleaned_data", {})
    return sorted(
        (name, str(getattr(value, "pk", value))) for name, value in data.items() if name not in {"key", "seen"}
    )


class ReadInline(admin.TabularInline):
    """Rows shown on another's page, changed on their own."""

    extra = 0
    can_delete = False
    show_change_link = True

    def has_view_permission(self, request, obj=None):
        return True

    def has_add_permission(self, request, obj=None):
        return False

    has_change_permission = has_delete_permission = has_add_permission


class ActedInline(admin.TabularInline):
    """Rows written with the page that shows them."""

    extra = 1

    def has_view_permission(self, request, obj=None):
        return True

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        known = self.admin_site._registry.get(db_field.related_model)
        if known is not None and "queryset" not in kwargs:
            kwargs["queryset"] = known.get_queryset(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class AddInline(ActedInline):
    """Rows that are only added to."""

    can_delete = False

    def has_change_permission(self, request, obj=None):
        return False

    has_delete_permission = has_change_permission


class UserForm(AdminForm):
    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Empty: stays as it is; a new user without one cannot sign in yet."),
    )

    class Meta:
        model = User
        fields = ("username", "display_name", "email", "is_active", "is_staff", "is_superuser")


class UserAdmin(ActedAdmin):
    form = UserForm
    list_display = ("username", "display_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "display_name", "email")

    def write(self, act, row, form, changed):
        password = form.cleaned_data["new_password"]
        if not changed:
            row.set_password(password or None)
        super().write(act, row, form, changed)
        if changed and password:
            row.set_password(password)
            row.save(update_fields=["password"])


class ActAdmin(ActedAdmin):
    only_read = True
    list_display = ("at", "kind", "user", "reason")
    list_select_related = ("user",)
    list_filter = ("kind",)
    search_fields = ("kind", "reason", "user__username")
    ordering = ("-pk",)


class ChangeAdmin(ActedAdmin):
    only_read = True
    list_display = ("act", "table", "row")
    list_select_related = ("act",)
    list_filter = ("table",)
    search_fields = ("=row",)
    ordering = ("-pk",)
