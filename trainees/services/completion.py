"""Completing the program: a coordinator's act, with a frozen snapshot of what it stood on."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, add, change, perform
from accounts.models import Act, User
from programs.access import EVERYBODY, must_run

from ..models import Cohort, Completion, Enrolment
from ..selectors.progress import CohortView, cohort_view
from .places import append_place, line_of, people_of


def complete(*, user: User, key: Key, cohort: Cohort, completed_on: datetime.date, seen: Mapping[int, Key]) -> Act:
    """Complete trainees of `cohort` who meet the requirements on `completed_on`, in one act.

    `seen` maps each trainee's id to the key of their last place entry. ValidationError names whoever does not meet them, and
    nobody is completed then.
    """

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if completed_on > cohort.today():
            raise ValidationError({"completed_on": _("This day has not come yet.")})
        view = cohort_view(cohort, EVERYBODY, as_of=completed_on)
        for trainee in people_of(cohort, seen):
            one = view.progress.trainees.get(trainee.pk)
            if one is None or not one.requirements_met:
                raise ValidationError(_("%(trainee)s does not meet all requirements.") % {"trainee": trainee})
            if one.provisional:
                raise ValidationError(_("Close the open registers of %(trainee)s first.") % {"trainee": trainee})
            line = line_of(trainee, cohort.program_id, seen[trainee.pk])
            completion = Completion(
                trainee=trainee,
                program_id=cohort.program_id,
                cohort=cohort,
                completed_on=completed_on,
                snapshot=_snapshot(view, trainee.pk),
            )
            add(completion, act)
            append_place(
                act,
                trainee=trainee,
                cohort=cohort,
                track=line.now.track if line.now else None,
                group=line.now.group if line.now else None,
                status=Enrolment.Status.COMPLETED,
                since=completed_on,
                line=line,
                completing=True,
            )

    body = [cohort, completed_on, {str(pk): str(version) for pk, version in seen.items()}]
    return perform(user=user, key=key, kind="completion.award", body=body, do=do, scope=cohort.program_id)


def revoke_completion(
    *, user: User, key: Key, completion: Completion, seen: Key, revoked_on: datetime.date, reason: str
) -> Completion:
    """End a completion from a day on, with the reason. The place becomes active again, to be decided anew."""

    def do(act: Act) -> None:
        must_run(user, completion.program_id)
        if revoked_on > completion.cohort.today():
            raise ValidationError({"revoked_on": _("This day has not come yet.")})
        if completion.revoked_on is not None:
            raise Conflict(_("This completion is already revoked."), current=completion)
        completion.revoked_on, completion.revoked_reason = revoked_on, reason
        change(completion, act, seen=seen)
        line = line_of(completion.trainee, completion.program_id)
        if line.now is not None:
            append_place(
                act,
                trainee=completion.trainee,
                cohort=line.now.cohort,
                track=line.now.track,
                group=line.now.group,
                status=Enrolment.Status.ACTIVE,
                since=max(revoked_on, line.now.since),
                reason=reason,
                line=line,
            )

    body = [completion.pk, revoked_on]
    kind = "completion.revoke"
    perform(user=user, key=key, kind=kind, body=body, do=do, reason=reason, scope=completion.program_id)
    return completion


def _snapshot(view: CohortView, trainee: int) -> dict[str, Any]:
    """What the completion stood on: the numbers, and for each module its status and the records that decided."""
    one = view.progress.trainees[trainee]
    return {
        "as_of": view.moment.as_of.isoformat(),
        "known": view.moment.known.isoformat(),
        "satisfied": len(one.satisfied),
        "required": len(one.required),
        "attended": list(one.attendance.attended),
        "expected": one.attendance.share.whole,
        "modules": [
            {
                "module": view.entries[module].code,
                "title": view.entries[module].title,
                "entry": view.entries[module].id,
                "status": str(standing.status),
                "records": list(standing.deciding),
                "holds_until": standing.holds_until and standing.holds_until.isoformat(),
            }
            for module, standing in one.standings.items()
        ],
    }
