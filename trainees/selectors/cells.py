"""One trainee in one module: what has to be known before something is written there."""

import datetime
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from programs.access import EVERYBODY
from programs.models import PerformanceStep, Program, SkillModule

from .. import progress
from ..models import Cohort, Record, Trainee
from .loading import (
    Acts,
    Entry,
    Moment,
    curriculum_on,
    load_curricula,
    load_entries_of,
    load_evidence,
    load_places,
)

KNOWN = 20_000  # trainees of whom `Cells` remembers at a time,
HELD = 20_000  # and lines about them
NOTHING: tuple[list[Entry], frozenset[int]] = ([], frozenset())


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
    moment = Moment(now.zone, day or now.as_of, now.known)
    line = load_places({program.pk: now}, EVERYBODY, trainee=trainee).get(program.pk, {}).get(trainee.pk, [])
    place = _place_on(line, trainee, moment, expected)
    entries, tracks = load_entries_of(place.cohort, moment)
    entry = _entry_of(entries, module, moment)
    acts: Acts = {}
    evidence = (
        load_evidence({program.pk: now}, EVERYBODY, acts, trainee=trainee).get(program.pk, {}).get(trainee.pk, {})
    )
    missing = missing_needs(entry, entries, tracks, place.track, evidence, moment.as_of, now.known)
    return _cell(trainee, program, module, moment, place, entry, evidence.get(module.pk, ()), missing, acts)


def _place_on(
    line: Sequence[progress.Place], trainee: Trainee, moment: Moment, expected: bool = False
) -> progress.Place:
    if trainee.merged_into is not None:
        words = {"trainee": trainee, "other": trainee.merged_into}
        raise ValidationError(_("%(trainee)s goes on as %(other)s. Write it there.") % words)
    place = progress.place_on(line, moment.as_of, moment.known)
    here = progress.COUNTED | ({progress.PlaceStatus.EXPECTED} if expected else set())
    if place is None or place.status not in here:
        raise ValidationError(
            _("%(trainee)s was not on the roster on %(day)s.") % {"trainee": trainee, "day": date_format(moment.as_of)}
        )
    return place


def _entry_of(entries: Sequence[Entry], module: SkillModule, moment: Moment) -> Entry:
    wanted = module.pk
    entry = next((entry for entry in entries if entry.module == wanted), None)
    if entry is None:
        raise ValidationError(
            _("%(module)s is not in the curriculum that this cohort followed on %(day)s.")
            % {"module": module, "day": date_format(moment.as_of)}
        )
    return entry


def _cell(
    trainee: Trainee,
    program: Program,
    module: SkillModule,
    moment: Moment,
    place: progress.Place,
    entry: Entry,
    evidence: Sequence[progress.Evidence],
    missing: list[str],
    acts: Acts,
) -> Cell:
    last = max((line.id for line in evidence), default=None)
    return Cell(
        trainee=trainee,
        program=program,
        module=module,
        day=moment.as_of,
        today=moment.known,
        place=place,
        entry=entry,
        entry_id=entry.id,
        last_id=last,
        last_key=str(acts[last][0]) if last in acts else "",
        evidence=list(evidence),
        missing=missing,
        recorders={pk: user for pk, (_key, user) in acts.items()},
    )


class Cells:
    """The cells of many trainees of one program, as they are now: `load` some, then ask for each without a query.

    What is decided about one is `added` to it, so that what follows knows of it before anything is written.
    """

    def __init__(self, program: Program) -> None:
        self.program, self.now = program, Moment.of(program)
        cohorts = list(Cohort.objects.filter(program=program).values_list("pk", flat=True))
        self._followed, self._curricula = load_curricula(cohorts)
        self._places: dict[int, list[progress.Place]] = {}
        self._evidence: dict[int, dict[int, list[progress.Evidence]]] = {}
        self._acts: Acts = {}
        self._held = 0

    def load(self, trainees: Collection[int]) -> None:
        """All that is known of these trainees, once: two queries."""
        new = set(trainees) - self._places.keys()
        if len(self._places) + len(new) > KNOWN or self._held > HELD:
            self._places, self._evidence, self._acts, self._held = {}, {}, {}, 0
            new = set(trainees)
        before = len(self._acts)
        of: dict[str, Any] = {"trainee__in": new}
        moments = {self.program.pk: self.now}
        self._places |= {trainee: [] for trainee in new} | load_places(moments, EVERYBODY, **of).get(
            self.program.pk, {}
        )
        self._evidence |= load_evidence(moments, EVERYBODY, self._acts, **of).get(self.program.pk, {})
        self._held += len(self._acts) - before

    def cell(self, trainee: Trainee, module: SkillModule, day: datetime.date) -> Cell:
        """As `load_cell`; of somebody who was loaded."""
        moment = Moment(self.now.zone, day, self.now.known)
        place = _place_on(self._places.get(trainee.pk, ()), trainee, moment)
        curriculum = curriculum_on(self._followed, place.cohort, moment)
        entries, tracks = self._curricula.get(curriculum[0], NOTHING) if curriculum else NOTHING
        entry = _entry_of(entries, module, moment)
        evidence = self._evidence.get(trainee.pk, {})
        missing = missing_needs(entry, entries, tracks, place.track, evidence, day, moment.known)
        here = evidence.get(module.pk, ())
        acts = {line.id: self._acts[line.id] for line in here if line.id in self._acts}
        return _cell(trainee, self.program, module, moment, place, entry, here, missing, acts)

    def add(self, cell: Cell, line: progress.Evidence) -> Callable[[int], None]:
        """From now on `line` belongs to the cell; what is given back wants its number once it has one."""
        lines = self._evidence.setdefault(cell.trainee.pk, defaultdict(list))[cell.module.pk]
        lines.append(line)
        self._held += 1
        place = len(lines) - 1

        def known(pk: int) -> None:
            lines[place] = line._replace(id=pk)

        return known


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
