"""The numbers of a cohort and of a trainee: rows loaded once, the rule asked once."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import itemgetter

from django.utils import timezone

from programs.access import EVERYBODY, Limits
from programs.models import Curriculum, Program

from ..models import Cohort, Trainee
from ..progress import (
    CohortProgress,
    Course,
    Evidence,
    History,
    Overdue,
    OverTime,
    Place,
    Recorded,
    Register,
    Seat,
    Share,
    TraineeProgress,
    Version,
    Weights,
    cohort_over_time,
    cohort_progress,
    coming_in,
    due_by,
    overdue,
    place_on,
    plan_of,
    seats_of,
    sessions_entered,
    trainee_progress,
)
from .loading import (
    Curricula,
    Entry,
    Followed,
    Moment,
    Names,
    curriculum_on,
    load_curricula,
    load_entries_of,
    load_evidence,
    load_places,
    of_cohorts,
)
from .registers import OfProgram, load_registers


@dataclass(frozen=True)
class CohortView:
    """A cohort's numbers with what pages need to name their parts: entries by module, trainees and evidence by id."""

    cohort: Cohort
    moment: Moment
    progress: CohortProgress
    curriculum: int | None  # the number of the version followed
    entries: Mapping[int, Entry]
    evidence: Mapping[int, Mapping[int, list[Evidence]]]
    names: Names
    limits: Limits  # to whom its reader is limited, if to anybody
    weights: Weights  # what its program's reasons to look after somebody weigh
    plan: Mapping[int, datetime.date]  # by module, the day of its last session, past or to come
    coming: Sequence[int]  # sessions that were not over on this day
    on: Callable[[datetime.date], "CohortView"]  # the same as of another day, from the rows already loaded
    over_time: Callable[[], OverTime | None]  # from its first day to this one, from the same rows; None before it
    following: Callable[
        [Curriculum, datetime.date, Curricula], "CohortView"
    ]  # if it changed to a version from a day on
    course: Callable[[], Course]  # what is still to come up to its last day, from the same rows

    def now(self) -> "CohortView":
        """The same as of today."""
        today = self.cohort.today()
        return self if self.moment.as_of == today else self.on(today)

    @property
    def over(self) -> bool:
        """Whether the course had ended on this day."""
        return self.cohort.ends_on <= self.moment.as_of and self.cohort.ends_on < self.cohort.today()

    @cached_property
    def due(self) -> Mapping[int, datetime.date]:
        """The modules that should be met by now, each with the day on which it was due."""
        return due_by(self.progress, self.plan, self.cohort.ends_on + datetime.timedelta(days=not self.over))

    @cached_property
    def overdue(self) -> Overdue:
        """Who lacks what is due; on course is a cohort where nobody does."""
        return overdue(self.progress, self.due)

    @cached_property
    def unrecorded(self) -> frozenset[int]:
        """Who of them may have it all: every module that they lack has a record outstanding."""
        trainees = self.progress.trainees
        return frozenset(
            trainee
            for trainee, lacks in self.overdue.items()
            if all(trainees[trainee].standings[module].outstanding for module in lacks)
        )

    @property
    def link(self) -> str:
        """The two dates, as every link to what makes these numbers carries them."""
        return f"?as_of={self.moment.as_of.isoformat()}&known={self.moment.known.isoformat()}"


def cohort_view(
    cohort: Cohort, limits: Limits, as_of: datetime.date | None = None, known: datetime.date | None = None
) -> CohortView:
    """Everything about `cohort` on `as_of` as known on `known`: four queries, five when the question looks back.

    `limits` are its reader's, EVERYBODY for whoever writes; `as_of` defaults to the earlier of today and the cohort's last day,
    `known` to today.
    """
    return cohort_views([cohort], limits, as_of, known)[0]


