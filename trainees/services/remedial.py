"""Remedial groups become sessions: all of them in one act, or none."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, perform, remove
from accounts.models import Act, User
from programs.access import EVERYBODY, must_run
from programs.models import Instructor, SkillModule

from ..models import Cohort, SessionStaff, Trainee, TrainingSession
from ..progress import How
from ..selectors.excusals import away_of
from ..selectors.finish import finishes
from ..selectors.loading import of_cohorts
from ..selectors.progress import CohortView, cohort_view
from ..selectors.remedial import REMEDIAL
from .planning import plan_session, settle, take_turns


@dataclass(frozen=True)
class Group:
    """People who lack `module` and are to be assessed in it together."""

    module: SkillModule
    people: Sequence[Trainee]
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    assessor: Instructor
    place: str = ""


def plan_remedial(*, user: User, key: Key, cohort: Cohort, groups: Sequence[Group]) -> Act:
    """An assessment for each of `groups`, a retake where everybody in it has an attempt behind them.

    ValidationError in words where one clashes, where somebody does not lack the module any more, has a session of it
    meanwhile, or could not meet it there: after the last day, excused, before its prerequisites. Then none is planned.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        take_turns()
        if not groups:
            raise ValidationError(_("Choose at least one group."))
        before = _steps(cohort)
        made = [(_write(act, cohort, group, before[0]), group) for group in groups]
        settle(act, user, [session.pk for session, _group in made], "")
        after = _steps(cohort)
        problems = []
        for session, group in made:
            problems += _problems(group, session, before[1], after[1])
        if problems:
            raise ValidationError(problems)

    body = [
        cohort,
        [
            [one.module, sorted(who.pk for who in one.people), one.starts_at, one.ends_at, one.assessor, one.place]
            for one in groups
        ],
    ]
    return perform(user=user, key=key, kind=REMEDIAL, body=body, do=do, scope=cohort.program_id)


Steps = dict[tuple[int, int], tuple[How, int | None]]  # by trainee and module: how it can be met, and at which session


def _steps(cohort: Cohort) -> tuple[CohortView, Steps]:
    view = cohort_view(cohort, EVERYBODY).now()
    away = away_of(cohort.program_id, EVERYBODY, view.moment, of_cohorts([cohort.pk]))
    found = finishes(view, view.course(), away)
    return view, {
        (trainee, step.module): (step.how, step.session) for trainee, one in found.items() for step in one.steps
    }


def _write(act: Act, cohort: Cohort, group: Group, view: CohortView) -> TrainingSession:
    if not group.people:
        words = _("Nobody is left in the group for %(module)s. Leave out the whole group instead.")
        raise ValidationError(words % {"module": group.module.code})
    tried = [
        standing is not None and bool(standing.attempts)
        for who in group.people
        if (one := view.progress.trainees.get(who.pk))
        for standing in [one.standings.get(group.module.pk)]
    ]
    kind = TrainingSession.Kind.RETAKE if tried and all(tried) else TrainingSession.Kind.ASSESSMENT
    fields = {"module": group.module, "kind": kind, "place": group.place}
    times = {"starts_at": group.starts_at, "ends_at": group.ends_at}
    return plan_session(act, cohort, {group.assessor.pk: SessionStaff.Duty.ASSESSOR}, group.people, fields | times)


def _problems(group: Group, session: TrainingSession, before: Steps, after: Steps) -> list[str]:
    """Who did not need this session, and who could not meet the module in it."""
    code = group.module.code
    not_needed, not_there = [], []
    for who in group.people:
        how, _session = before.get((who.pk, group.module.pk), (None, None))
        if how is not How.EXTRA:
            not_needed.append(str(who))
        elif after.get((who.pk, group.module.pk)) != (How.SESSION, session.pk):
            not_there.append(str(who))
    problems = []
    if not_needed:
        words = _("%(who)s: no extra session of %(module)s is needed any more. Look at the groups again.")
        problems.append(words % {"who": get_text_list(not_needed, _("and")), "module": code})
    if not_there:
        words = _(
            "%(who)s: cannot meet %(module)s then. It has to be after its prerequisites, up to the last day, on a day on which "
            "they are there. Choose another time, or leave them out."
        )
        problems.append(words % {"who": get_text_list(not_there, _("and")), "module": code})
    return problems


def unplan(act: Act) -> tuple[int, list[str]]:
    """Delete the sessions that `act` planned; those that somebody changed, or on which something hangs, stay.

    Gives how many went, and what the others are called.
    """
    made = act.changes.filter(table=TrainingSession._meta.db_table, before__isnull=True).values_list("row", flat=True)
    gone, kept = 0, []
    rows = TrainingSession.objects.select_for_update(of=("self",)).select_related("module", "cohort__program")
    for session in rows.filter(pk__in=[int(row) for row in made]).order_by("pk"):
        try:
            with transaction.atomic():
                _delete(session, act)
        except (Conflict, ProtectedError, ValidationError):
            kept.append(str(session))
        else:
            gone += 1
    return gone, kept


def _delete(session: TrainingSession, act: Act) -> None:
    for row in (*session.staff.all(), *session.audience.all()):
        row.delete()
    remove(session, seen=act.key)
