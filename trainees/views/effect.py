"""What if the rule changes: what another curriculum version would change is shown before it is published or followed."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exports import asked, download
from accounts.pages import form_page
from programs.access import fetch, limits_of
from programs.lists import page_of
from programs.models import Curriculum

from .. import services
from ..forms.cohorts import EffectForm, FollowForm
from ..selectors.effect import digest_of, effects_of, may_follow
from ..tables import effect as tables
from .cohorts import COHORTS


def cohort_follow(request, slug):
    """Move the cohort to another published version of the curriculum: which and from when, what changes, then doing it."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    changes = list(cohort.curricula.standing().values_list("since", flat=True))
    begins = {"since": cohort.today() if changes else cohort.starts_on}
    choice = FollowForm(request.GET if "curriculum" in request.GET else None, cohort=cohort, initial=begins)
    page = {
        "title": _("Curriculum of cohort %(cohort)s") % {"cohort": cohort},
        "crumbs": [cohort.program, cohort],
        "back": cohort.get_absolute_url(),
    }
    if not choice.is_valid():
        page |= {"form": choice, "submit": _("Show what changes"), "get": True}
        status = 422 if request.method == "POST" else 200
        return render(request, "form_page.html", page, status=status)
    curriculum, since = choice.cleaned_data["curriculum"], choice.cleaned_data["since"]
    effects = effects_of([cohort], curriculum, limits_of(cohort), since)
    form = EffectForm(request.POST or None, expected=digest_of(effects))
    page |= _shown(request, effects) | {"cohort": cohort, "program": cohort.program, "curriculum": curriculum}
    page["can_be_undone"] = any(day < since for day in changes)

    def save():
        said = {"curriculum": curriculum, "since": since}
        key = form.stamp()["key"]
        services.follow_curriculum(user=request.user, key=key, cohort=cohort, **said, **form.words())
        return cohort

    if asked(request):
        return download(request, page, tables.effect, numbers=tables.effect_numbers)
    done = _("Saved. It can be taken back below.") if page["can_be_undone"] else _("Saved.")
    with timezone.override(cohort.program.time_zone):
        return form_page(
            request, form, save, template="trainees/cohort_follow.html", submit=_("Follow it"), done=done, **page
        )


def curriculum_effect(request, slug, number):
    """What a version would change in the cohorts that follow an older one; a draft is published from here."""
    rows = Curriculum.objects.select_related("act", "program")
    curriculum = fetch(rows, request.user, "run", program__slug=slug, number=number)
    program = curriculum.program
    effects = effects_of(may_follow(program, curriculum), curriculum, limits_of(curriculum))
    form = EffectForm(request.POST or None, expected=digest_of(effects), initial={"seen": curriculum.seen})
    page = _shown(request, effects) | {
        "title": _("What version %(number)s would change") % {"number": number},
        "crumbs": [program, curriculum],
        "back": curriculum.get_absolute_url(),
        "curriculum": curriculum,
        "program": program,
    }

    def save():
        services.publish_curriculum(user=request.user, curriculum=curriculum, **form.stamp(), **form.words())
        return curriculum

    if asked(request):
        return download(request, page, tables.effect, numbers=tables.effect_numbers)
    done = _("Published. Cohorts may follow this version; nothing in it changes any more.")
    with timezone.override(program.time_zone):
        return form_page(
            request, form, save, template="trainees/curriculum_effect.html", submit=_("Publish"), done=done, **page
        )


def _shown(request, effects):
    """Of one cohort the page shows all: the one that the address names, else the first. `?module=` narrows its statuses."""
    shown = next((one for one in effects if one.cohort.slug == request.GET.get("cohort")), next(iter(effects), None))
    codes = [one.entry.code for one in shown.modules] if shown else []
    module = request.GET.get("module") if request.GET.get("module") in codes else ""
    cells = [one for one in shown.cells if module in {"", one.entry.code}] if shown else []
    return {"effects": effects, "shown": shown, "module": module, "page": page_of(request, cells, {})}
