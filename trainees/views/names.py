"""Names behind a reason: of one trainee once, of a roster for a while."""

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.pages import act_page, form_page
from programs.access import EVERYBODY, fetch

from .. import services
from ..forms.people import NameForm, NameReadForm, NamesReadForm
from ..models import Trainee
from ..selectors.loading import Moment
from ..selectors.names import names_by, names_shown
from ..selectors.roster import roster_of
from .cohorts import COHORTS

TRAINEES = Trainee.objects.select_related("act")
SHOWN = "names"  # in the session, which is on the server and ends with signing out: by cohort, the act that asked
PAGES = {"roster": "trainees:cohort_roster", "roll": "trainees:cohort_roll"}  # where a cohort's names can stand


def trainee_name(request, uuid):
    """Show the name, once, to a coordinator who says why: an act that is kept. It is in no address and no list."""
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    form = NameReadForm(request.POST or None)
    context = {"form": form, "trainee": trainee, "title": _("Name of %(trainee)s") % {"trainee": trainee}}
    context |= {"submit": _("Show name"), "back": trainee.get_absolute_url(), "crumbs": [trainee]}
    if request.method != "POST":
        return render(request, "form_page.html", context)
    if not form.is_valid():
        return render(request, "form_page.html", context, status=422)
    program = trainee.enrolments.run_by(request.user).order_by("-pk").values_list("program_id", flat=True).first()
    act = services.read_names(
        user=request.user,
        key=form.stamp()["key"],
        trainees=[trainee],
        reason=form.cleaned_data["reason"],
        scope=program,
    )
    context["name"] = names_by(act).get(trainee.pk, "")
    return render(request, "trainees/trainee_name.html", context)


def name_edit(request, uuid):
    """Enter or correct the name. What stands there now is not shown: that would be reading it."""
    trainee = fetch(TRAINEES, request.user, "run", uuid=uuid)
    form = NameForm(request.POST or None)

    def save():
        services.write_name(user=request.user, key=form.stamp()["key"], trainee=trainee, **form.words())
        return trainee

    return form_page(
        request,
        form,
        save,
        title=_("Enter the name of %(trainee)s") % {"trainee": trainee},
        text=_("The name takes the place of any entered before. The history says that it changed, never what it is."),
        submit=_("Save"),
        back=trainee.get_absolute_url(),
        crumbs=[trainee],
        done=_("The name is kept apart."),
    )


def cohort_names(request, slug):
    """Open the names of everybody on the roster, for a reason and for a while; `?on=` says on which page to look at them."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    back = reverse(PAGES.get(request.GET.get("on", ""), PAGES["roster"]), args=[slug])
    form = NamesReadForm(request.POST or None)

    def save():
        seats = roster_of(cohort, Moment.of(cohort.program, cohort.default_as_of()), EVERYBODY)
        act = services.read_names(
            user=request.user,
            key=form.stamp()["key"],
            trainees=[seat.entry.trainee for seat in seats],
            scope=cohort.program_id,
            **form.words(),
        )
        request.session[SHOWN] = request.session.get(SHOWN, {}) | {str(cohort.pk): act.pk}
        return back

    return form_page(
        request,
        form,
        save,
        title=_("Show the names of %(cohort)s") % {"cohort": cohort},
        text=_(
            "They stand on the roster and on the completion roll for 15 minutes, for you alone. "
            "Each name is noted as read, with your reason."
        ),
        submit=_("Show names"),
        back=back,
        crumbs=[cohort.program, cohort],
        place=_("Roster"),
    )


@require_POST
def cohort_names_hide(request, slug):
    """Close them before their time; `?on=` leads back."""
    cohort = fetch(COHORTS, request.user, "run", slug=slug)
    back = reverse(PAGES.get(request.GET.get("on", ""), PAGES["roster"]), args=[slug])

    def save(_form):
        names = request.session.get(SHOWN, {})
        request.session[SHOWN] = {one: act for one, act in names.items() if one != str(cohort.pk)}

    return act_page(request, save, back=back)


def names_on(request, cohort):
    """The names that this person opened for `cohort` and that are still shown, or None."""
    if not cohort.may_run:
        return None
    return names_shown(request.user, request.session.get(SHOWN, {}).get(str(cohort.pk)))


def while_shown(response, shown):
    """Have the browser ask for the page again once `shown` names are over: they leave the screen by themselves."""
    if shown:
        response["Refresh"] = str(shown.seconds)
    return response