def cohort_views(
    cohorts: Sequence[Cohort], limits: Limits, as_of: datetime.date | None = None, known: datetime.date | None = None
) -> list[CohortView]:
    """The same for several cohorts, with their programs at hand: one query more than for one."""
    programs = {cohort.program: Moment.of(cohort.program, as_of, known) for cohort in cohorts}
    moments = {program.pk: moment for program, moment in programs.items()}
    here = {cohort.pk for cohort in cohorts}
    names = Names()
    places = load_places(moments, limits, names, trainee__in=of_cohorts(here))
    said = load_curricula(here)
    evidence = load_evidence(moments, limits, trainee__in=of_cohorts(here))
    ever = here | {place.cohort for lines in places.values() for line in lines.values() for place in line}
    registers = load_registers(programs, limits, ever, of_cohorts(here), places)
    sorted_ = {program: _Sorted.of(found.registers) for program, found in registers.items()}

    def inputs(cohort: Cohort) -> tuple[list[History], list[Register]]:
        lines = places.get(cohort.program_id, {})
        people = {trainee: line for trainee, line in lines.items() if any(one.cohort == cohort.pk for one in line)}
        of_program = evidence.get(cohort.program_id, {})
        histories = [History(trainee, line, of_program.get(trainee, {})) for trainee, line in people.items()]
        return histories, sorted_[cohort.program_id].about(cohort.pk, people)

    def asked_on(
        cohort: Cohort, moment: Moment, said: tuple[Followed, Curricula] = said
    ) -> tuple[int | None, list[Entry], frozenset[int]]:
        followed, entries = said
        curriculum, number = curriculum_on(followed, cohort.pk, moment) or (0, None)
        return number, *entries.get(curriculum, ([], frozenset()))

    def view(cohort: Cohort, day: datetime.date | None, said: tuple[Followed, Curricula] = said) -> CohortView:
        moment = Moment.of(cohort.program, day or cohort.default_as_of(), known)
        number, asked, tracks = asked_on(cohort, moment, said)
        histories, about = inputs(cohort)
        own = registers[cohort.program_id]
        answer = cohort_progress(
            cohort.pk,
            histories,
            [entry.requirement for entry in asked],
            about,
            tracks=tracks,
            thresholds=own.thresholds,
            as_of=moment.as_of,
            known=moment.known,
        )
        by_module = {entry.module: entry for entry in asked}
        of_program = evidence.get(cohort.program_id, {})
        return CohortView(
            cohort, moment, answer, number, by_module, of_program, names, limits, own.weights,
            plan_of(cohort.pk, about, moment.known), coming_in(cohort.pk, about, moment.as_of, moment.known),
            partial(view, cohort), partial(over_time, cohort, moment), partial(following, cohort, moment.as_of),
            partial(_course, own, asked, cohort, moment),
        )  # fmt: skip

    def following(
        cohort: Cohort, day: datetime.date, curriculum: Curriculum, since: datetime.date, asked: Curricula
    ) -> CohortView:
        followed, entries = said
        line = (since, timezone.now(), None, curriculum.pk, curriculum.number)
        lines = sorted([*followed.get(cohort.pk, ()), line], key=itemgetter(0))
        return view(cohort, day, ({cohort.pk: lines}, entries | asked))

    def over_time(cohort: Cohort, moment: Moment) -> OverTime | None:
        if moment.as_of < cohort.starts_on:
            return None
        versions = []
        for since in sorted({cohort.starts_on, *(line[0] for line in said[0].get(cohort.pk, ()))}):
            _number, asked, tracks = asked_on(cohort, replace(moment, as_of=since))
            versions.append(Version(since, [entry.requirement for entry in asked], tracks))
        histories, about = inputs(cohort)
        return cohort_over_time(
            cohort.pk,
            histories,
            versions,
            about,
            thresholds=registers[cohort.program_id].thresholds,
            first=cohort.starts_on,
            last=moment.as_of,
            known=moment.known,
        )

    return [view(cohort, as_of) for cohort in cohorts]


