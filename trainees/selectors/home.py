"""The first page: my cohorts with their progress, and what is waiting."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import User
from programs.access import with_rights

from ..models import Cohort, TrainingSession
from .loading import Person
from .progress import CohortView, cohort_views


@dataclass(frozen=True)
class Expiry:
    view: CohortView
    person: Person
    code: str
    holds_until: datetime.date | None


@dataclass
class Waiting:
    """What somebody should do, each with the object it is about."""

    registers: list[TrainingSession] = field(default_factory=list)
    results: list[tuple[TrainingSession, int]] = field(default_factory=list)
    today: list[TrainingSession] = field(default_factory=list)
    to_complete: list[tuple[CohortView, int]] = field(default_factory=list)
    expiries: list[Expiry] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.registers or self.results or self.today or self.to_complete or self.expiries)


def home_of(user: User) -> tuple[list[CohortView], Waiting]:
    """The cohorts that are not archived, newest first, and what waits in them: seven queries for any number of cohorts."""
    cohorts = list(
        with_rights(Cohort.objects.visible_to(user), user)
        .filter(archived_at=None, program__archived_at=None)
        .select_related("program")
        .order_by("-starts_on", "code")
    )
    if not cohorts:
        return [], Waiting()
    views = cohort_views(cohorts)
    return views, _waiting(views)


def _waiting(views: list[CohortView]) -> Waiting:
    # A finished cohort's numbers are of its last day; what has still to be done is whatever is open today.
    by_cohort = {view.cohort.pk: view.now() for view in views}
    wanted = {
        pk
        for view in by_cohort.values()
        for pk, one in view.progress.sessions.items()
        if not one.closed or one.results_missing
    }
    now = timezone.now()
    soon = TrainingSession.objects.filter(
        cohort__in=list(by_cohort), cancelled_at=None, starts_at__lt=now + datetime.timedelta(days=1), ends_at__gt=now
    )
    sessions = TrainingSession.objects.filter(pk__in=wanted) | soon
    waiting = Waiting()
    for session in sessions.select_related("module", "cohort__program").order_by("starts_at"):
        view = by_cohort[session.cohort_id]
        if session.pk not in view.progress.sessions:
            if session.starts_on == view.cohort.today():
                waiting.today.append(session)
            continue
        one = view.progress.sessions[session.pk]
        if not one.closed and view.cohort.may_record:
            waiting.registers.append(session)
        if one.results_missing and view.cohort.may_record:
            waiting.results.append((session, len(one.results_missing)))
    for view in views:
        left = [pk for pk in view.progress.meet_all if pk not in view.progress.completed]
        if left and view.cohort.may_run:
            waiting.to_complete.append((view, len(left)))
        waiting.expiries += _expiries(view)
    return waiting


def _expiries(view: CohortView) -> Iterator[Expiry]:
    if view.moment.as_of < view.cohort.today():
        return  # a finished cohort does not decay
    for trainee, one in view.progress.trainees.items():
        for module, standing in one.standings.items():
            if standing.due_to_expire:
                yield Expiry(view, view.names.people[trainee], view.entries[module].code, standing.holds_until)
