"""What result sheets show."""

import datetime

from django.utils.translation import gettext as _

from accounts.models import Act
from programs.models import Program, SkillModule

from .. import progress
from ..models import Record, Trainee, TrainingSession
from .cells import evidence_of
from .loading import Acts, Moment


def note_of(attempt: int | None, recertification: bool) -> str:
    """What stands beside a result on a sheet."""
    parts = [_("attempt %(n)s") % {"n": attempt}] if attempt else []
    if recertification:
        parts.append(_("recertification"))
    return ", ".join(parts)


def standing_mark(
    trainee: Trainee,
    program: Program,
    module: SkillModule,
    session: TrainingSession | None,
    day: datetime.date | None,
) -> tuple[str, str, Act | None]:
    """What stands in a cell for a sheet, told to whoever was overtaken: the cell's version, the result ("" for none), and
    the act that made it so, with its user. Two queries.
    """
    acts: Acts = {}
    evidence = evidence_of(trainee, program, module, acts)
    if not evidence:
        return "", "", None
    now = progress.entered(evidence, session.pk if session else None, day or Moment.of(program).as_of)
    last = max(acts)
    act = Record.objects.select_related("act__user").get(pk=now.id if now else last).act
    return str(acts[last][0]), now.kind.value if now else "", act
