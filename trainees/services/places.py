"""Places in cohorts: one line of dated entries for each trainee and program, only added to."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, perform
from accounts.models import Act, User
from programs.access import must_run
from programs.models import Track

from ..models import Cohort, Completion, Enrolment, Group, Trainee

BEFORE = {  # from which places one comes to another; a place may stay as it is while track or group change
    "expected": {"expected"},
    "active": {"expected", "active", "suspended", "withdrawn", "not_completed"},
    "suspended": {"active", "suspended"},
    "withdrawn": {"expected", "active", "suspended", "withdrawn"},
    "not_completed": {"active", "suspended", "not_completed"},
}
NEED_A_REASON = {"suspended", "withdrawn", "not_completed"}
SAID = ("track", "group", "status", "since", "reason")  # what an entry says about a place, beside the cohort


class Keep(Enum):
    """ "Leave the track or group as it is"; None takes it away."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


def first_place(
    act: Act,
    *,
    trainee: Trainee,
    cohort: Cohort,
    since: datetime.date,
    track: Track | None = None,
    group: Group | None = None,
    status: str = "active",
) -> Enrolment:
    """Within `act`: the first entry of a trainee's line in a program."""
    if status not in {"active", "expected"}:
        raise ValidationError({"status": _("A place begins as expected or active.")})
    line = line_of(trainee, cohort.program_id)
    if line.now is not None:
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
        line=line,
    )


def place(
    *,
    user: User,
    key: Key,
    kind: str,
    cohort: Cohort,
    seen: Mapping[int, Key],
    since: datetime.date,
    status: str | None = None,
    to: Cohort | None = None,
    track: Track | Keep | None = KEEP,
    group: Group | Keep | None = KEEP,
    reason: str = "",
) -> Act:
    """The next entry for one or several trainees of `cohort`, in one act.

    `kind` names the intent for the trail (arrive, suspend, resume, withdraw, transfer, return, group, ...). `seen` maps each
    trainee's id to the key of the entry that the page showed as their last. `since` is the first day of the new state: somebody
    whose last day is the 15th is withdrawn since the 16th. Without `status`, `to`, `track` or `group` that part stays.
    """
    if (status in NEED_A_REASON and not reason.strip()) or (to is not None and not reason.strip()):
        raise ValidationError({"reason": _("Say why.")})

    def do(act: Act) -> None:
        must_run(user, cohort.program_id)
        if to is not None and to.program_id != cohort.program_id:
            raise ValidationError({"to": _("A transfer stays within the program.")})
        for trainee in people_of(cohort, seen):
            line = line_of(trainee, cohort.program_id, seen[trainee.pk])
            if line.now is None:
                raise ValidationError(_("%(trainee)s has no place here any more.") % {"trainee": trainee})
            _may_follow(line.now, status or line.now.status)
            append_place(
                act,
                trainee=trainee,
                cohort=to or line.now.cohort,
                track=line.now.track if track is KEEP else track,
                group=(None if to is not None else line.now.group) if group is KEEP else group,
                status=status or line.now.status,
                since=since,
                reason=reason,
                line=line,
            )

    body = [kind, cohort, {str(pk): str(version) for pk, version in seen.items()}, since, status, to]
    body += ["keep" if track is KEEP else track, "keep" if group is KEEP else group]
    return perform(user=user, key=key, kind=f"place.{kind}", body=body, do=do, reason=reason, scope=cohort.program_id)


def _may_follow(now: Enrolment, status: str) -> None:
    """Refuse what cannot come after the present place: whoever has withdrawn is not closed as not completed, say."""
    if now.status == Enrolment.Status.COMPLETED:
        return  # that the completion stands is refused where the entry is written
    if now.status not in BEFORE.get(status, set()):
        raise ValidationError(
            _("%(trainee)s is %(now)s and cannot become %(then)s.")
            % {
                "trainee": now.trainee,
                "now": now.get_status_display(),
                "then": Enrolment.Status(status).label if status in Enrolment.Status.values else status,
            }
        )


def correct_place(
    *, user: User, key: Key, entry: Enrolment, seen: Key, correction: str, mistaken: bool = False, **fields: Any
) -> Act:
    """Declare an entry wrong and put another in its place; `mistaken` puts nothing there (entered for the wrong person).

    `correction` is what was wrong with it. Everything that `fields` do not name stays as it was entered.
    """
    if not correction.strip():
        raise ValidationError({"correction": _("Say what was wrong.")})

    def do(act: Act) -> None:
        must_run(user, entry.program_id)
        line = line_of(entry.trainee, entry.program_id, seen)
        if entry.pk not in {one.pk for one in line.standing}:
            raise Conflict(current=line.last)
        right = {name: getattr(entry, name) for name in (*SAID, "cohort")} | fields
        if mistaken:
            right["status"] = Enrolment.Status.VOID
        append_place(act, trainee=entry.trainee, line=line, voids=entry, correction=correction, **right)

    body = [entry, str(seen), mistaken, fields]
    return perform(
        user=user, key=key, kind="place.correct", body=body, do=do, reason=correction, scope=entry.program_id
    )


