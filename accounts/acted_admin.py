"""The admin's way to write: one save of a page is one act, done through the services that the pages use.

`ActedAdmin` is the base of every admin of ours, `ActedInline` of every inline. An admin says how its rows are written by
defining `create`, `update` and `delete`, which call services; what it does not define cannot be done. What a service or the
database refuses is shown in the form, beside the row it is about, with everything that was entered still there.
"""

import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.options import csrf_protect_m
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import NON_FIELD_ERRORS, BadRequest, PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from . import trail
from .acts import Conflict, perform, together
from .addresses import as_pk
from .digest import digest
from .fields import folded
from .forms import ActForm
from .history import history_of
from .models import Act, Versioned
from .reauthentication import reauthenticated_writing

NOT_WHAT_IT_IS_ABOUT = {"csrfmiddlewaretoken", "password1", "password2"}


class Refused(Exception):
    """What a form of the page was refused for. Nothing of the page was written.

    It is shown in the form with that prefix, or on top: Django does not look at what a row says that is marked to go.
    """

    def __init__(self, prefix: str, why: ValidationError | Conflict | PermissionDenied, on_top: bool = False):
        super().__init__(why)
        self.prefix, self.why, self.status = prefix, why, 422
        self.shown_in = "" if on_top else prefix
        self.error = why if isinstance(why, ValidationError) else ValidationError(str(why))
        if isinstance(why, Conflict):
            self.status = 409
        elif isinstance(why, PermissionDenied):
            self.status = 403
            self.error = ValidationError(_("This is not yours to change."))


class _Form(forms.ModelForm):
    refused: Refused | None = None

    def _post_clean(self):
        """Constraints are left to the database, as everywhere: Django's form would ask them of the row."""
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()

    def full_clean(self):
        super().full_clean()
        if self.is_bound and self.refused is not None and self.refused.shown_in == (self.prefix or ""):
            error = self.refused.error
            by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
            for field, errors in by_field.items():
                self.add_error(field if field in self.fields else None, errors)


class ActedForm(ActForm, _Form):
    """The form of a page of the admin: with the act's key and the version of what it shows."""


class Kept(forms.Field):
    """What a row keeps: shown, and neither sent nor looked up among what else could be chosen."""

    def __init__(self, field: forms.Field, row: models.Model, name: str):
        widget = field.widget
        self.now = getattr(row, name)
        if isinstance(self.now, models.Model):
            widget = forms.Select(choices=[(self.now.pk, str(self.now))])
        super().__init__(label=field.label, widget=widget, required=False, disabled=True)

    def clean(self, value):
        return self.now


class RowForm(_Form):
    """A row of an inline, with its version. `kept` names what a row keeps once it is there; None is all of it."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    kept: tuple[str, ...] | None = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if isinstance(self.instance, Versioned) and self.instance.pk:
            self.initial["seen"] = self.instance.seen
            for name in self._meta.fields if self.kept is None else self.kept:
                if name in self.fields and name != "seen":
                    self.fields[name] = Kept(self.fields[name], self.instance, name)

    @property
    def changed_data(self):
        return [name for name in super().changed_data if name != "seen"]

    def validate_unique(self) -> None:
        """Left to the database, as everywhere."""


class FoundById(AutocompleteSelect):
    """Django's, which asks the database for whatever an address or a form says is chosen, be it an id or not."""

    def optgroups(self, name, value, attrs=None):
        return super().optgroups(name, [pk for pk in value if as_pk(pk) is not None], attrs)


