"""One trainee in one module: what has to be known before something is written there."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programs.access import EVERYBODY
from programs.models import PerformanceStep, Program, SkillModule

from .. import progress
from ..models import Record, Trainee
from .loading import Acts, Entry, Moment, load_entries_of, load_evidence, load_places


@dataclass(kw_only=True)
class Spot:
    """Where the next record of a trainee in a module goes: under which entry, after which record."""

    trainee: Trainee
    program: Program
    module: SkillModule
    today: datetime.date
    entry_id: int
    last_id: int | None
    last_key: str  # the version of the cell: what a form made from it carries as `seen`; empty where nothing is yet

    def last(self) -> Record | None:
        """The record that stands last in it."""
        return Record.objects.select_related("act").get(pk=self.last_id) if self.last_id else None


def spot_of(record: Record) -> Spot:
    """Where a record that declares `record` wrong goes, whatever became of place and curriculum since: one query."""
    of = {"trainee": record.trainee_id, "program": record.program_id, "module": record.module_id}
    last = Record.objects.filter(**of).select_related("act").latest("pk")
    return Spot(
        trainee=record.trainee,
        program=record.program,
        module=record.module,
        today=Moment.of(record.program).as_of,
        entry_id=record.entry_id,
        last_id=last.pk,
        last_key=str(last.act.key),
    )


@dataclass(kw_only=True)
class Cell(Spot):
    """A trainee's cell of one module on one day: the place and the entry in force there, and all evidence."""

    day: datetime.date
    place: progress.Place
    entry: Entry
    evidence: list[progress.Evidence]
    missing: list[str]  # codes of prerequisites not met on the day
    recorders: Mapping[int, int | None]  # by record, who wrote it down

    @property
    def blocked(self) -> bool:
        return bool(self.missing)

    def checklist(self, steps: Mapping[int, bool]) -> dict[str, Any]:
        """What the marked `steps` say, as a new mark takes it. One query, where the module has steps to look at.

        ValidationError for a step of another module.
        """
        if not steps and self.entry.steps_needed is None:
            return {}
        critical = dict(PerformanceStep.objects.filter(entry=self.entry.id).values_list("pk", "critical"))
        if set(steps) - set(critical):
            raise ValidationError(_("This step belongs to another module."))
        every = len(steps) == len(critical)
        marked = [(critical[step], passed) for step, passed in steps.items()]
        return {
            "failed_critical": any(is_critical and not passed for is_critical, passed in marked),
            "by_steps": progress.by_steps(marked, self.entry.steps_needed) if every else None,
            "unmarked_steps": self.entry.steps_needed is not None and not every,
        }


def load_cell(
    trainee: Trainee, program: Program, module: SkillModule, day: datetime.date | None, *, expected: bool = False
) -> Cell:
    """The cell as it is now, under the curriculum in force on `day` (None: today): three queries.

    ValidationError where the trainee was not on the roster on that day, or its curriculum has no such module. Somebody who
    is `expected` then is let through only where that is asked for.
    """
    now = Moment.of(program)
    day = day or now.as_of
    line = load_places({program.pk: now}, EVERYBODY, trainee=trainee).get(program.pk, {}).get(trainee.pk, [])
    place = progress.place_on(line, day, now.known)
    here = progress.COUNTED | ({progress.PlaceStatus.EXPECTED} if expected else set())
    if place is None or place.status not in here:
        raise ValidationError(
            _("%(trainee)s was not on the roster on %(day)s.") % {"trainee": trainee, "day": date_format(day)}
        )
    moment = Moment(now.zone, day, now.known)
    entries, tracks = load_entries_of(place.cohort, moment)
    entry = next((entry for entry in entries if entry.module == module.pk), None)
    if entry is None:
        raise ValidationError(
            _("%(module)s is not in the curriculum that this cohort followed on %(day)s.")
            % {"module": module, "day": date_format(day)}
        )
    acts: Acts = {}
    evidence = (
        load_evidence({program.pk: now}, EVERYBODY, acts, trainee=trainee).get(program.pk, {}).get(trainee.pk, {})
    )
    last = max((line.id for line in evidence.get(module.pk, ())), default=None)
    return Cell(
        trainee=trainee,
        program=program,
        module=module,
        day=day,
        today=now.as_of,
        place=place,
        entry=entry,
        entry_id=entry.id,
        last_id=last,
        last_key=str(acts[last][0]) if last else "",
        evidence=list(evidence.get(module.pk, [])),
        missing=missing_needs(entry, entries, tracks, place.track, evidence, day, now.known),
        recorders={pk: user for pk, (_key, user) in acts.items()},
    )


def evidence_of(
    trainee: Trainee, program: Program, module: SkillModule, acts: Acts | None = None
) -> list[progress.Evidence]:
    """All records of one cell, as the rule sees them: one query."""
    of = load_evidence({program.pk: Moment.of(program)}, EVERYBODY, acts, trainee=trainee, module=module)
    return of.get(program.pk, {}).get(trainee.pk, {}).get(module.pk, [])


def missing_needs(
    entry: Entry,
    entries: Sequence[Entry],
    tracks: frozenset[int],
    track: int | None,
    evidence: Mapping[int, Sequence[progress.Evidence]],
    day: datetime.date,
    known: datetime.date,
) -> list[str]:
    """The codes of prerequisites in the trainee's track that were missing on `day`."""
    if not entry.needs:
        return []
    asked = progress.asked_of(track, [one.requirement for one in entries], tracks)
    return [
        one.code
        for one in entries
        if one.module in entry.needs & asked.keys()
        and progress.assess(
            one.module, progress.Need.REQUIRED, evidence.get(one.module, ()), as_of=day, known=known
        ).status
        not in {progress.Status.ACHIEVED, progress.Status.EXEMPT}
    ]
