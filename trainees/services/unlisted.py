"""People at a session who are not on its roster: noted by whoever calls the roll, resolved by a coordinator."""

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.acts import Key, add, change, perform
from accounts.models import Act, User
from programs.access import must_record, must_run

from ..models import Attendance, Enrolment, SessionAudience, Trainee, TrainingSession, Unlisted
from ..selectors.sessions import expected_at
from .registers import must_be_open


def add_unlisted(*, user: User, key: Key, session: TrainingSession, told: str) -> Unlisted:
    """Note somebody by the roll number or call sign that they told."""
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_record(user, scope)
        must_be_open(session)
        words = told.strip()
        called = Q(roll_number__iexact=words) | Q(call_sign__iexact=words) | Q(merged__roll_number__iexact=words)
        here = Trainee.objects.filter(called, pk__in=expected_at(session)).first()
        if here is not None:
            raise ValidationError({"told": _("%(trainee)s is on this register.") % {"trainee": here}})
        add(Unlisted(session=session, told=told.strip()), act)

    body = [session, told]
    return perform(user=user, key=key, kind="unlisted.create", body=body, do=do, scope=scope).made(Unlisted)


def resolve_unlisted(
    *, user: User, key: Key, unlisted: Unlisted, seen: Key, trainee: Trainee | None = None, note: str = ""
) -> Unlisted:
    """Say who it was, and mark them present; or, without a `trainee`, why it was nobody of ours."""
    session = unlisted.session
    scope = session.cohort.program_id

    def do(act: Act) -> None:
        must_run(user, scope)
        if unlisted.outcome != Unlisted.Outcome.OPEN:
            raise ValidationError(_("This was resolved already."))
        if trainee is not None:
            _let_in(act, session, trainee)
        unlisted.outcome = Unlisted.Outcome.DISMISSED if trainee is None else Unlisted.Outcome.FOUND
        unlisted.trainee, unlisted.note = trainee, note
        change(unlisted, act, seen=seen)

    body = [unlisted, trainee, note]
    perform(user=user, key=key, kind="unlisted.resolve", body=body, do=do, scope=scope)
    return unlisted


def _let_in(act: Act, session: TrainingSession, trainee: Trainee) -> None:
    """Mark them present. A session for parts of its cohort is for them too now, if they were active in it on that day."""
    must_be_open(session)
    places = Enrolment.objects.filter(program=session.cohort.program_id, trainee=trainee)
    if not places.standing().exists():
        raise ValidationError({"trainee": _("%(trainee)s has no place in this program.") % {"trainee": trainee}})
    active = places.in_force(session.starts_on).filter(cohort=session.cohort_id, status="active").exists()
    if active and trainee.pk not in expected_at(session):
        add(SessionAudience(session=session, trainee=trainee), act)
    mark = session.attendance.filter(trainee=trainee).select_related("act").first()
    if mark is None:
        add(Attendance(session=session, trainee=trainee, status=Attendance.Status.PRESENT), act)
    elif mark.status == Attendance.Status.ABSENT:  # they were there after all
        mark.status = Attendance.Status.PRESENT
        change(mark, act, seen=mark.seen)
