"""Places in cohorts: one line of dated entries for each trainee and program, only added to."""

import datetime
import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Conflict, perform
from accounts.models import Act
from programs.access import must_run

from ..models import Cohort, Completion, Enrolment, Group, Trainee

KEEP = object()  # "leave the track or group as it is"; None takes it away
NEED_A_REASON = {"suspended", "withdrawn", "not_completed"}


def enrol(*, user, key, cohort: Cohort, trainees, since: datetime.date, track=None, group=None, status="active") -> Act:
    """Give trainees who have no place in the program yet one in `cohort`, all at once."""
    trainees = list(trainees)

    def do(act):
        must_run(user, cohort.program_id)
        for trainee in trainees:
            first_place(act, trainee=trainee, cohort=cohort, since=since, track=track, group=group, status=status)

    body = [cohort, sorted(t.pk for t in trainees), since, track, group, status]
    return perform(user=user, key=key, kind="place.enrol", body=body, do=do, scope=cohort.program_id)


def first_place(act: Act, *, trainee, cohort, since, track=None, group=None, status="active") -> Enrolment:
    """Within `act`: the first entry of a trainee's line in a program."""
    if status not in {"active", "expected"}:
        raise ValidationError({"status": _("A place begins as expected or active.")})
    line = Enrolment.objects.filter(trainee=trainee, program=cohort.program_id)
    if line.standing().exists():
        raise ValidationError(
            _("%(trainee)s already has a place in this program. Use transfer or return.") % {"trainee": trainee}
        )
    return append_place(
        act,
        trainee=trainee,
        cohort=cohort,
        since=since,
        track=track,
        group=group,
        status=status,
        reason="",
        last=line.order_by("pk").last(),
    )


def place(
    *,
    user,
    key,
    kind: str,
    cohort: Cohort,
    seen: Mapping[int, uuid.UUID | str],
    since: datetime.date,
    status: str | None = None,
    to: Cohort | None = None,
    track=KEEP,
    group=KEEP,
    reason: str = "",
) -> Act:
    """The next entry for one or several trainees of `cohort`, in one act.

    `kind` names the intent for the trail (arrive, suspend, resume, withdraw, transfer, return, group, ...). `seen` maps each
    trainee's id to the key of the entry that the page showed as their last. `since` is the first day of the new state: somebody
    whose last day is the 15th is withdrawn since the 16th. Without `status`, `to`, `track` or `group` that part stays.
    """
    if (status in NEED_A_REASON and not reason.strip()) or (to is not None and not reason.strip()):
        raise ValidationError({"reason": _("Say why.")})

    def do(act):
        must_run(user, cohort.program_id)
        if to is not None and to.program_id != cohort.program_id:
            raise ValidationError({"to": _("A transfer stays within the program.")})
        for trainee in people_of(cohort, seen):
            last = last_place(trainee, cohort.program_id, seen[trainee.pk])
            append_place(
                act,
                trainee=trainee,
                cohort=to or last.cohort,
                track=last.track if track is KEEP else track,
                group=(None if to is not None else last.group) if group is KEEP else group,
                status=status or last.status,
                since=since,
                reason=reason,
                last=last,
            )

    body = [kind, cohort, {str(pk): str(version) for pk, version in seen.items()}, since, status, to]
    body += ["keep" if track is KEEP else track, "keep" if group is KEEP else group]
    return perform(user=user, key=key, kind=f"place.{kind}", body=body, do=do, reason=reason, scope=cohort.program_id)


def correct_place(*, user, key, entry: Enrolment, seen, reason: str, mistaken: bool = False, **fields) -> Act:
    """Declare an entry wrong and put another in its place; `mistaken` puts nothing there (entered for the wrong person)."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say what was wrong.")})

    def do(act):
        must_run(user, entry.program_id)
        last = last_place(entry.trainee, entry.program_id, seen)
        if Enrolment.objects.filter(voids=entry).exists():
            raise Conflict(current=last)
        right = {name: getattr(entry, name) for name in ("cohort", "track", "group", "status", "since")} | fields
        if mistaken:
            right["status"] = Enrolment.Status.VOID
        append_place(act, trainee=entry.trainee, reason=reason, last=last, voids=entry, **right)

    body = [entry, str(seen), mistaken, fields]
    return perform(user=user, key=key, kind="place.correct", body=body, do=do, reason=reason, scope=entry.program_id)


def people_of(cohort: Cohort, wanted) -> list[Trainee]:
    """The trainees with these ids, all of whom have or had a place in `cohort`; of others nothing is told."""
    found = list(Trainee.objects.filter(pk__in=list(wanted), enrolments__cohort=cohort).distinct().order_by("pk"))
    if len(found) != len(set(wanted)):
        raise ValidationError(_("Somebody chosen is not on the roster of this cohort. Load the page again."))
    return found


def last_place(trainee: Trainee, program: int, seen) -> Enrolment:
    """The newest entry of the line; Conflict when it is not the one the page showed."""
    last = Enrolment.objects.filter(trainee=trainee, program=program).select_related("act").order_by("pk").last()
    if last is None or str(last.act.key) != str(seen):
        raise Conflict(current=last)
    return last


def append_place(act, *, trainee, cohort, since, track, group, status, reason, last, voids=None) -> Enrolment:
    """Write one entry, checked in words first."""
    if status in NEED_A_REASON and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if (
        last
        and last.status == Enrolment.Status.COMPLETED
        and Completion.objects.filter(trainee=trainee, program=cohort.program_id, revoked_on=None).exists()
    ):
        raise ValidationError(
            _("%(trainee)s has completed the program. Revoke the completion first.") % {"trainee": trainee}
        )
    if since > cohort.today() + datetime.timedelta(days=1) and status != "expected":
        raise ValidationError({"since": _("This day has not come yet. Enter it when it has happened.")})
    if last and voids is None and last.status != Enrolment.Status.VOID and since < last.since:
        raise ValidationError(
            {
                "since": _("%(trainee)s already has a later entry, of %(day)s. Correct that one instead.")
                % {"trainee": trainee, "day": date_format(last.since)}
            }
        )
    if track is not None and track.program_id != cohort.program_id:
        raise ValidationError({"track": _("This track belongs to another program.")})
    if isinstance(group, Group) and group.cohort_id != cohort.pk:
        raise ValidationError({"group": _("This group belongs to another cohort.")})
    entry = Enrolment(
        act=act,
        trainee=trainee,
        program_id=cohort.program_id,
        cohort=cohort,
        track=track,
        group=group,
        status=status,
        since=since,
        reason=reason,
        previous=last,
        voids=voids,
    )
    entry.save(force_insert=True)
    return entry
