"""Who may do what: the one place that decides.

A person has at most one role in a program. Everything that belongs to a program is fetched through `visible_to`,
`recorded_by` or `run_by`, so whoever forgets to ask has no object; services ask once more with `must_run` and `must_record`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from accounts.fields import Row
from accounts.models import User

if TYPE_CHECKING:
    from .models import Program, Role

COORDINATOR, INSTRUCTOR, VIEWER = "coordinator", "instructor", "viewer"
SEES = (COORDINATOR, INSTRUCTOR, VIEWER)
RECORDS = (COORDINATOR, INSTRUCTOR)
RUNS = (COORDINATOR,)


class InProgram(models.QuerySet[Row]):
    """Rows that belong to a program. `program` is the path from a row to its program's id."""

    program = "program_id"

    def visible_to(self, user: User) -> Self:
        """Rows of programs in which `user` has any role; all for administrators, none for the deactivated."""
        return self._for(user, SEES)

    def recorded_by(self, user: User) -> Self:
        """Rows for which `user` may record results and attendance."""
        return self._for(user, RECORDS)

    def run_by(self, user: User) -> Self:
        """Rows that `user` may set up and change."""
        return self._for(user, RUNS)

    def _for(self, user: User, kinds: Iterable[str]) -> Self:
        if not user.is_active or user.is_anonymous:
            return self.none()
        if user.is_superuser:
            return self.all()
        return self.filter(Exists(_roles(user, kinds).filter(program=OuterRef(self.program))))


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
    """`rows` with `may_record` and `may_run` beside each: what `user` may do there. No further query."""
    every = cast(_Guarded[Row], rows.model._default_manager.all())
    return rows.annotate(  # type: ignore[return-value]  # django-stubs loses the model of a type variable
        may_record=Exists(every.recorded_by(user).filter(pk=OuterRef("pk"))),
        may_run=Exists(every.run_by(user).filter(pk=OuterRef("pk"))),
    )


def fetch(
    rows: models.Manager[Row] | models.QuerySet[Row],
    user: User,
    may: Literal["see", "record", "run"] = "see",
    **lookup: Any,
) -> Row:
    """One row of `rows` for `user`: 404 when they may not know of it, PermissionDenied when they may see but not `may`.

    `rows` is a manager or queryset; `may` is "see", "record" or "run". The row says `may_record` and `may_run`. One query.
    """
    visible = cast(_Guarded[Row], rows.all()).visible_to(user)
    row = get_object_or_404(with_rights(visible, user), **lookup)
    if may != "see" and not getattr(row, f"may_{may}"):
        raise PermissionDenied
    return row
