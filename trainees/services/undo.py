"""Taking back what was done to many at once, as long as nobody has gone on from there."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.acts import Key, perform
from accounts.models import Act, Change, User
from programs.access import must_record, must_run

from ..models import Attendance, Trainee
from ..selectors.sheets import BULK
from .results import undo_bulk_go


@dataclass(frozen=True)
class Undone:
    """How many rows are as they were before, and who was left as they are: changed since."""

    rows: int
    kept: tuple[str, ...] = ()


def undo(*, user: User, key: Key, act: Act) -> Undone:
    """Restore what `act` did, where it still stands. Whoever did it may, and whoever coordinates the program.

    What was changed since stays, and is named. An act is undone once. The same key again says nothing of rows.
    """
    done: list[Undone] = []

    def do(undoing: Act) -> None:
        if act.scope is None or act.kind not in UNDOABLE:
            raise ValidationError(_("This cannot be undone."))
        (must_record if act.user_id == user.pk else must_run)(user, act.scope)
        done.append(UNDOABLE[act.kind](undoing, act))

    earlier = Act.objects.filter(undoes=act).exclude(key=key).select_related("user").first()
    if earlier is not None:
        raise ValidationError(_("%(who)s has undone this already.") % {"who": earlier.user})
    perform(user=user, key=key, kind="undo", body=str(act.key), do=do, scope=act.scope, undoes=act)
    return done[0] if done else Undone(0)


def _restore_attendance(undoing: Act, act: Act) -> Undone:
    """Marks that the act made are taken away, those it changed say again what they said before."""
    changes = Change.objects.filter(act=act, table=Attendance._meta.db_table, after__isnull=False)
    noted = {int(one.row): one for one in changes}
    stands = Attendance.objects.filter(act=act, pk__in=noted)
    whose = {pk: one.after["trainee_id"] for pk, one in noted.items() if one.after}
    left = {whose[pk] for pk in noted.keys() - set(stands.select_for_update().values_list("pk", flat=True))}
    rows = stands.filter(pk__in=[pk for pk, one in noted.items() if one.before is None]).delete()[0]
    for pk, one in noted.items():
        if one.before is not None:
            before = {"status": one.before["status"], "reason": one.before["reason"]}
            rows += stands.filter(pk=pk).update(act=undoing, **before)
    return Undone(rows, tuple(str(one) for one in Trainee.objects.filter(pk__in=left).order_by("roll_number")))


# The kinds of act that offer it, and how each is taken back: (the act that undoes, the one undone) -> what came of it.
UNDOABLE: dict[str, Callable[[Act, Act], Undone]] = {
    "attendance.rest": _restore_attendance,
    BULK: lambda undoing, act: Undone(*undo_bulk_go(undoing, act)),
}
