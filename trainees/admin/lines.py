"""Tables of lines that are only added to: the next entry, or one that corrects an earlier one."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedForm
from accounts.addresses import as_pk
from programs.admin.base import ProgramAdminBase


class LineForm(ActedForm):
    """`seen` is the key of the line's last entry, where the page that led here knew the line."""

    in_place_of = forms.ModelChoiceField(queryset=None, required=False, widget=forms.HiddenInput)


class LineAdmin(ProgramAdminBase):
    """`line` names the fields that make the line. Entries are added; none is changed.

    Whoever does not come from the line's page is told first if there is an entry already, and sends the form again.
    """

    form = LineForm
    line: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    def get_fields(self, request, obj=None):
        fields = [*self.entered(request), *([] if obj else ["in_place_of"])]
        return [*fields, "corrects", "corrected"] if obj else fields

    def get_readonly_fields(self, request, obj=None):
        return ["corrects", "corrected"] if obj else []

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        form.base_fields["in_place_of"].queryset = self.choices_for(request, self.model)
        return form

    def get_changeform_initial_data(self, request):
        """Coming from an entry that is wrong, with what stood there; the version is the line's last entry in any case."""
        initial = super().get_changeform_initial_data(request)
        initial.pop("seen", None)
        if (wrong := self._given(request, self.model, initial.get("in_place_of"))) is not None:
            initial |= {f: getattr(wrong, wrong._meta.get_field(f).attname) for f in (*self.line, *self.copied)}
        last = self.last_of({name: initial.get(name) for name in self.line}, request)
        return initial | ({"seen": str(last.act.key)} if last else {})

    def last_of(self, line, request):
        """The last entry of a line given by ids; nothing where one is not given."""
        if None in map(as_pk, line.values()):
            return None
        return self.get_queryset(request).filter(**line).select_related("act").order_by("pk").last()

    def _given(self, request, model, pk):
        rows = self.admin_site.get_model_admin(model).get_queryset(request)
        return None if (pk := as_pk(pk)) is None else rows.filter(pk=pk).first()

    @admin.display(description=_("corrects"))
    def corrects(self, row):
        return self._link(row.voids) if row.voids_id else "–"

    @admin.display(description=_("corrected by"))
    def corrected(self, row):
        later = self.model.objects.filter(voids=row).first()
        if later is not None:
            return self._link(later)
        add = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_add")
        return format_html('<a href="{}?in_place_of={}">{}</a>', add, row.pk, _("This is wrong: correct it"))

    def _link(self, row):
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, row)


def only_for(values: dict, names: tuple[str, ...], message) -> None:
    """Refuse what was entered where it means nothing, instead of dropping it."""
    wrong = [name for name in names if values.get(name)]
    if wrong:
        raise ValidationError(dict.fromkeys(wrong, message))
