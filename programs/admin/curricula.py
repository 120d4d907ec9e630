"""Curriculum versions with their entries, and entries with their checklists."""

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.acted_admin import ActedForm, RowForm, refusing
from accounts.acts import Conflict
from accounts.forms import SeveralField

from .. import services
from ..models import Curriculum, CurriculumEntry, EntryTrack, PerformanceStep, Prerequisite, Track
from .base import Acting, ProgramAdminBase, ProgramFilter, ProgramInline

ASKED = ("required", "hours", "pass_mark", "validity_months", "steps_needed")


class EntryRowForm(RowForm):
    kept = ("module",)
    position = forms.IntegerField(
        label=_("Position"),
        min_value=1,
        required=False,
        widget=forms.NumberInput(attrs={"size": 4}),
        help_text=_("Empty: at the end."),
    )
    tracks = forms.TypedMultipleChoiceField(
        label=_("only for"), coerce=int, required=False, help_text=_("None chosen: for every track.")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tracks"] = [link.track_id for link in self.instance.for_tracks.all()]

    def clean_tracks(self):
        return Track.objects.filter(pk__in=self.cleaned_data["tracks"]).order_by("pk")

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() | {"position"}  # empty means: where it is, or at the end


class EntryInline(ProgramInline):
    model = CurriculumEntry
    form = EntryRowForm
    program = "curriculum__program_id"
    fields = ("position", "module", *ASKED, "tracks")
    autocomplete_fields = ("module",)
    ordering = ("position", "pk")
    show_change_link = True

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("module").prefetch_related("for_tracks")

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        return fields if self.has_add_permission(request, obj) else [n for n in fields if n != "tracks"]

    def get_formset(self, request, obj=None, **kwargs):
        formset = super().get_formset(request, obj, **kwargs)
        tracks = Track.objects.filter(program=obj.program_id) if obj and obj.program_id else Track.objects.none()
        formset.form.base_fields["tracks"].choices = [(track.pk, str(track)) for track in tracks]
        return formset

    def create(self, stamp, curriculum, values):
        position = values.pop("position")
        services.add_entry(**stamp, curriculum=curriculum, **values)
        if position:
            entry = CurriculumEntry.objects.select_related("act").get(curriculum=curriculum, module=values["module"])
            services.update_entry(**stamp, entry=entry, seen=entry.seen, position=position)

    def update(self, stamp, entry, values):
        if not values["position"]:
            del values["position"]
        services.update_entry(**stamp, entry=entry, **values)

    def delete(self, stamp, entry):
        services.remove_entry(**stamp, entry=entry)


class CurriculumForm(ActedForm):
    copy_of = forms.ModelChoiceField(
        Curriculum.objects.none(),
        label=_("Copy of"),
        required=False,
        help_text=_("An earlier version of the same program: everything in it is taken over."),
    )


@admin.register(Curriculum)
class CurriculumAdmin(Acting, ProgramAdminBase):
    form = CurriculumForm
    list_display = ("__str__", "number", "note", "published_at")
    list_filter = (
        ("published_at", admin.EmptyFieldListFilter),
        ProgramFilter,
    )
    list_select_related = ("program",)
    search_fields = ("program__search", "note")
    autocomplete_fields = ("program",)
    readonly_fields = ("published_at",)
    fixed = ("program", "number")
    inlines = (EntryInline,)
    parts = (CurriculumEntry,)
    actions = ("publish",)

    def get_fields(self, request, obj=None):
        return ("program", "number", "note", "published_at") if obj else ("program", "note", "copy_of")

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        versions = self.choices_for(request, Curriculum).select_related("program")
        form.base_fields["copy_of"].queryset = versions
        return form

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()  # a new version gets its modules once it is known what it copies

    def open_for_change(self, row):
        return row.published_at is None

    def create(self, stamp, values):
        services.create_curriculum(**stamp, **values)

    def update(self, stamp, curriculum, values):
        services.update_curriculum(**stamp, curriculum=curriculum, note=values["note"])

    def delete(self, stamp, curriculum):
        services.delete_curriculum(**stamp, curriculum=curriculum)

    @admin.action(description=_("Publish: from then on never edited"), permissions=["change"])
    def publish(self, request, queryset):
        self.each(request, queryset, lambda stamp, row: services.publish_curriculum(**stamp, curriculum=row))


class StepInline(ProgramInline):
    """The checklist, written as a whole, in the order of the positions."""

    model = PerformanceStep
    program = "entry__curriculum__program_id"
    fields = ("position", "title", "critical")

    def create(self, stamp, entry, values): ...

    update = delete = create

    def write(self, act, request, parent, formset):
        if not formset.has_changed():
            return
        rows = []
        for form in formset.forms:
            if form.instance.pk and form.instance.seen != form.cleaned_data["seen"]:
                with refusing(form.prefix, on_top=True):
                    raise Conflict(current=form.instance)
            if form.cleaned_data.get("title") and not form.cleaned_data.get("DELETE"):
                rows.append((form.cleaned_data["position"], form.cleaned_data["title"], form.cleaned_data["critical"]))
        steps = [(title, critical) for _position, title, critical in sorted(rows, key=lambda row: row[0])]
        stamp = {"user": request.user, "key": act.key, "seen": parent.seen}
        services.update_entry(**stamp, entry=parent, steps=steps)


class EntryForm(ActedForm):
    tracks = SeveralField(
        Track.objects.none(), label=_("Only for"), required=False, help_text=_("None chosen: for every track.")
    )
    prerequisites = SeveralField(CurriculumEntry.objects.none(), label=_("Prerequisites"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tracks"] = [link.track_id for link in self.instance.for_tracks.all()]
            self.initial["prerequisites"] = [link.needs_id for link in self.instance.prerequisites.all()]


@admin.register(CurriculumEntry)
class CurriculumEntryAdmin(ProgramAdminBase):
    form = EntryForm
    program = "curriculum__program_id"
    list_display = ("module", "curriculum", "position", *ASKED)
    list_filter = ("required", ProgramFilter)
    list_select_related = ("module", "curriculum__program")
    search_fields = ("module__search", "curriculum__program__search")
    autocomplete_fields = ("curriculum", "module")
    fixed = ("curriculum",)
    inlines = (StepInline,)
    parts = (EntryTrack, Prerequisite, PerformanceStep)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("curriculum__program", "module")

    def get_fields(self, request, obj=None):
        if obj is None:
            return ("curriculum", "module", *ASKED)
        links = ("tracks", "prerequisites") if self.has_change_permission(request, obj) else ()
        return ("curriculum", "module", "position", *ASKED, *links)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is not None:
            others = CurriculumEntry.objects.filter(curriculum=obj.curriculum_id).exclude(pk=obj.pk)
            form.base_fields["prerequisites"].queryset = others.select_related("module")
            form.base_fields["tracks"].queryset = Track.objects.filter(program=obj.curriculum.program_id)
        return form

    def get_inlines(self, request, obj):
        return self.inlines if obj else ()

    def open_for_change(self, row):
        return row.curriculum.published_at is None

    def create(self, stamp, values):
        services.add_entry(**stamp, **values)

    def update(self, stamp, entry, values):
        services.update_entry(**stamp, entry=entry, **values)

    def delete(self, stamp, entry):
        services.remove_entry(**stamp, entry=entry)


class PartOfEntryAdmin(ProgramAdminBase):
    """Looked at here, written on the page of the entry."""

    program = "entry__curriculum__program_id"
    list_filter = (ProgramFilter,)
    list_select_related = ("entry__module", "entry__curriculum__program")
    search_fields = ("entry__module__search", "entry__curriculum__program__search")

    @admin.display(description=_("curriculum version"))
    def curriculum(self, row):
        return row.entry.curriculum


@admin.register(EntryTrack)
class EntryTrackAdmin(PartOfEntryAdmin):
    list_display = ("entry", "curriculum", "track")
    list_select_related = (*PartOfEntryAdmin.list_select_related, "track")


@admin.register(Prerequisite)
class PrerequisiteAdmin(PartOfEntryAdmin):
    list_display = ("entry", "needs", "curriculum")
    list_select_related = (*PartOfEntryAdmin.list_select_related, "needs__module")


@admin.register(PerformanceStep)
class PerformanceStepAdmin(PartOfEntryAdmin):
    list_display = ("title", "critical", "position", "entry", "curriculum")
    list_filter = ("critical", *PartOfEntryAdmin.list_filter)
    search_fields = ("title", *PartOfEntryAdmin.search_fields)
