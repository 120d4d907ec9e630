"""What is held about a person: handed out to them, and erased."""

import json

from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from accounts.pages import form_page
from accounts.reauthentication import reauthenticated
from programs.access import fetch

from .. import services
from ..forms.people import EraseForm, HandOutForm
from ..models import Trainee
from ..selectors.person import held_about

TRAINEES = Trainee.objects.select_related("act")


@reauthenticated
def trainee_data(request, uuid):
    """All that is held about a trainee, as a file, for a reason: an act that is kept as a reading of the name."""
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    services.must_run_wholly(request.user, trainee)
    form = HandOutForm(request.POST or None)
    if not form.is_valid():
        context = {
            "form": form,
            "title": _("All that is held about %(trainee)s") % {"trainee": trainee},
            "text": _(
                "A file for the person whom it is about: name, places, results, attendance, excusals, completions, "
                "who read the name, and the history of all of it. It is not kept here."
            ),
            "submit": _("Download"),
            "back": trainee.get_absolute_url(),
            "crumbs": [trainee],
        }
        return render(request, "form_page.html", context, status=422 if request.method == "POST" else 200)
    services.read_names(
        user=request.user,
        key=form.stamp()["key"],
        trainees=[trainee],
        reason=form.cleaned_data["reason"],
        scope=trainee.enrolments.order_by("-pk").values_list("program_id", flat=True).first(),
        kind="person.hand_out",
    )
    words = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(held_about(trainee))
    answer = StreamingHttpResponse(words, content_type="application/json")
    answer["Content-Disposition"] = content_disposition_header(True, f"{trainee.roll_number}.json")
    return answer


@reauthenticated
def trainee_erase(request, uuid):
    """Erase who a trainee was, after typing the roll number and a reason."""
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    services.must_run_wholly(request.user, trainee)
    form = EraseForm(request.POST or None, initial={"seen": trainee.seen})

    def save():
        services.erase_person(user=request.user, trainee=trainee, **form.stamp(), **form.words())
        return trainee

    return form_page(
        request,
        form,
        save,
        title=_("Erase who %(trainee)s is") % {"trainee": trainee},
        text=_(
            "Name and call sign go, and every remark and reason that was written about this person, from the history too. "
            "The roll number, results, attendance, days and who entered them stay, so that the numbers of the cohort do. "
            "This cannot be undone by anybody. Backups made before keep what they hold until they are destroyed."
        ),
        submit=_("Erase for good"),
        danger=True,
        back=trainee.get_absolute_url(),
        crumbs=[trainee],
        done=_("Erased."),
    )
