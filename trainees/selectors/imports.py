"""What was imported, as acts tell it."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from accounts.models import Act, Change, User
from accounts.trail import models_in_trail
from programs.models import Program

IMPORT = "import."


def imports_told_to(user: User) -> QuerySet[Act]:
    """The imports of `user`, and all of programs that they run; each with who undid it."""
    acts = Act.objects.filter(kind__startswith=IMPORT).select_related("user", "undone_by__user")
    if user.is_active and user.is_superuser:
        return acts
    seen = Program.objects.visible_to(user).values("pk")
    return acts.filter(Q(scope__in=Program.objects.run_by(user).values("pk")) | Q(user=user.pk, scope__in=seen))


@dataclass(frozen=True)
class Wrote:
    """What an act did to the rows of one table."""

    things: str
    added: int
    changed: int
    removed: int


def what_it_wrote(act: Act) -> list[Wrote]:
    """By table, how many rows: one query."""
    found = Change.objects.filter(act=act).values("table").order_by("table")
    rows = found.annotate(
        added=Count("pk", filter=Q(before__isnull=True)),
        changed=Count("pk", filter=Q(before__isnull=False, after__isnull=False)),
        removed=Count("pk", filter=Q(after__isnull=True)),
    )
    names = {model._meta.db_table: str(model._meta.verbose_name_plural) for model in models_in_trail()}
    return [Wrote(names[row["table"]], row["added"], row["changed"], row["removed"]) for row in rows]