class Allowed:
    """Who may do what: coordinators and administrators what is theirs, as far as the class says how it is written.

    Django's own permission rows are not asked: a role in a program is the permission.
    """

    create: Callable | None = None
    update: Callable | None = None
    delete: Callable | None = None

    def allowed(self, request: HttpRequest) -> bool:
        """Whether this person may come in here at all."""
        return request.user.is_active and request.user.is_superuser

    def visible(self, rows: models.QuerySet, request: HttpRequest) -> models.QuerySet:
        """Those of `rows` that this person may see."""
        return rows

    def runs(self, request: HttpRequest, row: models.Model) -> bool:
        """Whether this person may change `row`."""
        return self.allowed(request)

    def open_for_change(self, row: models.Model) -> bool:
        """Whether `row` can be changed by anybody."""
        return True

    def scope(self, row: models.Model) -> int | None:
        """The id of the program that a row belongs to."""
        return None

    def view_on_site(self, row: models.Model) -> str | None:
        """Where the page shows `row`: straight there, and not over an address that would lead to any row."""
        return row.get_absolute_url() if hasattr(row, "get_absolute_url") else None

    def has_module_permission(self, request):
        return self.allowed(request)

    def has_view_permission(self, request, obj=None):
        return self.allowed(request)

    def has_add_permission(self, request, obj=None):
        return self.create is not None and self.allowed(request)

    def has_change_permission(self, request, obj=None):
        return self.update is not None and self._may(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.delete is not None and self._may(request, obj)

    def _may(self, request, obj):
        return self.allowed(request) and (obj is None or (self.open_for_change(obj) and self._runs(request, obj)))

    def _runs(self, request, row):
        """`runs`, asked once for a row in a request: Django asks many times."""
        asked = request.__dict__.setdefault("runs", {})
        if (key := (type(row), row.pk)) not in asked:
            asked[key] = self.runs(request, row)
        return asked[key]

    def get_queryset(self, request):
        wanted = [*(getattr(self, "list_select_related", None) or ()), *(["act"] if hasattr(self.model, "act") else ())]
        rows = super().get_queryset(request)
        return self.visible(rows.select_related(*wanted) if wanted else rows, request)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Only what this person may see can be chosen."""
        others = self.admin_site.get_model_admin(db_field.related_model)
        kwargs.setdefault("queryset", others.choices_for(request, self.model))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FoundById(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ActedInline(Allowed, admin.TabularInline):
    """Rows within a page. `create(stamp, parent, values)`, `update(stamp, row, values)` and `delete(stamp, row)` write them.

    `stamp` holds what every service takes: user and key, and `seen` where a row was there before. An inline asks for the rights
    of its parent, so `runs` and `open_for_change` are about the parent here.
    """

    form = RowForm
    extra = 0

    def has_add_permission(self, request, obj=None):
        return self.create is not None and self._may(request, obj)

    def has_change_permission(self, request, obj=None):
        """A row that can only go is sent with its version, too."""
        return (self.update is not None or self.delete is not None) and self._may(request, obj)

    def runs(self, request, row):
        return self.admin_site.get_model_admin(self.parent_model).runs(request, row)

    def open_for_change(self, row):
        return self.admin_site.get_model_admin(self.parent_model).open_for_change(row)

    def get_fields(self, request, obj=None):
        fields = [*super().get_fields(request, obj)]
        sent = self.has_change_permission(request, obj)
        return [name for name in fields if name != "seen"] + (["seen"] if sent else [])

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.base_fields = deepcopy(formset.form.base_fields)
        formset.form.refused = getattr(request, "refused", None)
        if self.update is None:
            formset.form.kept = None
        return formset

    def write(self, act: Act, request: HttpRequest, parent: models.Model, formset) -> None:
        """Write what was entered in `formset`: first what goes, then what changes, then what comes."""
        old = [form for form in formset.initial_forms if form.instance.pk]
        gone = [form for form in old if formset.can_delete and formset._should_delete_form(form)]
        changed = [form for form in old if form not in gone and form.has_changed()]
        for form in gone:
            with refusing(form.prefix, on_top=True):
                self.delete(self._stamp(act, request, form), self._row(form))
        for form in changed:
            with refusing(form.prefix):
                self.update(self._stamp(act, request, form), self._row(form), self._values(form, formset))
        for form in formset.extra_forms:
            if form.has_changed() and not (formset.can_delete and formset._should_delete_form(form)):
                with refusing(form.prefix):
                    self.create({"user": request.user, "key": act.key}, parent, self._values(form, formset))

    def _stamp(self, act, request, form):
        return {"user": request.user, "key": act.key, "seen": form.cleaned_data.get("seen") or ""}

    def _row(self, form):
        """The row as it stands: the form's own carries what was entered already."""
        return _as_it_stands(self.model, form.instance.pk)

    def _values(self, form, formset):
        left_out = {"seen", "DELETE", formset.fk.name, self.model._meta.pk.name}
        return {name: value for name, value in form.cleaned_data.items() if name not in left_out}


class refusing:
    """Refusals inside are about the form with this prefix."""

    def __init__(self, prefix: str, on_top: bool = False):
        self.prefix, self.on_top = prefix, on_top

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, ValidationError | Conflict | PermissionDenied):
            raise Refused(self.prefix, error, self.on_top) from error


