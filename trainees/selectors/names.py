"""Names that somebody asked for, with a reason, and may see for a while."""

import datetime
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Act, User

from ..models import Identity

SHOWN_FOR = datetime.timedelta(minutes=15)  # from the act that asked; after that it is a new reading
READ = "name.read"  # the kind of act


@dataclass(frozen=True)
class Shown:
    """The names that `act` read, by trainee, shown until a moment to whoever did it."""

    act: Act
    names: dict[int, str]

    @property
    def until(self) -> datetime.datetime:
        return self.act.at + SHOWN_FOR

    @property
    def seconds(self) -> int:
        """How long from now, rounded up."""
        return max(1, int((self.until - timezone.now()).total_seconds()) + 1)


def names_by(act: Act) -> dict[int, str]:
    """The names that `act` read, by trainee: of those it noted, as they stood then. One query."""
    newest_last = Identity.objects.filter(trainee__name_reads__act=act, act__lte=act).order_by("pk")
    return {row.trainee_id: f"{row.family_name} {row.given_name}".strip() for row in newest_last}


def names_shown(user: User, act: int | None) -> Shown | None:
    """What the act with this id shows to `user` still: nothing to anybody else, nor later. Two queries."""
    if act is None:
        return None
    since = timezone.now() - SHOWN_FOR
    found = Act.objects.filter(pk=act, user=user, kind=READ, at__gt=since).select_related("user").first()
    return Shown(found, names_by(found)) if found else None
