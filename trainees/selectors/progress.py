"""The numbers of a cohort and of a trainee: rows loaded once, the rule asked once."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from programs.models import Program

from .. import progress
from ..models import Cohort, Trainee
from .loading import (
    Entry,
    Moment,
    Names,
    load_curricula,
    load_entries,
    load_entries_of,
    load_evidence,
    load_places,
    load_registers,
    of_cohorts,
)


@dataclass(frozen=True)
class CohortView:
    """A cohort's numbers with what pages need to name their parts: entries by module, trainees and evidence by id."""

    cohort: Cohort
    moment: Moment
    progress: progress.CohortProgress
    entries: Mapping[int, Entry]
    evidence: Mapping[int, Mapping[int, list[progress.Evidence]]]
    names: Names

    @property
    def link(self) -> str:
        """The two dates, as every link to what makes these numbers carries them."""
        return f"?as_of={self.moment.as_of.isoformat()}&known={self.moment.known.isoformat()}"


def cohort_view(cohort: Cohort, as_of: datetime.date | None = None, known: datetime.date | None = None) -> CohortView:
    """Everything about `cohort` on `as_of` as known on `known`: five queries, six when the question looks back.

    `as_of` defaults to the earlier of today and the cohort's last day, `known` to today.
    """
    return cohort_views([cohort], as_of, known)[0]


def cohort_views(
    cohorts: Sequence[Cohort], as_of: datetime.date | None = None, known: datetime.date | None = None
) -> list[CohortView]:
    """The same for several cohorts, with their programs at hand: as many queries as for one."""
    moments = {cohort.pk: Moment.of(cohort.program, as_of or cohort.default_as_of(), known) for cohort in cohorts}
    programs = {cohort.program: moments[cohort.pk] for cohort in cohorts}
    of_program = {program.pk: moment for program, moment in programs.items()}
    people = of_cohorts(moments)
    names = Names()
    places = load_places(of_program, names, trainee__in=people)
    curricula = load_curricula(moments)
    entries = load_entries(curricula.values())
    evidence = load_evidence(of_program, trainee__in=people)
    registers = load_registers(programs, Q(cohort__in=list(moments)) | Q(attendance__trainee__in=people), places)
    return [
        _cohort_view(
            cohort,
            moments[cohort.pk],
            places.get(cohort.program_id, {}),
            *entries.get(curricula.get(cohort.pk, 0), ([], frozenset())),
            evidence.get(cohort.program_id, {}),
            *registers[cohort.program_id],
            names,
        )
        for cohort in cohorts
    ]


def _cohort_view(cohort, moment, places, entries, tracks, evidence, registers, thresholds, names) -> CohortView:
    people = {trainee: line for trainee, line in places.items() if any(place.cohort == cohort.pk for place in line)}
    answer = progress.cohort_progress(
        cohort.pk,
        [progress.History(trainee, line, evidence.get(trainee, {})) for trainee, line in people.items()],
        [entry.requirement for entry in entries],
        [one for one in registers if one.session.cohort == cohort.pk or any(m.trainee in people for m in one.marks)],
        tracks=tracks,
        thresholds=thresholds,
        as_of=moment.as_of,
        known=moment.known,
    )
    return CohortView(cohort, moment, answer, {entry.module: entry for entry in entries}, evidence, names)


@dataclass(frozen=True)
class TraineeView:
    """A trainee's numbers in one program."""

    program: Program
    moment: Moment
    progress: progress.TraineeProgress
    entries: Mapping[int, Entry]
    evidence: Mapping[int, list[progress.Evidence]]
    places: list[progress.Place]


def trainee_view(
    trainee: Trainee, program: Program, as_of: datetime.date | None = None, known: datetime.date | None = None
) -> TraineeView:
    """Everything about `trainee` in `program` on `as_of` as known on `known`: five queries, six when looking back."""
    moment = Moment.of(program, as_of, known)
    places = load_places({program.pk: moment}, trainee=trainee.pk)
    line = places.get(program.pk, {}).get(trainee.pk, [])
    place = progress.place_on(line, moment.as_of, moment.known)
    entries, tracks = load_entries_of(place.cohort, moment) if place else ([], frozenset())
    evidence = load_evidence({program.pk: moment}, trainee=trainee.pk).get(program.pk, {}).get(trainee.pk, {})
    theirs = Q(cohort__in={entry.cohort for entry in line}) | Q(attendance__trainee=trainee.pk)
    registers, thresholds = load_registers({program: moment}, theirs, places)[program.pk]
    answer = progress.trainee_progress(
        progress.History(trainee.pk, line, evidence),
        [entry.requirement for entry in entries],
        registers,
        tracks=tracks,
        thresholds=thresholds,
        as_of=moment.as_of,
        known=moment.known,
    )
    return TraineeView(program, moment, answer, {entry.module: entry for entry in entries}, evidence, line)