def _course(own: OfProgram, asked: Sequence[Entry], cohort: Cohort, moment: Moment) -> Course:
    return Course(
        cohort.starts_on,
        cohort.ends_on,
        moment.as_of,
        moment.known,
        {entry.module: entry.requirement for entry in asked},
        own.to_come(cohort.pk, moment.as_of),
        {one.session.id: one.session.kind for one in own.registers},
        own.thresholds.attendance_limit,
    )


@dataclass(frozen=True)
class _Sorted:
    """The registers of a program by cohort, and by whom they marked: a cohort looks at its own only."""

    by_cohort: Mapping[int, list[Register]]
    by_trainee: Mapping[int, list[Register]]

    @classmethod
    def of(cls, registers: Iterable[Register]) -> "_Sorted":
        by_cohort, by_trainee = defaultdict(list), defaultdict(list)
        for one in registers:
            by_cohort[one.session.cohort].append(one)
            for mark in one.marks:
                by_trainee[mark.trainee].append(one)
        return cls(by_cohort, by_trainee)

    def about(self, cohort: int, people: Mapping[int, list[Place]]) -> list[Register]:
        """Those of the cohort, of the others that its people were ever in, and wherever else they were marked."""
        cohorts = {cohort} | {place.cohort for line in people.values() for place in line}
        found = {one.session.id: one for other in cohorts for one in self.by_cohort.get(other, ())}
        found |= {one.session.id: one for trainee in people for one in self.by_trainee.get(trainee, ())}
        return list(found.values())


@dataclass(frozen=True)
class TraineeView:
    """A trainee's numbers in one program."""

    program: Program
    moment: Moment
    progress: TraineeProgress
    entries: Mapping[int, Entry]
    evidence: Mapping[int, list[Evidence]]
    places: list[Place]
    seats: Sequence[Seat]
    course: Callable[[Cohort], Course]  # what is still to come up to the last day of a cohort of theirs

    @property
    def recorded(self) -> Recorded:
        """Registers closed of the sessions held for the trainee, and results entered of those due."""
        due = [seat.session.id for seat in self.seats if seat.result_due]
        return Recorded(
            Share(sum(seat.closed for seat in self.seats), len(self.seats)),
            Share(len(due) - len(self.results_missing), len(due)),
        )

    @property
    def results_missing(self) -> set[int]:
        """The sessions at which a result of the trainee is due and not entered."""
        due = {seat.session.id for seat in self.seats if seat.result_due}
        return due - sessions_entered(self.evidence, self.moment.as_of, self.moment.known)


def trainee_view(
    trainee: Trainee, program: Program, as_of: datetime.date | None = None, known: datetime.date | None = None
) -> TraineeView:
    """Everything about `trainee` in `program` on `as_of` as known on `known`: four queries, five when looking back.

    Whoever may know of the trainee there gets all of it: nobody else's rows make these numbers.
    """
    moment = Moment.of(program, as_of, known)
    places = load_places({program.pk: moment}, EVERYBODY, trainee=trainee.pk)
    line = places.get(program.pk, {}).get(trainee.pk, [])
    place = place_on(line, moment.as_of, moment.known)
    entries, tracks = load_entries_of(place.cohort, moment) if place else ([], frozenset())
    evidence = (
        load_evidence({program.pk: moment}, EVERYBODY, trainee=trainee.pk).get(program.pk, {}).get(trainee.pk, {})
    )
    cohorts = {entry.cohort for entry in line}
    own = load_registers({program: moment}, EVERYBODY, cohorts, [trainee.pk], places)[program.pk]
    answer = trainee_progress(
        History(trainee.pk, line, evidence),
        [entry.requirement for entry in entries],
        own.registers,
        tracks=tracks,
        thresholds=own.thresholds,
        as_of=moment.as_of,
        known=moment.known,
    )
    seats = seats_of(trainee.pk, own.registers, moment.as_of, moment.known)
    by_module, course = {entry.module: entry for entry in entries}, partial(_course, own, entries, moment=moment)
    return TraineeView(program, moment, answer, by_module, evidence, line, seats, course)
