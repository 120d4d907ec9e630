"""Which changes of the trail a reader may know of who is limited to a nation."""

from django.db import models
from django.db.models import Q

from programs.access import AboutTrainee

from ..models import Trainee


def changes_seen(limited_to: str, *parts: type[models.Model]) -> Q:
    """Of changes to rows of `parts`, those about no other nation's trainee, neither before nor after. "": all of them.

    A row about nobody is told where `AboutTrainee` says that it is seen by everybody.
    """
    if not limited_to:
        return Q()
    seen = list(Trainee.objects.filter(nation=limited_to).values_list("pk", flat=True))
    about = {
        part._meta.db_table: rows for part in parts if isinstance(rows := part._default_manager.all(), AboutTrainee)
    }
    told = ~Q(table__in=list(about))
    for table, rows in about.items():
        states = Q(table=table)
        for state in ("before", "after"):
            known = Q(**{f"{state}__isnull": True}) | Q(**{f"{state}__trainee_id__in": seen})
            if rows.also_nobodys:
                known |= Q(**{f"{state}__trainee_id": None})
            states &= known
        told |= states
    return told
