"""Taking back what was done to many at once, as long as nobody has gone on from there."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.acts import Key, perform
from accounts.models import Act, Change, User
from accounts.trail import models_in_trail, values_of
from programs.access import must_record, must_run

from ..models import Attendance, Enrolment, Identity, NameRead, Record, StepMark, Trainee
from ..selectors.imports import IMPORT
from ..selectors.remedial import REMEDIAL
from ..selectors.sheets import BULK
from .many import UNDONE, take_back
from .places import append_place, line_of
from .remedial import unplan
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
        _must(user, act)
        done.append(UNDOABLE[act.kind](undoing, act))

    earlier = Act.objects.filter(undoes=act).exclude(key=key).select_related("user").first()
    if earlier is not None:
        raise ValidationError(_("%(who)s has undone this already.") % {"who": earlier.user})
    perform(user=user, key=key, kind="undo", body=str(act.key), do=do, scope=act.scope, undoes=act)
    return done[0] if done else Undone(0)


def may_undo(user: User, act: Act) -> bool:
    """Whether `user` may take `act` back, as far as it still stands."""
    try:
        _must(user, act)
    except PermissionDenied:
        return False
    return act.kind in UNDOABLE


def _must(user: User, act: Act) -> None:
    (must_record if act.user_id == user.pk and act.kind not in RUN else must_run)(user, act.scope or 0)


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


# ---- imports


@dataclass
class _Net:
    """What an act made of one row, all in all."""

    model: type[models.Model]
    pk: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def _take_back(undoing: Act, act: Act) -> Undone:
    """Whatever an import wrote: what it made goes, what it changed says again what it said, what it only added is voided.

    Where somebody went on from there it stays, and is named.
    """
    rows, kept = take_back(undoing, act)
    done = _voided_places(undoing, act, kept)
    for one in _net(act):
        with suppress(_Overtaken, ValidationError, IntegrityError, ProtectedError), transaction.atomic():
            done += _restore(undoing, act, one)
            continue
        kept.append(str(one.model._default_manager.filter(pk=one.pk).first() or one.model._meta.verbose_name))
    return Undone(rows + done, tuple(dict.fromkeys(kept)))


class _Overtaken(Exception):
    """Somebody has written this row since."""


def _net(act: Act) -> list[_Net]:
    """The rows that can be put back, in the order in which that works: what was made last goes first."""
    found: dict[tuple[str, str], _Net] = {}
    known = {model._meta.db_table: model for model in models_in_trail()}
    for table, pk, before, after in (
        Change.objects.filter(act=act)
        .exclude(table__in=ADDED_TO)
        .order_by("pk")
        .values_list("table", "row", "before", "after")
    ):
        if (table, pk) in found:
            found[table, pk].after = after
        else:
            found[table, pk] = _Net(known[table], int(pk), before, after)
    rows = [one for one in found.values() if one.before is not None or one.after is not None]
    rows.reverse()
    rows.sort(key=lambda one: one.after is None)  # what was deleted comes back at the end
    return rows


ADDED_TO = (Record._meta.db_table, StepMark._meta.db_table, Enrolment._meta.db_table, NameRead._meta.db_table)


def _restore(undoing: Act, act: Act, one: _Net) -> int:
    if one.model is Identity:
        return Identity.objects.filter(pk=one.pk, act=act).delete()[0]
    if one.before is None and one.model is Trainee:
        return 0  # stays known, without a place
    if one.after is None and one.before is not None:
        again = one.model(**values_of(one.model, one.before) | {"id": one.pk, "act_id": undoing.pk})
        again.save(force_insert=True)
        return 0
    row: Any = one.model._default_manager.select_for_update().filter(pk=one.pk, act=act).first()
    if row is None:
        raise _Overtaken
    if one.before is None:
        row.delete()
        return 1
    for name, value in values_of(one.model, one.before).items():
        setattr(row, name, value)
    row.act_id = undoing.pk
    row.save()
    return 1


def _voided_places(undoing: Act, act: Act, kept: list[str]) -> int:
    """The places that the act gave were a mistake, where nothing was entered after them."""
    done = 0
    made = (
        Enrolment.objects.filter(act=act).select_related("trainee", "cohort__program", "track", "group").order_by("-pk")
    )
    for entry in made:
        line = line_of(entry.trainee, entry.program_id)
        if line.last is None or line.last.act_id not in {act.pk, undoing.pk}:
            kept.append(str(entry.trainee))
            continue
        right = {name: getattr(entry, name) for name in ("track", "group", "since", "cohort", "reason")}
        append_place(
            undoing,
            trainee=entry.trainee,
            line=line,
            voids=entry,
            correction=str(UNDONE),
            status=Enrolment.Status.VOID,
            **right,
        )
        done += 1
    return done


def _unplan(_undoing: Act, act: Act) -> Undone:
    gone, kept = unplan(act)
    return Undone(gone, tuple(kept))


IMPORTS_RUN = {f"{IMPORT}{name}" for name in ("modules", "curriculum", "instructors", "roster", "sessions", "grants")}
RUN = IMPORTS_RUN | {REMEDIAL}  # only whoever coordinates takes these back

# The kinds of act that offer it, and how each is taken back: (the act that undoes, the one undone) -> what came of it.
UNDOABLE: dict[str, Callable[[Act, Act], Undone]] = {
    "attendance.rest": _restore_attendance,
    **dict.fromkeys([*IMPORTS_RUN, f"{IMPORT}attendance", f"{IMPORT}results"], _take_back),
    REMEDIAL: _unplan,
    BULK: lambda undoing, act: Undone(*undo_bulk_go(undoing, act)),
}
