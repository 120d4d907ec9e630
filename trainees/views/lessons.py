"""Lessons identified: the lists of a cohort and of a program, noting, changing, closing."""

from functools import partial

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.exports import asked, download
from accounts.htmx import page_or_partial
from accounts.pages import act_page, delete_page, form_page
from programs.access import fetch
from programs.lists import page_of
from programs.models import Program

from .. import services
from ..filters import LessonFilter
from ..forms.lessons import LessonCloseForm, LessonForm
from ..models import Cohort, Lesson
from ..selectors.lessons import lessons_of, modules_of, to_be_learned
from ..tables import lessons as tables
from .cohorts import COHORTS

LESSONS = Lesson.objects.select_related("cohort__program", "module", "act")
ORDERS = {"due": ("due_on",), "module": ("module__code",)}


@require_safe
def cohort_lessons(request, slug):
    """What this cohort would keep or change."""
    cohort = fetch(COHORTS, request.user, slug=slug)
    context = {"cohort": cohort, "program": cohort.program, "may_record": cohort.may_record, "may_run": cohort.may_run}
    return _list(request, lessons_of(cohort.program_id).filter(cohort=cohort), [cohort], context)


@require_safe
def program_lessons(request, slug):
    """The lessons of all cohorts of a program, the newest first."""
    program = fetch(Program.objects.select_related("act"), request.user, slug=slug)
    context = {"program": program, "may_record": program.may_record, "may_run": program.may_run}
    return _list(request, lessons_of(program), Cohort.objects.filter(program=program), context)


def _list(request, rows, cohorts, context):
    chosen = LessonFilter(request.GET, queryset=rows, modules=modules_of(cohorts).values_list("code", "title"))
    context |= {"filter": chosen, "page": page_of(request, chosen.qs, ORDERS), "tab": "lessons", "dates_query": ""}
    if asked(request):
        return download(request, context, tables.lessons)
    return page_or_partial(request, "trainees/lesson_list.html", "rows", context)


def lessons_beside(program, cohort=None, module=None):
    """What a page on which somebody plans shows beside its form: what earlier cohorts would keep or change."""
    return {
        "beside": "trainees/lessons_beside.html",
        "lessons": to_be_learned(program, cohort, module),
        "lessons_of": program,
    }


def lesson_create(request, slug):
    """A new lesson; `?module=` says about which module."""
    cohort = fetch(COHORTS, request.user, "record", slug=slug)
    about = modules_of([cohort]).filter(code=request.GET.get("module", "")).first()
    form = LessonForm(request.POST or None, cohort=cohort, initial={"module": about})
    back = reverse("trainees:cohort_lessons", args=[slug])

    def save():
        services.add_lesson(user=request.user, key=form.stamp()["key"], cohort=cohort, **form.words())
        return back

    page = {"title": _("New lesson of %(cohort)s") % {"cohort": cohort}, "submit": _("Note it")}
    done = _("Noted. Whoever plans the next cohort is shown it.")
    return form_page(request, form, save, back=back, crumbs=[cohort], place=_("Lessons"), done=done, **page)


def lesson_edit(request, pk):
    lesson = _lesson(request, pk)
    form = LessonForm(request.POST or None, instance=lesson, cohort=lesson.cohort)

    def save():
        services.update_lesson(user=request.user, lesson=lesson, **form.stamp(), **form.words())
        return _back(lesson)

    instead = (reverse("trainees:lesson_delete", args=[pk]), _("Delete…"))
    return _page(request, lesson, form, save, title=_("Change the lesson"), submit=_("Save"), instead=instead)


def lesson_close(request, pk):
    """It is learned, or dropped."""
    lesson = fetch(LESSONS, request.user, "run", pk=pk)
    form = LessonCloseForm(request.POST or None, initial={"seen": lesson.seen})

    def save():
        services.close_lesson(user=request.user, lesson=lesson, **form.stamp(), **form.words())
        return _back(lesson)

    return _page(
        request, lesson, form, save, title=_("What came of the lesson?"), submit=_("Close it"), text=lesson.text
    )


def _page(request, lesson, form, save, **page):
    page |= {"back": _back(lesson), "crumbs": [lesson.cohort], "place": _("Lessons"), "done": _("Saved.")}
    return form_page(request, form, save, **page)


@require_POST
def lesson_reopen(request, pk):
    lesson = fetch(LESSONS, request.user, "run", pk=pk)

    def save(form):
        services.reopen_lesson(user=request.user, lesson=lesson, **form.stamp())

    return act_page(request, save, back=_back(lesson), done=_("It is to be learned again."))


def lesson_delete(request, pk):
    lesson = _lesson(request, pk)
    return delete_page(
        request,
        lesson,
        partial(services.delete_lesson, lesson=lesson),
        then=_back(lesson),
        back=_back(lesson),
        crumbs=[lesson.cohort],
        place=_("Lessons"),
        title=_("Delete the lesson?"),
        text=_("Delete what was entered by mistake. What comes to nothing is no mistake: close it as dropped."),
        submit=_("Delete"),
        done=_("The lesson is deleted."),
    )


def _lesson(request, pk):
    """One's own lesson, or any for whoever runs the program."""
    lesson = fetch(LESSONS, request.user, "record", pk=pk)
    if not lesson.may_run and lesson.added_by_id != request.user.pk:
        raise PermissionDenied
    return lesson


def _back(lesson):
    return f"{reverse('trainees:cohort_lessons', args=[lesson.cohort.slug])}#lesson-{lesson.pk}"
