"""What was done and by whom: administrators are told everything, coordinators what was done in the programs they run."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q

from accounts import trail
from accounts.history import Line, Tells, told
from accounts.models import Act, Change, User
from programs.access import InProgram
from programs.models import Instructor, Program, SkillModule

from ..models import Cohort, NameRead, Trainee
from ..words import deed_of

NEWEST = 50  # acts on a page; rows that an act begins with
TOGETHER = 500  # rows that a file reads at a time
_TABLE_AND_ROW = re.compile(r"([a-z_]+):([0-9]{1,18})")
_CODES: tuple[tuple[type[models.Model], str], ...] = (
    (Trainee, "roll_number"),
    (Program, "code"),
    (Cohort, "slug"),
    (SkillModule, "code"),
    (Instructor, "code"),
    (User, "username"),
)


@dataclass(frozen=True)
class Done:
    """An act: what it is called, the program, its first line where that may be told, and how many rows it wrote."""

    act: Act
    what: str
    program: str
    first: Line | None
    rows: int


@dataclass(frozen=True)
class Page:
    """Some acts, newest first, and from which ids on there are older and newer ones."""

    acts: list[Act]
    older: int | None
    newer: int | None


def acts_told_to(user: User) -> models.QuerySet[Act]:
    """The acts that `user` may know of. One without a program may be about anybody: it is for administrators alone."""
    undone_by = Prefetch(
        "undone_by", Act.objects.select_related("user")
    )  # joined, SQLite looks through all acts for each
    acts = Act.objects.select_related("user", "undoes").prefetch_related(undone_by)
    return acts if user.is_active and user.is_superuser else acts.filter(scope__in=_run_by(user))


def _run_by(user: User) -> list[int]:
    return list(Program.objects.run_by(user).values_list("pk", flat=True))


def people_in(acts: models.QuerySet[Act]) -> models.QuerySet[User]:
    """Who did any of `acts`."""
    return User.objects.filter(Exists(acts.select_related(None).filter(user=OuterRef("pk")))).order_by("username")


def reads_of_names(acts: models.QuerySet[Act]) -> models.QuerySet[Act]:
    return acts.filter(Exists(NameRead.objects.filter(act=OuterRef("pk"))))


def about(acts: models.QuerySet[Act], words: str) -> models.QuerySet[Act]:
    """Those of `acts` that wrote what `words` name, or a row that points to it: a code, or a table and a row, `table:12`."""
    wanted = Q()
    for model, pk in _named(words.strip()):
        if model is Program:
            wanted |= Q(scope=pk)
        wanted |= Q(pk__in=Change.objects.filter(_rows_of(model, pk)).values("act"))
    return acts.filter(wanted) if wanted else acts.none()


def _named(words: str) -> list[tuple[type[models.Model], int]]:
    if found := _TABLE_AND_ROW.fullmatch(words):
        models_of = {model._meta.db_table: model for model in trail.models_in_trail()}
        model = models_of.get(found[1])
        return [(model, int(found[2]))] if model else []
    return [
        (model, pk)
        for model, field in _CODES
        for pk in model._default_manager.filter(**{f"{field}__iexact": words}).values_list("pk", flat=True)
    ]


def _rows_of(model: type[models.Model], pk: int) -> Q:
    wanted = Q(table=model._meta.db_table, row=str(pk))
    for other in trail.models_in_trail() if model is not Program else ():
        for field in other._meta.concrete_fields:
            if field.related_model is model:
                rows = other._base_manager.filter(**{field.name: pk}).values_list("pk", flat=True)
                wanted |= Q(table=other._meta.db_table, row__in=[str(one) for one in rows])
    return wanted


def page_of(acts: models.QuerySet[Act], before: int | None, after: int | None) -> Page:
    """The newest of `acts`, or those older than `before`, or the next ones newer than `after`. Nothing is counted."""
    if after is not None:
        found = list(acts.filter(pk__gt=after).order_by("pk")[: NEWEST + 1])
        shown = found[:NEWEST][::-1]
        return Page(shown, shown[-1].pk if shown else None, shown[0].pk if len(found) > NEWEST else None)
    if before is not None:
        acts = acts.filter(pk__lt=before)
    found = list(acts.order_by("-pk")[: NEWEST + 1])
    shown = found[:NEWEST]
    newer = (shown[0].pk if shown else (before or 0) - 1) if before is not None else None
    return Page(shown, shown[-1].pk if len(found) > NEWEST else None, newer)


def summaries(acts: list[Act], user: User) -> list[Done]:
    """What stands in the list for each of `acts`."""
    rows = Change.objects.filter(act__in=acts).values("act").annotate(n=Count("pk"), first=Min("pk"))
    counted = {row["act"]: row for row in rows}
    firsts = list(Change.objects.filter(pk__in=[row["first"] for row in counted.values()]).select_related("act"))
    sentences = told(firsts, _tells(user))
    lines = {change.act_id: lines[0] for change, lines in zip(firsts, sentences, strict=True) if lines}
    codes = dict(Program.objects.filter(pk__in={act.scope for act in acts}).values_list("pk", "code"))
    return [
        Done(
            act,
            deed_of(act.kind),
            codes.get(act.scope, "") if act.scope else "",
            lines.get(act.pk),
            counted[act.pk]["n"] if act.pk in counted else 0,
        )
        for act in acts
    ]


def every(acts: models.QuerySet[Act], user: User) -> Iterator[Done]:
    """All of `acts`, newest first, read as they are asked for."""
    before: int | None = None
    while (page := page_of(acts, before, None)).acts:
        yield from summaries(page.acts, user)
        if page.older is None:
            return
        before = page.older


def every_line(act: Act, user: User) -> Iterator[Line]:
    """What `act` did, row by row, read as it is asked for: what `user` may know of."""
    last = 0
    while changes := list(act.changes.select_related("act").filter(pk__gt=last).order_by("pk")[:TOGETHER]):
        for lines in told(changes, _tells(user)):
            yield from lines
        last = changes[-1].pk


def lines_of(act: Act, user: User, newest: int | None) -> list[tuple[Line, ...]]:
    """What `act` did, row by row, of `newest` only so many; empty for a row that `user` may not know of."""
    changes = list(act.changes.select_related("act").order_by("pk")[:newest])
    return told(changes, _tells(user))


def _tells(user: User) -> Tells:
    """Whether a row may be told of: not one that belongs to a program that `user` does not run, nor one that cannot be placed."""
    if user.is_superuser:
        return lambda row: True
    run = set(_run_by(user))

    def tells(row: models.Model) -> bool:
        rows = type(row)._default_manager.all()
        return not isinstance(rows, InProgram) or _at_hand(row, rows.program) in run

    return tells


def _at_hand(row: models.Model, path: str) -> object:
    """What `path` leads to from `row`, without asking the database; None where something on the way is gone or not told."""
    *through, last = path.split("__")
    for name in through:
        if not type(row)._meta.get_field(name).is_cached(row):  # type: ignore[union-attr]  # a foreign key, by InProgram
            return None
        row = getattr(row, name)
    return getattr(row, last)
