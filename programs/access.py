"""Who may do what: the one place that decides.

A person has at most one role in a program. Everything that belongs to a program is fetched through `visible_to`,
`recorded_by` or `run_by`, so whoever forgets to ask has no object; services ask once more with `must_run` and `must_record`.

A liaison officer may be limited to the trainees of one nation. Then rows about other trainees of that program, and about those
without a nation, do not exist for them: `visible_to` leaves them out; numbers are counted `within` the `Limits` of their reader.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeAlias, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404

from accounts.fields import Row
from accounts.models import User

if TYPE_CHECKING:
    from .models import Program, Role

COORDINATOR, INSTRUCTOR, VIEWER = "coordinator", "instructor", "viewer"
SEES = (COORDINATOR, INSTRUCTOR, VIEWER)
RECORDS = (COORDINATOR, INSTRUCTOR)
RUNS = (COORDINATOR,)

Limits: TypeAlias = Mapping[int, str]  # by program: the nation whose trainees alone a reader sees there
EVERYBODY: Limits = {}  # for whoever writes: acts are about all, and who is limited may not act


class InProgram(models.QuerySet[Row]):
    """Rows that belong to a program. `program` is the path from a row to its program's id.

    Where rows are about a trainee, `nation` is the path to whose nation decides; with `also_nobodys`, rows about nobody are
    seen by everybody who sees the program.
    """

    program = "program_id"
    nation = ""
    also_nobodys = False

    def visible_to(self, user: User) -> Self:
        """Rows of programs in which `user` has any role; all for administrators, none for the deactivated."""
        return self._for(user, SEES)

    def recorded_by(self, user: User) -> Self:
        """Rows for which `user` may record results and attendance."""
        return self._for(user, RECORDS)

    def run_by(self, user: User) -> Self:
        """Rows that `user` may set up and change."""
        return self._for(user, RUNS)

    def wholly_visible_to(self, user: User) -> Self:
        """Rows of programs in which `user` sees everybody."""
        return self._for(user, SEES, nation="")

    def within(self, limits: Limits) -> Self:
        """Rows about the trainees that `limits` leave: what `visible_to` leaves, once it is known what that is."""
        rows = self
        for program, nation in limits.items():
            about = Q(**{self.nation: nation})
            if self.also_nobodys:
                about |= Q(**{self.nation: None})
            rows = rows.filter(~Q(**{self.program: program}) | about)
        return rows

    def _for(self, user: User, kinds: Iterable[str], **limited: str) -> Self:
        if not user.is_active or user.is_anonymous:
            return self.none()
        if user.is_superuser:
            return self.all()
        roles = _roles(user, kinds).filter(program=OuterRef(self.program), **limited)
        if self.nation:
            nation = OuterRef(self.nation)
            roles = roles.filter(
                Q(nation="") | Q(nation=Coalesce(nation, F("nation")) if self.also_nobodys else nation)
            )
        return self.filter(Exists(roles))


class AboutTrainee(InProgram[Row]):
    """Rows about a trainee in a program."""

    nation = "trainee__nation"


def _roles(user: User, kinds: Iterable[str]) -> "models.QuerySet[Role]":
    from .models import Role  # the roles themselves are rows of a program

    return Role.objects.filter(user=user.pk, kind__in=kinds)


def must_run(user: User, program: "Program | int") -> None:
    """Refuse with PermissionDenied whoever does not coordinate `program` (a Program or its id)."""
    _must(user, program, RUNS)


def must_record(user: User, program: "Program | int") -> None:
    """Refuse with PermissionDenied whoever may not record in `program` (a Program or its id)."""
    _must(user, program, RECORDS)


def coordinates_any(user: User) -> bool:
    """Whether `user` may begin a new program or add to the shared catalogue: any coordinator, any administrator."""
    return user.is_active and (user.is_superuser or _roles(user, RUNS).exists())


def must_coordinate(user: User) -> None:
    """Refuse with PermissionDenied whoever coordinates no program at all."""
    if not coordinates_any(user):
        raise PermissionDenied


def _must(user: User, program: "Program | int", kinds: Iterable[str]) -> None:
    allowed = user.is_active and (
        user.is_superuser or _roles(user, kinds).filter(program=getattr(program, "pk", program)).exists()
    )
    if not allowed:
        raise PermissionDenied


Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class _Guarded(Protocol[Row_co]):
    """What every queryset has that is fetched from here."""

    def visible_to(self, user: User) -> models.QuerySet[Row_co]: ...
    def recorded_by(self, user: User) -> models.QuerySet[Row_co]: ...
    def run_by(self, user: User) -> models.QuerySet[Row_co]: ...


def with_rights(rows: models.QuerySet[Row], user: User) -> models.QuerySet[Row]:
    """`rows` with `may_record` and `may_run` beside each: what `user` may do there. No further query.

    Rows of a program say besides what they are `limited_to`: the nation whose trainees alone `user` sees there, or nothing.
    """
    every = cast(_Guarded[Row], rows.model._default_manager.all())
    rights: dict[str, Any] = {
        "may_record": Exists(every.recorded_by(user).filter(pk=OuterRef("pk"))),
        "may_run": Exists(every.run_by(user).filter(pk=OuterRef("pk"))),
    }
    if isinstance(every, InProgram):
        role = _roles(user, () if user.is_superuser else SEES).filter(program=OuterRef(every.program))
        rights["limited_to"] = Coalesce(Subquery(role.values("nation")[:1]), Value(""))
    with_them: models.QuerySet[Row] = rows.annotate(**rights)
    return with_them


def limited_roles(user: User) -> "models.QuerySet[Role]":
    """The roles of `user` that are limited to a nation: what a page over several programs tells."""
    return (
        _roles(user, () if user.is_superuser else SEES)
        .exclude(nation="")
        .select_related("program")
        .order_by("program__code")
    )


def limits_of(*rows: models.Model) -> Limits:
    """Whom the reader sees in the programs of `rows`, which were fetched with rights."""
    limits = {}
    for row in rows:
        if limited_to := row.limited_to:  # type: ignore[attr-defined]  # no row without rights gets further than here
            path = cast("InProgram[Any]", type(row)._default_manager.all()).program
            limits[reduce(getattr, path.split("__"), row)] = limited_to
    return cast(Limits, limits)


def fetch(
    rows: models.Manager[Row] | models.QuerySet[Row],
    user: User,
    may: Literal["see", "record", "run"] = "see",
    **lookup: Any,
) -> Row:
    """One row of `rows` for `user`: 404 when they may not know of it, PermissionDenied when they may see but not `may`.

    `rows` is a manager or queryset; `may` is "see", "record" or "run". The row says its rights (`with_rights`). One query.
    """
    visible = cast(_Guarded[Row], rows.all()).visible_to(user)
    row = get_object_or_404(with_rights(visible, user), **lookup)
    if may != "see" and not getattr(row, f"may_{may}"):
        raise PermissionDenied
    return row
