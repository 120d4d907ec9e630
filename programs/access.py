"""Who may do what: the one place that decides.

A person has at most one role in a program. Everything that belongs to a program is fetched through `visible_to`,
`recorded_by` or `run_by`, so whoever forgets to ask has no object; services ask once more with `must_run` and `must_record`.
"""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

COORDINATOR, INSTRUCTOR, VIEWER = "coordinator", "instructor", "viewer"
SEES = (COORDINATOR, INSTRUCTOR, VIEWER)
RECORDS = (COORDINATOR, INSTRUCTOR)
RUNS = (COORDINATOR,)


class InProgram(models.QuerySet):
    """Rows that belong to a program. `program` is the path from a row to its program's id."""

    program = "program_id"

    def visible_to(self, user):
        """Rows of programs in which `user` has any role; all for administrators, none for the deactivated."""
        return self._for(user, SEES)

    def recorded_by(self, user):
        """Rows for which `user` may record results and attendance."""
        return self._for(user, RECORDS)

    def run_by(self, user):
        """Rows that `user` may set up and change."""
        return self._for(user, RUNS)

    def _for(self, user, kinds):
        if not user.is_active or user.is_anonymous:
            return self.none()
        if user.is_superuser:
            return self.all()
        return self.filter(Exists(_roles(user, kinds).filter(program=OuterRef(self.program))))


def _roles(user, kinds):
    from .models import Role  # the roles themselves are rows of a program

    return Role.objects.filter(user=user.pk, kind__in=kinds)


def must_run(user, program) -> None:
    """Refuse with PermissionDenied whoever does not coordinate `program` (a Program or its id)."""
    _must(user, program, RUNS)


def must_record(user, program) -> None:
    """Refuse with PermissionDenied whoever may not record in `program` (a Program or its id)."""
    _must(user, program, RECORDS)


def coordinates_any(user) -> bool:
    """Whether `user` may begin a new program or add to the shared catalogue: any coordinator, any administrator."""
    return user.is_active and (user.is_superuser or _roles(user, RUNS).exists())


def must_coordinate(user) -> None:
    """Refuse with PermissionDenied whoever coordinates no program at all."""
    if not coordinates_any(user):
        raise PermissionDenied


def _must(user, program, kinds) -> None:
    allowed = user.is_active and (
        user.is_superuser or _roles(user, kinds).filter(program=getattr(program, "pk", program)).exists()
    )
    if not allowed:
        raise PermissionDenied


def with_rights(rows, user):
    """`rows` with `may_record` and `may_run` beside each: what `user` may do there. No further query."""
    every = rows.model._default_manager.all()
    return rows.annotate(
        may_record=Exists(every.recorded_by(user).filter(pk=OuterRef("pk"))),
        may_run=Exists(every.run_by(user).filter(pk=OuterRef("pk"))),
    )


def fetch(rows, user, may: str = "see", **lookup):
    """One row of `rows` for `user`: 404 when they may not know of it, PermissionDenied when they may see but not `may`.

    `rows` is a manager or queryset; `may` is "see", "record" or "run". The row says `may_record` and `may_run`. One query.
    """
    row = get_object_or_404(with_rights(rows.all().visible_to(user), user), **lookup)
    if not {"see": True, "record": row.may_record, "run": row.may_run}[may]:
        raise PermissionDenied
    return row
