"""Erasing a person for good: who they were, and what was written about them. Counts, days and who did what stay."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from accounts.acts import Key, change, perform
from accounts.erasing import ERASES, clean_file, columns, erased_json
from accounts.fields import folded
from accounts.models import Act, Change, User
from accounts.privacy import ERASED, about_a_person, field

from ..models import Trainee


def erase_person(*, user: User, key: Key, trainee: Trainee, seen: Key, roll_number: str, reason: str) -> Act:
    """Erase who `trainee` was, for whoever runs all their programs, types the roll number and says why. Nothing undoes it.

    Numbers that were merged into this one are erased with it. May be done again: what was written about them since goes too.
    On SQLite the file is written anew after the act; where others did not let it, a ValidationError asks to send the same again.
    """

    def do(act: Act) -> None:
        must_run_wholly(user, trainee)
        if roll_number.strip() != trainee.roll_number:
            raise ValidationError({"roll_number": _("This is not the roll number of this trainee.")})
        if not reason.strip():
            raise ValidationError({"reason": _("Say why.")})
        if trainee.merged_into is not None:
            words = _("%(trainee)s goes on as %(other)s. Erase that number: this one is erased with it.")
            raise ValidationError(words % {"trainee": trainee, "other": trainee.merged_into})
        numbers = [trainee, *Trainee.objects.filter(merged_into=trainee).select_related("act")]
        names = [name for one in numbers for name in _names_of(one)]
        if _tells_of(names, reason):
            raise ValidationError({"reason": _("Leave name and call sign out: this reason stays.")})
        for one in numbers:
            version = seen if one is trainee else one.seen
            one.call_sign, one.erased_at = ERASED, one.erased_at or act.at
            change(one, act, seen=version)
            one.identities.all().delete()
        _erase_written(numbers, names)

    body, scope = (
        [trainee, roll_number],
        trainee.enrolments.order_by("-pk").values_list("program_id", flat=True).first(),
    )
    act = perform(user=user, key=key, kind=ERASES, body=body, do=do, reason=reason, scope=scope)
    transaction.on_commit(_clean)
    return act


def must_run_wholly(user: User, trainee: Trainee) -> None:
    """Refuse whoever does not run every program of `trainee`, and is no administrator."""
    if not Trainee.objects.wholly_run_by(user).filter(pk=trainee.pk).exists():
        raise PermissionDenied


def _clean() -> None:
    try:
        clean_file()
    except OperationalError as error:
        words = _("It is erased, but the file still holds old copies: others are using it. Send this once more.")
        raise ValidationError(words) from error


def _names_of(trainee: Trainee) -> list[str]:
    """What the person was ever called here."""
    names = [name for both in trainee.identities.values_list("family_name", "given_name") for name in both]
    return [*names, *([] if trainee.erased_at else [trainee.call_sign])]


def _tells_of(names: Iterable[str], text: str) -> bool:
    return any(name and folded(name) in folded(text) for name in names)


def _erase_written(numbers: list[Trainee], names: list[str]) -> None:
    """First the rows as they stand, then what the trail noted of them, this act's own changes included, then reasons."""
    mine: list[int] = []
    theirs = [one.pk for one in numbers]
    tables = []
    for model, path in about_a_person():
        if "__" in path:
            continue  # what hangs on another row of theirs has no text of its own
        tables.append(model._meta.db_table)
        rows = model._base_manager.filter(**{f"{path}__in": theirs})
        if path != "pk":
            _mark(rows, columns(model))
        mine += _noted_of(model, path, rows, theirs)
    noted = {name: RawSQL(erased_json(f'"{name}"', "", connection.vendor), ()) for name in ("before", "after")}  # noqa: S611
    Change.objects.filter(pk__in=mine).update(**noted)
    acts = Act.objects.filter(changes__in=mine).exclude(reason="").exclude(kind=ERASES)
    others = Change.objects.filter(act__in=acts.values("pk"), table__in=tables).exclude(pk__in=mine)
    shared = set(others.values_list("act_id", flat=True))
    told = acts.distinct().values_list("pk", "reason")
    gone = [pk for pk, reason in told if pk not in shared or _tells_of(names, reason)]
    Act.objects.filter(pk__in=gone).update(reason=ERASED)


def _mark(rows: QuerySet[models.Model], written: list[str]) -> None:
    """The marker in place of what is written; what is empty stays so."""
    for name in written:
        rows.exclude(**{name: ""}).update(**{name: ERASED})


def _noted_of(
    model: type[models.Model], path: str, rows: QuerySet[models.Model], theirs: list[int]
) -> QuerySet[Change, int]:
    """What the trail noted of the person's rows in a table, those deleted since included."""
    ids = Q(row__in=[str(pk) for pk in rows.values_list("pk", flat=True)])
    if path != "pk":
        column = field(model, path).column
        ids |= Q(**{f"after__{column}__in": theirs}) | Q(**{f"before__{column}__in": theirs})
    return Change.objects.filter(ids, table=model._meta.db_table).values_list("pk", flat=True)
