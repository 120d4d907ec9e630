"""Who may assess what."""

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from accounts.models import User
from programs.models import Assignment, Instructor, Program, SkillModule

from ..models import SessionStaff, TrainingSession


def may_assess(program: Program, module: SkillModule, session: TrainingSession | None = None) -> QuerySet[Instructor]:
    """Instructors who may assess `module`: those of the program, unless limited to others; guests on duty at `session`."""
    here = Assignment.objects.filter(instructor=OuterRef("pk"), program=program)
    known = Q(Exists(here.filter(Q(may_assess=None) | Q(may_assess__module=module))))
    if session is not None:
        known |= Q(Exists(_duty(session)), ~Exists(here))
    return Instructor.objects.filter(known, capacity=Instructor.Capacity.INSTRUCTOR)


def assessor_for(
    program: Program, module: SkillModule, session: TrainingSession | None, user: User, asked: int | None = None
) -> Instructor | None:
    """Whom a sheet names as the assessor: the one `asked` for if they may assess, else whoever most likely did. One query.

    That is the session's assessor, its lead, or the instructor who is signed in; None where it is none of them.
    """
    rows = may_assess(program, module, session)
    if asked is not None:
        return rows.filter(pk=asked).first()
    likely = [When(account=user.pk, then=Value(2))]
    if session is not None:
        duties = (SessionStaff.Duty.ASSESSOR, SessionStaff.Duty.LEAD)
        likely = [
            When(Exists(_duty(session).filter(duty=duty)), then=Value(n)) for n, duty in enumerate(duties)
        ] + likely
    return (
        rows.filter(archived_at=None)
        .annotate(likely=Case(*likely))
        .exclude(likely=None)
        .order_by("likely", "pk")
        .first()
    )


def _duty(session: TrainingSession) -> QuerySet[SessionStaff]:
    return SessionStaff.objects.filter(session=session, instructor=OuterRef("pk"))
