"""Result sheets: of a session, of a cohort, and the one mark that both send."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from programs.access import fetch
from programs.models import SkillModule

from .. import services
from ..forms.sheets import MarkForm
from ..models import Enrolment, Record
from ..selectors.sheets import note_of, standing_mark
from .marks import mark_answer, saved, stands

RESULTS = dict(Record.Kind.choices)
PLACES = Enrolment.objects.filter(previous=None).select_related("trainee", "program")  # one line, one first of it


@require_POST
def result_mark(request, uuid, program, code):
    """One result of one trainee in one module, answered to the script that sent it."""
    place = fetch(PLACES, request.user, "record", trainee__uuid=uuid, program__slug=program)
    form = MarkForm(request.POST, trainee=place.trainee, code=code)
    session = form.cleaned_data["session"] if form.is_valid() else None
    module = session.module if session else get_object_or_404(SkillModule, code=code)
    of = {"trainee": place.trainee, "program": place.program, "module": module}

    def save():
        made = services.mark_result(user=request.user, **of, **form.stamp(), **form.words())
        value = form.cleaned_data["kind"]
        words = RESULTS.get(value, _("not marked"))
        return saved(made.record.act, value, words, note_of(made.attempt, made.record.recertification))

    def theirs():
        day = form.cleaned_data["assessed_on"]
        seen, value, act = standing_mark(**of, session=session, day=day)
        return stands(act, value, RESULTS.get(value, _("not marked"))) | {"seen": seen}

    with timezone.override(place.program.time_zone):
        return mark_answer(request, form, save, theirs)