class ActedAdmin(Allowed, admin.ModelAdmin):
    """A page for each row. `create(stamp, values)`, `update(stamp, row, values)` and `delete(stamp, row)` write it.

    `fixed` names fields that are given once; `parts` are models whose rows belong to the history of these.
    """

    form = ActedForm
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    delete_confirmation_template = "admin/acted_delete.html"
    object_history_template = "admin/acted_history.html"
    fixed: tuple[str, ...] = ()
    parts: tuple[type[models.Model], ...] = ()
    shared = False  # whether rows belong to several programs at once

    # ---- lists and choices

    def choices_for(self, request: HttpRequest, model: type[models.Model]) -> models.QuerySet:
        """What somebody who fills in a form of `model` may choose here."""
        return self.visible(self.model._default_manager.all(), request)

    def get_search_results(self, request, queryset, search_term):
        """Rows in which every word occurs; the columns made for searching know no case in any script."""
        for word in folded(search_term).split():
            where = (
                Q(**{f"{name}__{'contains' if name.endswith('search') else 'icontains'}": word})
                for name in self.search_fields
            )
            queryset = queryset.filter(reduce(or_, where))
        return queryset, False

    def lookup_allowed(self, lookup, value, request):
        """No address may ask what a page does not show: `?family_name__startswith=` would read a name letter by letter."""
        if len(value) > 18 and value.lstrip("-").isdecimal():
            return False  # more than a database can count to
        hidden = {"password"}.union(*(getattr(model, "secret", ()) for model in trail.models_in_trail()))
        return not hidden & set(lookup.split("__")) and super().lookup_allowed(lookup, value, request)

    # ---- the page

    def get_changeform_initial_data(self, request):
        initial = super().get_changeform_initial_data(request)
        initial.pop("key", None)  # each page makes its own
        moments = {f.name for f in self.opts.fields if isinstance(f, models.DateTimeField)}
        return {name: value for name, value in initial.items() if name not in moments}  # two boxes take no one text

    def response_action(self, request, queryset):
        if None in map(as_pk, request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)):
            raise BadRequest
        return super().response_action(request, queryset)

    def get_fieldsets(self, request, obj=None):
        """The act's key and the version go with every form that can be sent."""
        fieldsets = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in {"key", "seen"}]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            title, options = fieldsets[0]
            fieldsets[0] = (title, {**options, "fields": [*options["fields"], "key", "seen"]})
        return fieldsets

    def get_readonly_fields(self, request, obj=None):
        return [*super().get_readonly_fields(request, obj), *(self.fixed if obj else ())]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.base_fields = deepcopy(form.base_fields)  # Django's are shared by all requests; what can be chosen is not
        form.refused = getattr(request, "refused", None)
        return form

    @csrf_protect_m
    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Django's, without its transaction, which is the act's to open, and with an answer to what is refused."""
        if request.method != "POST":
            return self._changeform_view(request, object_id, form_url, extra_context)
        try:
            if (row := self._done_before(request, object_id)) is not None:
                return self.response_change(request, row) if object_id else self.response_add(request, row)
            return self._changeform_view(request, object_id, form_url, extra_context)
        except Refused as refused:
            request.refused = refused
        except self.model.DoesNotExist:  # sent again after somebody deleted what it had made
            return self._get_obj_does_not_exist_redirect(request, self.opts, "")
        if isinstance(request.refused.why, Conflict):
            self._let_it_be_sent_again(request, request.refused)
        response = self._changeform_view(request, object_id, form_url, extra_context)
        response.status_code = request.refused.status
        return response

    def _let_it_be_sent_again(self, request, refused: Refused) -> None:
        """Bring the form that was overtaken up to date, and say what stands there now."""
        data, current = request.POST.copy(), refused.why.current
        data["key"] = str(uuid.uuid4())
        if current is not None and hasattr(current, "act"):
            data[f"{refused.prefix}-seen" if refused.prefix else "seen"] = str(current.act.key)
            now = "; ".join(f"{label}: {value}" for label, value in _in_words(current))
            again = _("There is now: %(now)s. What you entered is below; send it again to put it there.") % {"now": now}
            refused.error = ValidationError([str(refused.why), again])
        request.POST = data

    # ---- writing

    def _asks(self, request, object_id) -> dict[str, Any]:
        """What the page that was sent asks for: kind and body of its act."""
        body = {name: values for name, values in request.POST.lists() if name not in NOT_WHAT_IT_IS_ABOUT}
        verb = "change" if object_id else "create"
        return {"kind": f"{self.opts.model_name}.{verb}", "body": ["admin", object_id, body]}

    def _done_before(self, request, object_id) -> models.Model | None:
        """The row that this very page wrote already: somebody sent it twice."""
        try:
            act = Act.objects.filter(key=uuid.UUID(request.POST.get("key", "")), user=request.user).first()
        except ValueError:
            return None
        if act is None or act.digest != digest(**self._asks(request, object_id), reason=""):
            return None
        return self.get_object(request, unquote(object_id)) if object_id else act.made(self.model)

    def save_model(self, request, obj, form, change):
        """Together with what hangs on it, in save_related."""

    def save_related(self, request, form, formsets, change):
        object_id = str(form.instance.pk) if change else None

        def do(act):
            with together(act):
                self.write(act, request, form, change)
                parent = _as_it_stands(self.model, form.instance.pk)
                for formset in formsets:
                    formset.inline.write(act, request, parent, formset)

        with refusing(""):
            act = perform(
                user=request.user,
                key=form.cleaned_data["key"],
                do=do,
                scope=self.scope_of(form),
                **self._asks(request, object_id),
            )
        if not change:
            form.instance.pk = act.made(self.model).pk
        form.instance.refresh_from_db()

    def write(self, act: Act, request: HttpRequest, form: ActedForm, change: bool) -> None:
        """Write the row of the page itself, if anything in its own form changed."""
        stamp = {"user": request.user, "key": act.key}
        if not change:
            with refusing(""):
                self.create(stamp | self._line(form), form.words())
            form.instance.pk = act.made(self.model).pk
        elif set(form.changed_data) - {"key", "seen"}:
            with refusing(""):
                row = _as_it_stands(self.model, form.instance.pk)
                self.update(stamp | {"seen": form.cleaned_data["seen"]}, row, form.words())

    def _line(self, form):
        """For tables that are only added to: the last entry of the line, as the page saw it."""
        return {"seen": form.cleaned_data["seen"]} if getattr(self.model, "append_only", False) is True else {}

    def _create_formsets(self, request, obj, change):
        formsets, inlines = super()._create_formsets(request, obj, change)
        for formset, inline in zip(formsets, inlines, strict=True):
            formset.inline = inline
        return formsets, inlines

    def scope_of(self, form) -> int | None:
        """The id of the program that this save belongs to."""
        return self.scope(form.instance)

    # ---- going

    def get_deleted_objects(self, objs, request):
        """The service that deletes says what hangs on it, in its own words."""
        return [str(obj) for obj in objs], {}, set(), []

    @csrf_protect_m
    def delete_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, unquote(object_id))
        seen = row.seen if isinstance(row, Versioned) else ""
        try:
            return self._delete_view(
                request, object_id, {"key": str(uuid.uuid4()), "seen": seen} | (extra_context or {})
            )
        except (ValidationError, Conflict) as error:
            for message in getattr(error, "messages", [str(error)]):
                self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def delete_model(self, request, obj):
        key, seen = request.POST.get("key", ""), request.POST.get("seen", "")

        def do(act):
            with together(act):
                self.delete({"user": request.user, "key": act.key, "seen": seen}, obj)

        kind = f"{self.opts.model_name}.delete"
        perform(user=request.user, key=key, kind=kind, body=["admin", obj.pk, seen], do=do, scope=self.scope(obj))

    # ---- what was done: the trail knows, and Django's own log is not kept beside it

    def history_view(self, request, object_id, extra_context=None):
        row = self.get_object(request, unquote(object_id))
        whole = request.user.is_superuser or (not self.shared and row is not None and self._runs(request, row))
        parts = self.parts if whole else ()  # parts tell of others too
        told = {"history": history_of(row, parts=parts, health=self.runs(request, row))} if row else {}
        return super().history_view(request, object_id, told | (extra_context or {}))

    def construct_change_message(self, request, form, formsets, add=False):
        return ""

    def log_addition(self, request, obj, message):
        """In the trail."""

    def log_change(self, request, obj, message):
        """In the trail."""

    def log_deletions(self, request, queryset):
        """In the trail."""


class Confirmed:
    """Pages of an admin that write only for somebody who has shown lately that it is they. Put it first."""

    def changeform_view(self, request, *args, **kwargs):
        return reauthenticated_writing(super().changeform_view)(request, *args, **kwargs)

    def changelist_view(self, request, *args, **kwargs):
        return reauthenticated_writing(super().changelist_view)(request, *args, **kwargs)

    def delete_view(self, request, *args, **kwargs):
        return reauthenticated_writing(super().delete_view)(request, *args, **kwargs)


def act_now(request: HttpRequest, write: Callable[[dict], Any], row: Versioned) -> bool:
    """Let a button or list action write at once; say so if it is refused."""
    try:
        write({"user": request.user, "key": uuid.uuid4(), "seen": row.seen})
    except (ValidationError, Conflict, PermissionDenied) as error:
        for message in getattr(error, "messages", [str(error) or _("This is not yours to change.")]):
            messages.error(request, f"{row}: {message}")
        return False
    return True


def _as_it_stands(model, pk) -> models.Model:
    rows = model._default_manager.select_related("act") if hasattr(model, "act") else model._default_manager
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Conflict
    return row


def _in_words(row: models.Model) -> Iterator[tuple[str, str]]:
    """What stands in a row, as far as it may be shown."""
    for field in row._meta.concrete_fields:
        if field.editable and not field.primary_key and field.name not in getattr(row, "secret", ()):
            display = getattr(row, f"get_{field.name}_display", None)
            value = display() if display else getattr(row, field.name)
            if value not in (None, "") and field.name not in getattr(row, "unrecorded", ()):
                yield str(field.verbose_name), str(value)


__all__ = ["ActedAdmin", "ActedForm", "ActedInline", "Confirmed", "RowForm", "act_now", "refusing"]
