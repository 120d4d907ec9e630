"""Closing a cohort: what is still open, and for each trainee what came out of it."""

from dataclasses import dataclass

from .. import progress
from ..models import Enrolment, TrainingSession
from .completions import Completed, completions_on
from .loading import Entry, Person
from .progress import CohortView


@dataclass(frozen=True)
class Outcome:
    """One counted trainee at the end. `key` is their last entry's, for the acts that close.

    `missing` are the required modules that they lack; `waits`: nothing is missing, but registers they stand in are open.
    """

    person: Person
    progress: progress.TraineeProgress
    status: str
    words: str
    key: str
    completed: Completed | None
    can_complete: bool
    waits: bool
    decided: bool
    missing: list[Entry]


@dataclass(frozen=True)
class Closing:
    outcomes: list[Outcome]
    open_registers: list[TrainingSession]
    missing_results: list[tuple[TrainingSession, int]]
    waits_for: list[TrainingSession]
    provisional: bool

    @property
    def ready(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.can_complete]

    @property
    def waiting(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.waits]

    @property
    def undecided(self) -> list[Outcome]:
        return [one for one in self.outcomes if not one.decided]

    @property
    def no_track(self) -> list[Outcome]:
        return [one for one in self.outcomes if one.progress.no_track]

    @property
    def done(self) -> bool:
        return not (self.open_registers or self.missing_results or self.undecided)


def closing_of(view: CohortView) -> Closing:
    """The checklist and the outcomes: three queries beside the view's own."""
    cohort = view.cohort
    numbers = view.now().progress.sessions  # also what was held after the last day, a retake say
    last: dict[int, Enrolment] = {}
    rows = Enrolment.objects.filter(program=cohort.program_id, trainee__in=list(view.progress.trainees))
    for row in rows.select_related("act").order_by("pk"):
        last[row.trainee_id] = row
    of = {"program": cohort.program_id, "trainee__in": list(view.progress.trainees)}
    found = completions_on(view.now().moment, view.limits, view.evidence, **of)
    completions = {one.completion.trainee_id: one for one in found if not one.revoked}
    sessions = TrainingSession.objects.select_related("module").in_bulk(
        [pk for pk, one in numbers.items() if not one.closed or one.results_missing]
    )
    statuses = dict(Enrolment.Status.choices)
    outcomes = []
    for trainee, one in view.progress.trainees.items():
        status = one.place.status.value if one.place else ""
        decided = status in {"completed", "not_completed"}
        meets = one.requirements_met and not decided and trainee not in completions
        outcomes.append(
            Outcome(
                person=view.names.people[trainee],
                progress=one,
                status=status,
                words=str(statuses.get(status, "")),
                key=str(last[trainee].act.key),
                completed=completions.get(trainee),
                can_complete=meets and not one.provisional,
                waits=meets and one.provisional,
                decided=decided,
                missing=[view.entries[module] for module in one.required if module not in one.satisfied],
            )
        )
    waits_for = {pk for one in outcomes if one.waits for pk in one.progress.attendance.open}
    return Closing(
        outcomes=sorted(outcomes, key=_order),
        open_registers=[sessions[pk] for pk, one in numbers.items() if not one.closed],
        missing_results=[
            (sessions[pk], len(one.results_missing)) for pk, one in numbers.items() if one.results_missing
        ],
        waits_for=[sessions[pk] for pk in numbers if pk in waits_for],
        provisional=any(one.progress.provisional and not one.decided for one in outcomes),
    )


def _order(one: Outcome) -> tuple[bool, bool, bool, str]:
    """Those to complete first, then those who wait, those who lack something, and those decided; each by roll number."""
    return (not one.can_complete, not one.waits, one.decided, one.person.roll_number)
