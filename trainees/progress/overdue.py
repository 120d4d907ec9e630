"""What should be met by now: a cohort against its own plan."""

from collections.abc import Mapping

from .cohort import CohortProgress
from .values import Day

Overdue = Mapping[
    int, Mapping[int, Day]
]  # by trainee, the modules that they lack, each with the day on which it was due


def due_by(progress: CohortProgress, plan: Mapping[int, Day], last: Day) -> dict[int, Day]:
    """The modules that should be met on the day of `progress`, each with the day on which it was due.

    A module is due on the day of its last session by `plan` (progress.plan_of), and on the day `last`, the end of the course,
    at the latest, planned or not.
    """
    due = {module: min(plan.get(module, last), last) for module in progress.modules}
    return {module: day for module, day in due.items() if day <= progress.as_of}


def overdue(progress: CohortProgress, due: Mapping[int, Day]) -> Overdue:
    """Who lacks a required module that is `due`. A cohort is on course where nobody does.

    What was met ahead of the plan makes up for nothing, and what is exempt is not lacked.
    """
    found = {
        trainee: {module: due[module] for module in one.required if module in due and module not in one.satisfied}
        for trainee, one in progress.trainees.items()
    }
    return {trainee: lacks for trainee, lacks in found.items() if lacks}
