"""Who is expected where, and how they are marked."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.acts import Key
from accounts.addresses import as_key
from accounts.digest import digest
from accounts.models import Act, Change
from programs.access import Limits

from ..models import Attendance, Enrolment, Excusal, SessionAudience, Trainee, TrainingSession, Unlisted
from ..models.people import EnrolmentQuerySet
from .excusals import excusals_on


def places_at(session: TrainingSession) -> EnrolmentQuerySet:
    """The places of those a session is for: its audience, as far as active in the cohort on that day."""
    parts = SessionAudience.objects.filter(session=session)
    named = Q(track=OuterRef("track")) | Q(group=OuterRef("group")) | Q(trainee=OuterRef("trainee"))
    active = Enrolment.objects.in_force(session.starts_on).filter(cohort=session.cohort_id, status="active")
    return active.filter(~Exists(parts) | Exists(parts.filter(named)))


def expected_at(session: TrainingSession) -> set[int]:
    """The ids of the trainees a session is for: all, so for whoever writes."""
    return set(places_at(session).values_list("trainee_id", flat=True))


def open_unlisted() -> Combinable:
    """Beside a session: how many people were there of whom nobody knows yet who they are."""
    rows = Unlisted.objects.filter(session=OuterRef("pk"), outcome=Unlisted.Outcome.OPEN).order_by()
    return Coalesce(Subquery(rows.values("session").annotate(n=Count("pk")).values("n")), 0)


@dataclass(frozen=True)
class Line:
    """One trainee in a register. `seen` is the version of the mark, empty where there is none.

    An excusal known in advance is no mark yet: it becomes one when the rest is marked or the register is closed.
    """

    trainee: Trainee
    group: str
    mark: Attendance | None
    excusal: Excusal | None = None

    @property
    def seen(self) -> str:
        return self.mark.seen if self.mark else ""


def register_of(session: TrainingSession, limits: Limits) -> list[Line]:
    """Whoever is expected at the session or marked in it, by group and roll number, as far as `limits` go: five queries.

    The roster of a closed register is its marks.
    """
    marks = {one.trainee_id: one for one in session.attendance.within(limits).select_related("act__user", "trainee")}
    trainees = set(marks)
    if not session.register_closed_at:
        trainees |= set(places_at(session).within(limits).values_list("trainee_id", flat=True))
    places = Enrolment.objects.in_force(session.starts_on).filter(cohort=session.cohort_id, trainee__in=trainees)
    groups = {one.trainee_id: str(one.group or "") for one in places.select_related("group")}
    excusals = excusals_on(session.cohort.program_id, session.starts_on, trainees - set(marks))
    rows = Trainee.objects.in_bulk(trainees).values()
    lines = [Line(one, groups.get(one.pk, ""), marks.get(one.pk), excusals.get(one.pk)) for one in rows]
    return sorted(lines, key=lambda line: (line.group, line.trainee.roll_number))


def newest_act(lines: Iterable[Line], kinds: Collection[str]) -> Act | None:
    """The last act of one of these kinds that marks in the register still carry: nobody has undone it."""
    acts = {line.mark.act for line in lines if line.mark and line.mark.act.kind in kinds}
    return max(acts, key=lambda act: act.pk, default=None)


def marks_seen(session: TrainingSession, versions: Mapping[int, str]) -> dict[int, tuple[str, str]]:
    """What marks said when they carried these versions, by trainee: status and reason. Forged versions are left out."""
    keys = [key for version in versions.values() if (key := as_key(version))]
    found = Change.objects.filter(
        act__key__in=keys, table=Attendance._meta.db_table, after__session_id=session.pk
    ).values_list("act__key", "after__trainee_id", "after__status", "after__reason")
    return {trainee: (status, reason) for key, trainee, status, reason in found if str(key) == versions.get(trainee)}


def last_clearing(session: TrainingSession, trainee: Trainee) -> Act | None:
    """The act, with its user, that last took away this trainee's mark."""
    change = Change.objects.filter(
        act__scope=session.cohort.program_id,
        table=Attendance._meta.db_table,
        after__isnull=True,
        before__session_id=session.pk,
        before__trainee_id=trainee.pk,
    )
    last = change.select_related("act__user").order_by("-pk").first()
    return last.act if last else None


@dataclass(frozen=True)
class Spot:
    """Where one mark goes. `mark` and `act` are ids, None where nothing stands."""

    expected: bool
    mark: int | None
    act: int | None
    seen: bool  # whether what the page has seen is what stands


CLEAR = "attendance.clear"


def clear_body(session: TrainingSession, trainee: Trainee) -> list[int]:
    """What clearing a mark is about: the same for every clearing of this mark, so that its act can be recognised."""
    return [session.pk, trainee.pk]


def spot_at(session: TrainingSession, trainee: Trainee, seen: Key) -> Spot:
    """One trainee in the register as it stands, against what a page has `seen` there: one query.

    A page has seen that nothing stands when it carries no version, or that of an act that cleared this very mark.
    """
    keys = [key] if (key := as_key(seen)) else []
    cleared = Act.objects.filter(key__in=keys, digest=digest(CLEAR, clear_body(session, trainee), ""))
    expected, mark, act, version, by_clearing = (
        Trainee.objects.filter(pk=trainee.pk)
        .annotate(
            mark=FilteredRelation("attendance", condition=Q(attendance__session=session)),
            expected=Exists(places_at(session).filter(trainee=OuterRef("pk"))),
            cleared=Exists(cleared),
            version=F("mark__act__key"),
        )
        .values_list("expected", "mark__pk", "mark__act_id", "version", "cleared")
        .get()
    )
    return Spot(expected, mark, act, str(version) == str(seen) if mark else by_clearing or not seen)
