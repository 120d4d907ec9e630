"""The numbers of a cohort and of a trainee: rows loaded once, the rule asked once."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from programs.models import Program

from .. import progress
from ..models import Cohort, Trainee
from .loading import (
    Entry,
    Moment,
    load_entries,
    load_evidence,
    load_places,
    load_registers,
    of_cohort,
)


@dataclass(frozen=True)
class CohortView:
    """A cohort's numbers with what pages need to name their parts: entries by module, trainees and evidence by id."""

    cohort: Cohort
    moment: Moment
    progress: progress.CohortProgress
    entries: Mapping[int, Entry]
    evidence: Mapping[int, Mapping[int, list[progress.Evidence]]]


def cohort_view(cohort: Cohort, as_of: datetime.date | None = None, known: datetime.date | None = None) -> CohortView:
    """Everything about `cohort` on `as_of` as known on `known`: four queries, five when the question looks back.

    `as_of` defaults to the earlier of today and the cohort's last day, `known` to today.
    """
    moment = Moment.of(cohort.program, as_of or cohort.default_as_of(), known)
    people = of_cohort(cohort)
    places = load_places(moment, program=cohort.program_id, trainee__in=people)
    entries, tracks = load_entries(cohort.pk, moment)
    evidence = load_evidence(moment, program=cohort.program_id, trainee__in=people)
    here_or_theirs = Q(cohort=cohort.pk) | Q(cohort__program=cohort.program_id, attendance__trainee__in=people)
    registers, thresholds = load_registers(cohort.program, here_or_theirs, moment, places)
    answer = progress.cohort_progress(
        cohort.pk,
        [progress.History(trainee, line, evidence.get(trainee, {})) for trainee, line in places.items()],
        [entry.requirement for entry in entries],
        registers,
        tracks=tracks,
        thresholds=thresholds,
        as_of=moment.as_of,
        known=moment.known,
    )
    return CohortView(cohort, moment, answer, {entry.module: entry for entry in entries}, evidence)


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
    """Everything about `trainee` in `program` on `as_of` as known on `known`: four queries, five when looking back."""
    moment = Moment.of(program, as_of, known)
    places = load_places(moment, program=program.pk, trainee=trainee.pk)
    line = places.get(trainee.pk, [])
    place = progress.place_on(line, moment.as_of, moment.known)
    entries, tracks = load_entries(place.cohort, moment) if place else ([], frozenset())
    evidence = load_evidence(moment, program=program.pk, trainee=trainee.pk).get(trainee.pk, {})
    cohorts = {entry.cohort for entry in line}
    theirs = Q(cohort__in=cohorts) | Q(cohort__program=program.pk, attendance__trainee=trainee.pk)
    registers, thresholds = load_registers(program, theirs, moment, places)
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


def views_of(cohorts: Iterable[Cohort]) -> list[CohortView]:
    """The numbers of several cohorts, each as of its own default day."""
    return [cohort_view(cohort) for cohort in cohorts]
