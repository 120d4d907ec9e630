"""What may be one person under two numbers."""

from dataclasses import dataclass
from itertools import islice

from accounts.fields import folded
from accounts.models import Act, User

from ..models import Attendance, Cohort, Record, Trainee
from .roster import cohorts_of, with_cohorts

MERGE = "trainee.merge"  # the kind of act: it may reach into several programs
OFFERED = 50


@dataclass(frozen=True)
class Side:
    """One of two numbers, as they are looked at side by side. `name`: whether one was entered; never what it is."""

    trainee: Trainee
    cohorts: list[Cohort]
    records: int
    marks: int
    name: bool


def alike(trainee: Trainee, user: User, words: str) -> list[Trainee]:
    """Whom `user` may merge with `trainee`: found by `words`; without any, those of the same call sign. Two queries."""
    sign = folded(trainee.call_sign)
    mine = Trainee.objects.wholly_run_by(user).current().filter(erased_at=None).exclude(pk=trainee.pk)
    found = with_cohorts(mine.searched(words or sign), user).order_by("roll_number")
    same = found if words else (one for one in found if folded(one.call_sign) == sign)
    return list(islice(same, OFFERED))


def side_of(trainee: Trainee, user: User) -> Side:
    """Four queries."""
    (one,) = with_cohorts(Trainee.objects.filter(pk=trainee.pk), user)
    return Side(
        trainee,
        cohorts_of(one),
        Record.objects.filter(trainee=trainee).count(),
        Attendance.objects.filter(trainee=trainee).count(),
        trainee.identities.exists(),
    )


def of_one_person(trainee: Trainee) -> list[int]:
    """The ids of this number and of those that were merged into it: one query."""
    return [trainee.pk, *Trainee.objects.filter(merged_into=trainee).order_by("pk").values_list("pk", flat=True)]


def merged_by(trainee: Trainee) -> Act | None:
    """The act that merged this number into another: one query, where it was."""
    if trainee.merged_into is None:
        return None
    of = {"changes__table": Trainee._meta.db_table, "changes__row": str(trainee.pk)}
    return Act.objects.filter(kind=MERGE, **of).earliest("at")
