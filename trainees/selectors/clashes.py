"""Whoever or whatever is planned twice at the same time: people in all programs, cohorts and their parts, locations."""

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from programs.access import Limits, limits_of
from programs.models import Track

from ..models import Cohort, Enrolment, Group, SessionAudience, SessionStaff, Trainee, TrainingSession
from .clock import day_of, zone_of
from .loading import Moment, Names, load_places, of_cohorts
from .registers import Part as Ids
from .registers import audience_on, lines_by_cohort

Part = Track | Group | Trainee
NAMED = 3  # of those planned twice, as many as a sentence names


@dataclass(frozen=True)
class Plan:
    """A session as it is planned. `staff` are ids of instructors; no `parts`: for the whole cohort."""

    cohort: Cohort
    starts_at: datetime.datetime
    ends_at: datetime.datetime
    place: str
    staff: frozenset[int]
    parts: frozenset[Part]
    session: int | None = None
    people: tuple[tuple[int, str], ...] = ()  # the staff with their call signs, of a session that stands

    @classmethod
    def of(cls, session: TrainingSession) -> "Plan":
        parts = frozenset(_part(one) for one in session.audience.all())
        people = tuple((one.instructor_id, str(one.instructor)) for one in session.staff.all())
        staff = frozenset(pk for pk, _name in people)
        return cls(session.cohort, session.starts_at, session.ends_at, session.place, staff, parts, session.pk, people)

    @property
    def day(self) -> datetime.date:
        return day_of(self.starts_at, zone_of(self.cohort.program))

    @property
    def ids(self) -> list[Ids]:
        """The parts as the registers know them."""
        return [
            (
                part.pk if isinstance(part, Track) else None,
                part.pk if isinstance(part, Group) else None,
                part.pk if isinstance(part, Trainee) else None,
            )
            for part in self.parts
        ]


@dataclass(frozen=True)
class Clash:
    """Somebody or something of a plan is at another session then. No `session`: the reader may not know of that one."""

    who: str
    session: TrainingSession | None = None

    @property
    def words(self) -> str:
        """In a sentence, times as in the other session's program."""
        if self.session is None:
            return _("%(who)s: planned elsewhere at that time") % {"who": self.who}
        zone = zone_of(self.session.cohort.program)
        starts, ends = (at.astimezone(zone) for at in (self.session.starts_at, self.session.ends_at))
        return _("%(who)s: also in %(module)s of %(cohort)s, %(starts)s–%(ends)s") % {
            "who": self.who,
            "module": self.session.module.code,
            "cohort": self.session.cohort,
            "starts": date_format(starts, "j M H:i"),
            "ends": date_format(ends, "H:i"),
        }


def _part(row: SessionAudience) -> Part:
    """One of the three is there: a constraint says so."""
    return cast(Part, row.track or row.group or row.trainee)


def planned() -> QuerySet[TrainingSession]:
    """Sessions with all that a plan is made of: three queries for any number of them."""
    staff = SessionStaff.objects.select_related("instructor", "instead_of")
    audience = SessionAudience.objects.select_related("track", "group", "trainee")
    rows = TrainingSession.objects.select_related("module", "cohort__program", "act")
    return rows.prefetch_related(Prefetch("staff", staff), Prefetch("audience", audience))


def clashes_of(plans: Sequence[Plan], user: User, limits: Limits) -> list[list[Clash]]:
    """For each plan, what it clashes with, told to `user`: four queries at most for any number of plans.

    `limits` are theirs in the programs of `plans`: EVERYBODY for whoever plans.
    """
    known = Calendar(plans, user, limits)
    return [known.clashes(plan) for plan in plans]


class Calendar:
    """All that may clash with `plans`, read once: four queries at most. It answers for whatever lies within them too."""

    def __init__(self, plans: Sequence[Plan], user: User, limits: Limits) -> None:
        self._cohorts, self._limits = [plan.cohort for plan in plans], limits
        self.others = list(_others(plans, user)) if plans else []

    @cached_property
    def where(self) -> "Audiences":
        """Who is where, in the cohorts of the plans and of the others."""
        return Audiences(self._cohorts, self._limits, [plan.cohort for _seen, plan, _one in self.others])

    def clashes(self, plan: Plan) -> list[Clash]:
        return [
            clash
            for seen, other, session in self.others
            for clash in _between(plan, other, session if seen else None, self.where)
        ]


