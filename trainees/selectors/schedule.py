"""What is planned, day by day: of a cohort, of an instructor, of a location."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from programs.access import with_rights

from ..models import Cohort, SessionStaff, TrainingSession
from .clashes import planned
from .clock import day_of, start_of, zone_of

WEEK = datetime.timedelta(days=7)
DAY = datetime.timedelta(days=1)
LEEWAY = datetime.timedelta(days=1)  # a day begins at another moment in each time zone


def within(day: datetime.date) -> datetime.date:
    """`day`, where there are days before and after it to be shown too; ValueError at the ends of the calendar."""
    if not 2 <= day.year <= 9998:
        raise ValueError(day)
    return day


@dataclass(frozen=True)
class Span:
    """The days that a schedule shows: one, or a week from its Monday on."""

    first: datetime.date
    is_week: bool

    @classmethod
    def of(cls, week: str, day: str, default: datetime.date) -> "Span":
        """What an address asks for, `2026-W48` or `2026-11-24`; what makes no sense asks for the week of `default`."""
        try:
            if day:
                return cls(within(datetime.date.fromisoformat(day)), is_week=False)
            if week:
                year, _w, number = week.partition("-W")
                return cls(within(datetime.date.fromisocalendar(int(year), int(number), 1)), is_week=True)
        except ValueError:
            pass
        return cls(default - DAY * default.weekday(), is_week=True)

    @property
    def last(self) -> datetime.date:
        return self.first + (WEEK - DAY if self.is_week else datetime.timedelta())

    @property
    def days(self) -> list[datetime.date]:
        return [self.first + DAY * n for n in range(7 if self.is_week else 1)]

    @property
    def words(self) -> str:
        if not self.is_week:
            return date_format(self.first, "l j F Y")
        _year, week, _day = self.first.isocalendar()
        first, last = date_format(self.first, "j M"), date_format(self.last, "j M Y")
        return _("Week %(week)s, %(first)s – %(last)s") % {"week": week, "first": first, "last": last}

    def query(self, day: datetime.date) -> str:
        """The address of the span of this length that `day` lies in."""
        year, week, _day = day.isocalendar()
        return f"week={year}-W{week:02}" if self.is_week else f"day={day.isoformat()}"

    @property
    def before(self) -> str:
        return self.query(self.first - (WEEK if self.is_week else DAY))

    @property
    def after(self) -> str:
        return self.query(self.first + (WEEK if self.is_week else DAY))

    @property
    def other(self) -> str:
        """The week of the day, or the first day of the week."""
        return Span(self.first, not self.is_week).query(self.first)


@dataclass(frozen=True)
class Slot:
    """One session as a schedule shows it, at the times of its own program."""

    session: TrainingSession
    starts: datetime.datetime
    ends: datetime.datetime

    @property
    def staff(self) -> list[SessionStaff]:
        return list(self.session.staff.all())

    @property
    def audience(self) -> list[str]:
        return [str(one) for one in self.session.audience_seen]

    @property
    def hours(self) -> str:
        """From when to when, on the clock there."""
        later = f" {date_format(self.ends, 'D')}" if self.ends.date() > self.starts.date() else ""
        return f"{self.starts:%H:%M}–{self.ends:%H:%M}{later}"

    @property
    def is_now(self) -> bool:
        return self.session.starts_at <= timezone.now() < self.session.ends_at


@dataclass
class Day:
    day: datetime.date
    slots: list[Slot] = field(default_factory=list)

    @property
    def weekend(self) -> bool:
        return self.day.weekday() > 4


def schedule_of(rows: QuerySet[TrainingSession], span: Span, user: User) -> list[Day]:
    """The days of `span` with those of `rows` that begin on them, cancelled ones too, as `user` sees them: three queries."""
    days = {day: Day(day) for day in span.days}
    start = datetime.datetime.combine(span.first, datetime.time(), datetime.UTC)
    found = with_rights(planned(), user).filter(
        pk__in=rows.order_by().values("pk"),
        starts_at__gte=start - LEEWAY,
        starts_at__lt=start + LEEWAY + DAY * len(days),
    )
    for slot in slots_of(found.order_by("starts_at", "pk")):
        if slot.starts.date() in days:
            days[slot.starts.date()].slots.append(slot)
    return list(days.values())


def slots_of(sessions: Iterable[TrainingSession]) -> list[Slot]:
    """Sessions at the times of their programs."""
    slots = []
    for session in sessions:
        zone = zone_of(session.cohort.program)
        slots.append(Slot(session, session.starts_at.astimezone(zone), session.ends_at.astimezone(zone)))
    return slots


def places_of(rows: QuerySet[TrainingSession]) -> list[str]:
    """The locations that `rows` name, each once."""
    return sorted(set(rows.exclude(place="").order_by().values_list("place", flat=True).distinct()), key=str.casefold)


def next_day(cohorts: Sequence[Cohort], day: datetime.date) -> datetime.date | None:
    """The next day from `day` on with a session of one program's cohorts, where there is one: one query."""
    if not cohorts:
        return None
    zone = zone_of(cohorts[0].program)
    rows = TrainingSession.objects.filter(cohort__in=cohorts, cancelled_at=None, starts_at__gte=start_of(day, zone))
    first = rows.order_by("starts_at").values_list("starts_at", flat=True).first()
    return day_of(first, zone) if first else None
