"""Lessons identified in the cohorts of a program."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from programs.models import Program, SkillModule

from ..models import Cohort, Lesson


def lessons_of(program: Program | int) -> QuerySet[Lesson]:
    """All of a program, of the newest cohort first. They are about nobody, so whoever sees the program reads them."""
    rows = Lesson.objects.filter(cohort__program=program).order_by("-cohort__starts_on", "-pk")
    return rows.select_related("cohort__program", "module", "act")


def to_be_learned(program: Program | int, cohort: Cohort | None = None, module: int | None = None) -> QuerySet[Lesson]:
    """What whoever plans should know: the open lessons of cohorts that began before `cohort` (None: of all), not of practice.

    With `module`, those about it and those about a whole cohort.
    """
    rows = lessons_of(program).filter(state=Lesson.State.OPEN, cohort__practice=False)
    if cohort is not None:
        rows = rows.filter(cohort__starts_on__lte=cohort.starts_on).exclude(cohort=cohort)
    if module is not None:
        rows = rows.filter(Q(module=module) | Q(module=None))
    return rows


def modules_of(cohorts: Iterable[Cohort] | QuerySet[Cohort]) -> QuerySet[SkillModule]:
    """What `cohorts` were ever to be taught."""
    return SkillModule.objects.filter(entry__curriculum__followed__cohort__in=cohorts).distinct()