def clashes_of_session(session: TrainingSession, user: User) -> list[Clash]:
    """What one of the sessions `planned`, fetched with rights, clashes with, told to `user`; nothing once it is cancelled."""
    return [] if session.cancelled_at else clashes_of([Plan.of(session)], user, limits_of(session))[0]


def _others(plans: Sequence[Plan], user: User) -> Iterator[tuple[bool, Plan, TrainingSession]]:
    """The sessions that may clash with one of `plans`, and whether `user` may know of all who are there.

    Whoever is limited in another program may not: they are told what those are told who do not know it.
    """
    cohorts = {plan.cohort.pk for plan in plans}
    staff = SessionStaff.objects.filter(instructor__in={pk for plan in plans for pk in plan.staff}).values("session")
    alongside = Enrolment.objects.filter(trainee__in=of_cohorts(cohorts)).values("cohort")
    places = {plan.place.strip() for plan in plans} - {""}
    same_place = Q()
    for place in sorted(places):
        same_place |= Q(place__iexact=place)
    programs = {plan.cohort.program_id for plan in plans}
    near = Q(pk__in=staff) | Q(cohort__in=alongside) | Q(cohort__in=cohorts)
    if places:
        near |= same_place & Q(cohort__program__in=programs)
    visible = TrainingSession.objects.visible_to(user).filter(pk=OuterRef("pk"))
    whole = TrainingSession.objects.wholly_visible_to(user).filter(pk=OuterRef("pk"))
    rows = (
        planned()
        .filter(near, cancelled_at=None)
        .filter(starts_at__lt=max(plan.ends_at for plan in plans), ends_at__gt=min(plan.starts_at for plan in plans))
        .annotate(seen_by_reader=Exists(visible.filter(cohort__program__in=programs)) | Exists(whole))
        .order_by("starts_at", "pk")
    )
    for session in rows:
        yield session.seen_by_reader, Plan.of(session), session


def _between(plan: Plan, other: Plan, session: TrainingSession | None, where: "Audiences") -> Iterator[Clash]:
    apart = plan.starts_at >= other.ends_at or plan.ends_at <= other.starts_at
    if apart or plan.session == other.session:
        return
    for who in sorted(name for pk, name in other.people if pk in plan.staff):
        yield Clash(who, session)
    if words := where.in_both(plan, other):
        yield Clash(words, session)
    same_program = plan.cohort.program_id == other.cohort.program_id
    if same_program and plan.place.strip() and plan.place.strip().casefold() == other.place.strip().casefold():
        yield Clash(plan.place.strip(), session)


class Audiences:
    """Who a plan is for, person by person: everybody of `cohorts` within `limits`, wherever they are, from one query."""

    def __init__(self, cohorts: Iterable[Cohort], limits: Limits, more: Iterable[Cohort] = ()) -> None:
        here = list(cohorts)
        programs = {cohort.program for cohort in (*here, *more)}
        moments = {program.pk: Moment.of(program) for program in programs}
        self.names = Names()
        places = load_places(moments, limits, self.names, trainee__in=of_cohorts({cohort.pk for cohort in here}))
        self.lines = {pk: lines_by_cohort(places.get(pk, {}), moments[pk]) for pk in moments}
        self._known: dict[Plan, frozenset[int]] = {}

    def of(self, plan: Plan) -> frozenset[int]:
        """The ids of the trainees whom `plan` is for, as far as active in its cohort on its day."""
        if plan not in self._known:
            lines = self.lines[plan.cohort.program_id][plan.cohort.pk]
            self._known[plan] = audience_on(plan.cohort.pk, plan.day, plan.ids, lines)
        return self._known[plan]

    def in_both(self, plan: Plan, other: Plan) -> str:
        """Who is in both audiences, in words: a cohort or its parts where that says it, otherwise the trainees."""
        if plan.cohort.pk == other.cohort.pk:
            if not plan.parts and not other.parts:
                return _("the whole cohort")
            common = plan.parts & other.parts if plan.parts and other.parts else plan.parts or other.parts
            here = {trainee for trainee, _line in self.lines[plan.cohort.program_id][plan.cohort.pk]}
            if seen := [part for part in common if not isinstance(part, Trainee) or part.pk in here]:
                return _some(sorted(map(str, seen)))
        return _some(sorted(str(self.names.people[pk]) for pk in self.of(plan) & self.of(other)))


def _some(names: Collection[str]) -> str:
    first, more = list(names)[:NAMED], len(names) - NAMED
    if more > 0:
        first.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return get_text_list(first, _("and")) if first else ""
