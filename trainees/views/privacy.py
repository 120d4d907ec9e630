"""What is held about a person: handed out to them, and erased."""

from django.utils.translation import gettext as _

from accounts.pages import form_page
from programs.access import fetch

from .. import services
from ..forms.people import EraseForm
from ..models import Trainee

TRAINEES = Trainee.objects.select_related("act")


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
