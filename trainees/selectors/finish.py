"""Can they still finish? Each counted trainee's outcome in words, with the modules and sessions that make it."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import progress
from ..models import Cohort, Excusal
from ..progress import Course, Finish, Hold, How, Lack, Outcome, Step
from .excusals import Days, away_of
from .loading import Entry, Person
from .progress import CohortView, TraineeView

OUTCOMES = {
    Outcome.CANNOT: gettext_lazy("cannot finish"),
    Outcome.EXTRA: gettext_lazy("needs an extra session"),
    Outcome.UNTOLD: gettext_lazy("cannot be told"),
    Outcome.AS_PLANNED: gettext_lazy("can finish as planned"),
    Outcome.MET: gettext_lazy("has met all"),
}
GRAVEST = {outcome: place for place, outcome in enumerate(Outcome)}


@dataclass(frozen=True)
class Told:
    """A remaining module, and in words how it can be met or why it cannot."""

    step: Step
    entry: Entry
    after: list[Entry]
    last: datetime.date

    @property
    def words(self) -> str:
        """Without the module and, where there is one, the session: they stand before it as links."""
        words = _how(self.step, self.after, self.last)
        if self.step.runs_out:
            words = _("%(words)s; what is met today runs out on %(day)s") % {
                "words": words,
                "day": _day(self.step.runs_out),
            }
        return words


@dataclass(frozen=True)
class Ending:
    """One trainee: the outcome, what else keeps them back, and each remaining module, its prerequisites first."""

    person: Person
    finish: Finish
    steps: list[Told]
    holds: list[str]

    @property
    def outcome(self) -> Outcome:
        return self.finish.outcome

    @property
    def words(self) -> str:
        return str(OUTCOMES[self.outcome])

    @property
    def reason(self) -> str:
        """Why, in sentences; empty where all is met."""
        reasons = [] if self.outcome is Outcome.MET else list(self.holds)
        for how, told in (
            (How.NOT, _("No day is left for %(modules)s.")),
            (How.EXTRA, _("No session in time for %(modules)s.")),
            (How.OUTSTANDING, _("A result is still to be entered for %(modules)s.")),
            (How.SESSION, _("A session in time for %(modules)s.")),
        ):
            if these := [one.entry.code for one in self.steps if one.step.how is how]:
                reasons.append(told % {"modules": ", ".join(these)})
        return " ".join(reasons)


@dataclass(frozen=True)
class CohortFinish:
    """Everybody counted, the gravest first. `counts`: how many have each outcome; together they are everybody."""

    cohort: Cohort
    endings: list[Ending]

    @property
    def counts(self) -> dict[Outcome, int]:
        found = Counter(one.outcome for one in self.endings)
        return {outcome: found[outcome] for outcome in Outcome}

    def of(self, outcome: str) -> list[Ending]:
        """Those with this outcome; everybody where it is none."""
        return [one for one in self.endings if one.outcome == outcome] if outcome in set(Outcome) else self.endings

    @property
    def lacking(self) -> list[Ending]:
        """Whom an extra session in some module helps."""
        return [one for one in self.endings if one.outcome is Outcome.EXTRA and one.steps]


def finish_of(view: CohortView) -> CohortFinish:
    """Whether each counted trainee of a cohort can still finish: one query beside the view's, two when looking back."""
    return finishes_of([view])[0]


def finishes_of(views: Sequence[CohortView]) -> list[CohortFinish]:
    """The same for cohorts of one program, seen on the same days by the same reader: as many queries for all as for one."""
    if not views:
        return []
    people = {trainee for view in views for trainee in view.progress.trainees}
    program, moment = views[0].cohort.program_id, views[0].moment
    away = away_of(program, views[0].limits, moment, people)
    return [_finish(view, away) for view in views]


def _finish(view: CohortView, away: Mapping[int, Sequence[Days]]) -> CohortFinish:
    course = view.course()
    endings = [
        told(found, view.names.people[found.trainee], view.entries, course)
        for found in finishes(view, course, away).values()
    ]
    endings.sort(key=lambda one: (GRAVEST[one.outcome], -len(one.finish.lacking), one.person.roll_number))
    return CohortFinish(view.cohort, endings)


