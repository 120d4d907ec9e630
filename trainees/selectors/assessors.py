"""Who may assess what."""

from collections.abc import Iterable

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

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


def likely_assessor(
    program: Program, module: SkillModule, session: TrainingSession | None, user: User
) -> Instructor | None:
    """Whom a sheet proposes: the session's assessor, its lead, or the instructor who is signed in. One query."""
    first = likely_assessors(program, module, session, user).first()
    return first if getattr(first, "likely", None) is not None else None


def likely_assessors(
    program: Program, module: SkillModule, session: TrainingSession | None, user: User
) -> QuerySet[Instructor]:
    """Those who may assess now, the likeliest first; `likely` is None for whom nothing speaks."""
    likely = [When(account=user.pk, then=Value(2))]
    if session is not None:
        duties = (SessionStaff.Duty.ASSESSOR, SessionStaff.Duty.LEAD)
        likely = [
            When(Exists(_duty(session).filter(duty=duty)), then=Value(n)) for n, duty in enumerate(duties)
        ] + likely
    rows = may_assess(program, module, session).filter(archived_at=None)
    return rows.annotate(likely=Case(*likely)).order_by(F("likely").asc(nulls_last=True), "call_sign", "pk")


def _duty(session: TrainingSession) -> QuerySet[SessionStaff]:
    return SessionStaff.objects.filter(session=session, instructor=OuterRef("pk"))


def assessors_by_module(program: Program, modules: Iterable[int]) -> dict[int, list[Instructor]]:
    """By module, everybody who may assess it now: two queries, whatever the number of modules."""
    here = Assignment.objects.filter(
        program=program, instructor__archived_at=None, instructor__capacity=Instructor.Capacity.INSTRUCTOR
    )
    rows = list(here.select_related("instructor").prefetch_related("may_assess"))
    limits = {row.pk: {limit.module_id for limit in row.may_assess.all()} for row in rows}
    return {
        module: [row.instructor for row in rows if not limits[row.pk] or module in limits[row.pk]] for module in modules
    }
