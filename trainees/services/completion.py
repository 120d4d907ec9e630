"""Completing the program: a coordinator's act, with a frozen snapshot of what it stood on."""

import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Conflict, add, change, perform
from accounts.models import Act
from programs.access import must_run

from ..models import Cohort, Completion, Enrolment
from ..selectors.progress import CohortView, cohort_view
from .places import append_place, last_place, people_of


def complete(*, user, key, cohort: Cohort, completed_on: datetime.date, seen) -> Act:
    """Complete trainees of `cohort` who meet the requirements on `completed_on`, in one act.

    `seen` maps each trainee's id to the key of their last place entry. ValidationError names whoever does not meet them, and
    nobody is completed then.
    """

    def do(act):
        must_run(user, cohort.program_id)
        if completed_on > cohort.today():
            raise ValidationError({"completed_on": _("This day has not come yet.")})
        view = cohort_view(cohort, as_of=completed_on)
        for trainee in people_of(cohort, seen):
            one = view.progress.trainees.get(trainee.pk)
            if one is None or not one.requirements_met:
                raise ValidationError(_("%(trainee)s does not meet all requirements.") % {"trainee": trainee})
            if one.provisional:
                raise ValidationError(_("Close the open registers of %(trainee)s first.") % {"trainee": trainee})
            last = last_place(trainee, cohort.program_id, seen[trainee.pk])
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
                track=last.track,
                group=last.group,
                status=Enrolment.Status.COMPLETED,
                since=completed_on,
                reason="",
                last=last,
            )

    body = [cohort, completed_on, {str(pk): str(version) for pk, version in seen.items()}]
    return perform(user=user, key=key, kind="completion.award", body=body, do=do, scope=cohort.program_id)


def revoke_completion(*, user, key, completion: Completion, seen, revoked_on: datetime.date, reason: str) -> Completion:
    """End a completion from a day on, with the reason. The place becomes active again, to be decided anew."""

    def do(act):
        must_run(user, completion.program_id)
        if revoked_on > completion.cohort.today():
            raise ValidationError({"revoked_on": _("This day has not come yet.")})
        if completion.revoked_on is not None:
            raise Conflict(_("This completion is already revoked."), current=completion)
        completion.revoked_on, completion.revoked_reason = revoked_on, reason
        change(completion, act, seen=seen)
        places = Enrolment.objects.filter(trainee=completion.trainee, program=completion.program_id)
        last = places.select_related("act").order_by("pk").last()
        append_place(
            act,
            trainee=completion.trainee,
            cohort=last.cohort,
            track=last.track,
            group=last.group,
            status=Enrolment.Status.ACTIVE,
            since=max(revoked_on, last.since),
            reason=reason,
            last=last,
        )

    body = [completion.pk, revoked_on]
    kind = "completion.revoke"
    perform(user=user, key=key, kind=kind, body=body, do=do, reason=reason, scope=completion.program_id)
    return completion


def _snapshot(view: CohortView, trainee: int) -> dict:
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