def people_of(cohort: Cohort, wanted: Iterable[int]) -> list[Trainee]:
    """The trainees with these ids, all of whom have or had a place in `cohort`; of others nothing is told."""
    found = list(Trainee.objects.filter(pk__in=list(wanted), enrolments__cohort=cohort).distinct().order_by("pk"))
    if len(found) != len(set(wanted)):
        raise ValidationError(_("Somebody chosen is not on the roster of this cohort. Load the page again."))
    return found


@dataclass(frozen=True)
class Line:
    """The entries of one trainee in one program, in the order in which they were written."""

    entries: tuple[Enrolment, ...]

    @property
    def last(self) -> Enrolment | None:
        """The newest entry: what a new one follows, whatever day it is about."""
        return self.entries[-1] if self.entries else None

    @property
    def standing(self) -> list[Enrolment]:
        """The entries that say something and are not corrected."""
        wrong = {one.voids_id for one in self.entries}
        return [one for one in self.entries if one.pk not in wrong and one.status != Enrolment.Status.VOID]

    @property
    def now(self) -> Enrolment | None:
        """Where the trainee is by now: of the standing entries the one of the latest day."""
        return max(self.standing, key=lambda one: (one.since, one.pk), default=None)


def line_of(trainee: Trainee, program: int, seen: Key | None = None) -> Line:
    """The trainee's line in a program. With `seen`, Conflict where its last entry is not the one that the page showed."""
    rows = Enrolment.objects.filter(trainee=trainee, program=program).order_by("pk")
    line = Line(tuple(rows.select_related("act", "cohort__program", "track", "group")))
    if seen is not None and (line.last is None or str(line.last.act.key) != str(seen)):
        raise Conflict(current=line.last)
    return line


def append_place(
    act: Act,
    *,
    trainee: Trainee,
    cohort: Cohort,
    since: datetime.date,
    track: Track | None,
    group: Group | None,
    status: str,
    line: Line,
    reason: str = "",
    voids: Enrolment | None = None,
    correction: str = "",
    completing: bool = False,
) -> Enrolment:
    """Write one entry, checked in words first. Only who is `completing` writes that somebody completed."""
    if status in NEED_A_REASON and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    standing = Completion.objects.filter(trainee=trainee, program=cohort.program_id, revoked_on=None)
    if not completing and standing.exists() and (voids is None or voids == line.now):
        raise ValidationError(
            _("%(trainee)s has completed the program. Revoke the completion first.") % {"trainee": trainee}
        )
    if status == Enrolment.Status.COMPLETED and not completing:
        raise ValidationError({"status": _("Complete trainees on the cohort's closing page.")})
    beforehand = {Enrolment.Status.EXPECTED, Enrolment.Status.VOID}  # what may be said of days to come
    if since > cohort.today() + datetime.timedelta(days=1) and status not in beforehand:
        raise ValidationError({"since": _("This day has not come yet. Enter it when it has happened.")})
    if line.now and voids is None and since < line.now.since:
        raise ValidationError(
            {
                "since": _("%(trainee)s already has a later entry, of %(day)s. Correct that one instead.")
                % {"trainee": trainee, "day": date_format(line.now.since)}
            }
        )
    if track is not None and track.program_id != cohort.program_id:
        raise ValidationError({"track": _("This track belongs to another program.")})
    if isinstance(group, Group) and group.cohort_id != cohort.pk:
        raise ValidationError({"group": _("This group belongs to another cohort.")})
    said = {"cohort": cohort, "track": track, "group": group, "status": status, "since": since, "reason": reason}
    return next_place(act, trainee, line.last, voids=voids, correction=correction, **said)


def next_place(act: Act, trainee: Trainee, previous: Enrolment | None, **said: Any) -> Enrolment:
    """Write the entry that follows `previous`, unless somebody else has; whoever calls has looked at what it says."""
    entry = Enrolment(act=act, trainee=trainee, program_id=said["cohort"].program_id, previous=previous, **said)
    entry.save(force_insert=True)
    return entry
