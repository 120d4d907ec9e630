"""The catalogue of modules."""

from functools import partial

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download, history_asked
from accounts.htmx import page_or_partial
from accounts.pages import act_page, delete_page, form_page, told

from .. import services, tables
from ..access import coordinates_any, fetch, must_coordinate
from ..filters import ModuleFilter
from ..forms import ModuleForm
from ..lists import page_of
from ..models import CurriculumEntry, SkillModule

ORDERS = {"code": ("code",), "title": ("title",), "kind": ("kind", "code")}


@require_safe
def module_list(request):
    filter = ModuleFilter(request.GET, SkillModule.objects.visible_to(request.user))
    context = {
        "filter": filter,
        "page": page_of(request, filter.qs, ORDERS),
        "may_create": coordinates_any(request.user),
    }
    if asked(request):
        return download(request, context, tables.modules)
    return page_or_partial(request, "programs/module_list.html", "rows", context)


@require_safe
def module_detail(request, code):
    module = fetch(SkillModule.objects.select_related("act"), request.user, code=code)
    entries = CurriculumEntry.objects.visible_to(request.user).filter(module=module)
    context = {
        "module": module,
        "entries": entries.select_related("curriculum__program").order_by(
            "curriculum__program__code", "-curriculum__number"
        ),
    } | told(request, module)
    if history_asked(request):
        return download(request, context)
    return render(request, "programs/module_detail.html", context)


def module_create(request):
    must_coordinate(request.user)
    form = ModuleForm(request.POST or None)

    def save():
        return services.create_module(user=request.user, key=form.cleaned_data["key"], **form.words())

    page = {"title": _("New module"), "submit": _("Add the module"), "done": _("Module added.")}
    return form_page(request, form, save, back=reverse("programs:module_list"), place=_("Modules"), **page)


def module_edit(request, code):
    module = _module(request, code)
    form = ModuleForm(request.POST or None, instance=module)
    back = module.get_absolute_url()

    def save():
        return services.update_module(user=request.user, module=module, **form.stamp(), **form.words())

    page = {"title": _("Change module %(what)s") % {"what": code}, "submit": _("Save"), "done": _("Saved.")}
    return form_page(request, form, save, back=back, crumbs=[module], **page)


@require_POST
def module_archive(request, code):
    module = _module(request, code)
    archived = request.POST.get("archived") == "1"

    def save(form):
        services.archive_module(user=request.user, module=module, archived=archived, **form.stamp())

    done = _("Module archived. Programs that teach it keep it.") if archived else _("Back among the current modules.")
    return act_page(request, save, back=module.get_absolute_url(), done=done)


def module_delete(request, code):
    module = _module(request, code)
    return delete_page(
        request,
        module,
        partial(services.delete_module, module=module),
        then=reverse("programs:module_list"),
        back=module.get_absolute_url(),
        crumbs=[module],
        archive=reverse("programs:module_archive", args=[code]),
        title=_("Delete module %(what)s?") % {"what": code},
        text=_("Only a module that no curriculum has can be deleted. One that was taught is archived instead."),
        submit=_("Delete the module"),
        done=_("Module deleted."),
    )


def _module(request, code):
    return fetch(SkillModule.objects.select_related("act"), request.user, "run", code=code)