def finishes(view: CohortView, course: Course, away: Mapping[int, Sequence[Days]]) -> dict[int, Finish]:
    """What the rule says of everybody counted, by trainee."""
    return {
        trainee: progress.finish(course, one, view.evidence.get(trainee, {}), away.get(trainee, ()))
        for trainee, one in view.progress.trainees.items()
    }


def ending_of(view: TraineeView, cohort: Cohort, person: Person, excusals: Sequence[Excusal]) -> Ending | None:
    """The same of one trainee, where they are counted in `cohort`. No query."""
    place = view.progress.place
    if place is None or place.cohort != cohort.pk or place.status not in progress.COUNTED or not view.entries:
        return None
    course = view.course(cohort)
    away = [(one.since, one.until) for one in excusals if view.moment.knows(one.act.at)]
    return told(progress.finish(course, view.progress, view.evidence, away), person, view.entries, course)


def told(found: Finish, person: Person, entries: Mapping[int, Entry], course: Course) -> Ending:
    steps = [Told(step, entries[step.module], [entries[pk] for pk in step.after], course.last) for step in found.steps]
    return Ending(person, found, steps, [_held(hold, found, course) for hold in found.holds])


def _how(step: Step, after: list[Entry], last: datetime.date) -> str:
    said = {
        "last": _day(last),
        "day": _day(step.day) if step.day else "",
        "after": ", ".join(entry.code for entry in after),
    }
    match step.how:
        case How.OUTSTANDING:
            return _("its result is still to be entered")
        case How.SESSION:
            return _("on %(day)s") % said
        case How.NOT if after:
            return _("no day is left up to %(last)s once %(after)s can be met") % said
        case How.NOT:
            return _("no day is left up to %(last)s") % said
    match step.lack:
        case Lack.AWAY:
            return _("excused from every session of it") % said
        case Lack.ORDER:
            return _("its sessions come before its prerequisites can be met") % said
        case Lack.EARLY:
            return _("a pass in its sessions would run out before %(last)s") % said
        case _:
            return _("no session left up to %(last)s") % said


def _held(hold: Hold, found: Finish, course: Course) -> str:
    match hold:
        case Hold.OVER:
            return _("The cohort is over on %(day)s.") % {"day": _day(course.last)}
        case Hold.SUSPENDED:
            return _("Suspended: expected at no session until they resume.")
        case Hold.NOT_COMPLETED:
            return _("Did not complete.")
        case Hold.ATTENDANCE:
            best = found.attendance
            said = {"n": best.part, "of": best.whole, "limit": course.attendance_limit}
            return _("Attendance: at best %(n)s of %(of)s sessions, %(limit)s %% are asked.") % said
        case Hold.NO_TRACK:
            return _("No track yet: what it asks is not known.")
        case Hold.NOTHING_ASKED:
            return _("Nothing is required of them.")


def _day(day: datetime.date) -> str:
    return date_format(day, "j M")


def summary(counts: Mapping[Outcome, int]) -> list[tuple[Outcome, int, str]]:
    """How many have each outcome that somebody has, in words, the best first."""
    words = {
        Outcome.MET: lambda n: ngettext("%(n)s has met all", "%(n)s have met all", n),
        Outcome.AS_PLANNED: lambda n: ngettext("%(n)s can finish as planned", "%(n)s can finish as planned", n),
        Outcome.EXTRA: lambda n: ngettext("%(n)s needs an extra session", "%(n)s need an extra session", n),
        Outcome.CANNOT: lambda n: ngettext("%(n)s cannot finish", "%(n)s cannot finish", n),
        Outcome.UNTOLD: lambda n: ngettext("of %(n)s it cannot be told", "of %(n)s it cannot be told", n),
    }
    return [(outcome, counts[outcome], words[outcome](n) % {"n": n}) for outcome in words if (n := counts[outcome])]
