"""One trainee in one module: what has to be known before something is written there."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programs.models import CurriculumEntry, Program, SkillModule

from .. import progress
from ..models import Record, Trainee
from .loading import Entry, Moment, load_entries_of, load_evidence, load_places


@dataclass
class Cell:
    """A trainee's cell of one module on one day, with the entry in force there and the record that is its last."""

    trainee: Trainee
    program: Program
    module: SkillModule
    day: datetime.date
    today: datetime.date
    entry: Entry
    last: Record | None
    evidence: list[progress.Evidence]
    blocked: bool

    @property
    def last_key(self) -> str:
        """The version of the cell: what a form made from it carries as `seen`."""
        return str(self.last.act.key) if self.last else ""

    def critical_failed(self, steps: Mapping[int, bool]) -> bool:
        """Whether a critical step is NO-GO. ValidationError for a step of another module."""
        critical = (
            dict(CurriculumEntry.objects.get(pk=self.entry.id).steps.values_list("pk", "critical")) if steps else {}
        )
        if set(steps) - set(critical):
            raise ValidationError(_("This step belongs to another module."))
        return any(critical[step] and not passed for step, passed in steps.items())


def load_cell(trainee: Trainee, program: Program, module: SkillModule, day: datetime.date) -> Cell:
    """The cell as it is now, under the curriculum in force on `day`: five queries.

    ValidationError where the trainee had no place in the program on that day, or its curriculum has no such module.
    """
    now = Moment.of(program)
    line = load_places({program.pk: now}, trainee=trainee).get(program.pk, {}).get(trainee.pk, [])
    place = progress.place_on(line, day, now.known)
    if place is None:
        raise ValidationError(
            _("%(trainee)s had no place in this program on %(day)s.") % {"trainee": trainee, "day": date_format(day)}
        )
    moment = Moment(now.zone, day, now.known)
    entries, tracks = load_entries_of(place.cohort, moment)
    entry = next((entry for entry in entries if entry.module == module.pk), None)
    if entry is None:
        raise ValidationError(
            _("%(module)s is not in the curriculum that this cohort followed on %(day)s.")
            % {"module": module, "day": date_format(day)}
        )
    evidence = load_evidence({program.pk: now}, trainee=trainee).get(program.pk, {}).get(trainee.pk, {})
    last = (
        Record.objects.filter(trainee=trainee, program=program, module=module)
        .select_related("act")
        .order_by("pk")
        .last()
    )
    return Cell(
        trainee=trainee,
        program=program,
        module=module,
        day=day,
        today=now.as_of,
        entry=entry,
        last=last,
        evidence=list(evidence.get(module.pk, [])),
        blocked=_blocked(entry, entries, tracks, place.track, evidence, day, now.known),
    )


def _blocked(entry: Entry, entries: list[Entry], tracks, track: int | None, evidence, day, known) -> bool:
    """Whether a prerequisite in the trainee's track was missing on `day`."""
    asked = progress.asked_of(track, [one.requirement for one in entries], tracks)
    return any(
        progress.assess(need, progress.Need.REQUIRED, evidence.get(need, ()), as_of=day, known=known).status
        not in {progress.Status.ACHIEVED, progress.Status.EXEMPT}
        for need in entry.needs & asked.keys()
    )
