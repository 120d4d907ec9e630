"""What result sheets show."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Act, User
from programs.access import EVERYBODY
from programs.models import Instructor, PerformanceStep, Program, SkillModule

from .. import progress
from ..models import Record, StepMark, Trainee, TrainingSession
from .assessors import likely_assessors
from .cells import evidence_of, missing_needs
from .loading import Acts, Entry, Moment, load_entries_of, load_evidence, load_places
from .sessions import Line as RegisterLine
from .sessions import register_of

AWAY = ("absent", "excused")
BULK = "record.bulk"


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


@dataclass(frozen=True)
class Line:
    """One trainee on a session's result sheet, with every record of the cell in its order."""

    register: RegisterLine
    session: TrainingSession
    missing: list[str]  # codes of prerequisites not met on the day
    evidence: Sequence[progress.Evidence]
    records: dict[int, Record]
    steps: dict[int, dict[int, bool]]  # by record
    reader: User

    @property
    def trainee(self) -> Trainee:
        return self.register.trainee

    @cached_property
    def seen(self) -> str:
        """The version of the cell."""
        return str(self.records[max(self.records)].act.key) if self.records else ""

    @cached_property
    def now(self) -> Record | None:
        """What the sheet shows as entered."""
        return self._entered(self.evidence)

    def shown(self, version: str) -> Record | None:
        """What the sheet showed when the cell had this version. A forged one showed nothing."""
        until = next((pk for pk, one in self.records.items() if str(one.act.key) == version), 0)
        return self._entered([line for line in self.evidence if line.id <= until])

    def _entered(self, evidence: Sequence[progress.Evidence]) -> Record | None:
        found = progress.entered(evidence, self.session.pk, self.session.starts_on)
        return self.records[found.id] if found else None

    def steps_of(self, record: Record | None) -> dict[int, bool]:
        return self.steps.get(record.pk, {}) if record else {}

    @cached_property
    def note(self) -> str:
        """Which attempt it is, or would be."""
        attempts, now = progress.attempts(self.evidence), self.now
        if now is None:
            return note_of(len(attempts) + 1, self._expired)
        return note_of(attempts.index(now.pk) + 1 if now.pk in attempts else None, now.recertification)

    @cached_property
    def _expired(self) -> bool:
        day = self.session.starts_on
        mark = progress.NewMark(progress.Kind.NO_GO, day)
        return progress.Refusal.NEEDS_RECERTIFICATION in progress.refusals(mark, self.evidence, today=datetime.date.max)

    @cached_property
    def earlier(self) -> list[str]:
        """The other results in force, in words."""
        now = self.now
        voided = {line.voids for line in self.evidence}
        return [
            _told(one)
            for pk, one in sorted(self.records.items(), key=lambda item: (item[1].holds_from, item[0]))
            if pk not in voided and one.kind != Record.Kind.VOID and one != now
        ]

    @property
    def away(self) -> bool:
        return self.register.mark is not None and self.register.mark.status in AWAY

    @cached_property
    def needs_word(self) -> bool:
        """Whether a change has to say why: closed, or somebody else's."""
        now = self.now
        return self.session.results_closed_at is not None or (now is not None and now.act.user_id != self.reader.pk)


def _told(record: Record) -> str:
    words = f"{record.get_kind_display()} {date_format(record.holds_from)}"
    return words if record.score is None else f"{words} ({plain(record.score)})"


def plain(score: Decimal) -> str:
    """A score without the zeros that say nothing."""
    return format(score.normalize(), "f")


@dataclass(frozen=True)
class SessionSheet:
    """The result sheet of a session. No `entry`: its module is not in the cohort's curriculum of that day."""

    session: TrainingSession
    entry: Entry | None
    lines: list[Line]
    steps: list[PerformanceStep]
    assessors: list[Instructor]  # who may assess, the likeliest first

    @property
    def marked(self) -> int:
        return sum(line.now is not None for line in self.lines)

    @property
    def no_bulk(self) -> str:
        """Why this sheet has no GO for several at once; empty where it has."""
        if self.entry is None or not self.session.cohort.program.bulk_go:
            return _("This program has no GO for several at once.")
        if self.entry.pass_mark is not None:
            return _("A GO needs a score here: it is recorded one by one.")
        if self.entry.steps_needed is not None and self.steps:
            return _("A GO follows from the steps here: it is recorded one by one.")
        if self.session.results_closed_at is not None:
            return _("These results are closed.")
        return ""

    @cached_property
    def eligible(self) -> set[int]:
        """The ids of those marked present, not blocked and within the limit of attempts: whom several GO at once are for."""
        limit = self.session.cohort.program.attempt_limit
        return {
            line.trainee.pk
            for line in ([] if self.no_bulk else self.lines)
            if line.register.mark is not None
            and line.register.mark.status == "present"
            and not line.missing
            and (
                limit is None or progress.attempts_since_pass(line.evidence, line.now.pk if line.now else None) < limit
            )
        }

    @property
    def bulk(self) -> list[Line]:
        """Those of them who are not marked yet."""
        return [line for line in self.lines if line.now is None and line.trainee.pk in self.eligible]

    @property
    def newest_bulk(self) -> Act | None:
        """The last bulk GO that results on the sheet still carry: nobody has undone it."""
        acts = {now.act for line in self.lines if (now := line.now) and now.act.kind == BULK}
        return max(acts, key=lambda act: act.pk, default=None)

    @cached_property
    def missing(self) -> list[Line]:
        """Whoever was there and has neither a result nor a reason why not."""
        return [line for line in self.lines if line.now is None and line.register.mark is not None and not line.away]


def session_sheet(session: TrainingSession, reader: User) -> SessionSheet:
    """Everybody whom a session is for, or who was marked or assessed there, with what was recorded in its module.

    For whoever may record there. A fixed number of queries.
    """
    program, module, day = session.cohort.program, session.module, session.starts_on
    now = Moment.of(program)
    entries, tracks = load_entries_of(session.cohort_id, Moment(now.zone, day, now.known))
    entry = next((one for one in entries if one.module == module.pk), None)
    register = register_of(session, EVERYBODY)
    here = [line.trainee.pk for line in register]
    asked = {module.pk} | (entry.needs if entry else set())
    places = load_places({program.pk: now}, EVERYBODY, trainee__in=here).get(program.pk, {})
    evidence = load_evidence({program.pk: now}, EVERYBODY, trainee__in=here, module__in=asked).get(program.pk, {})
    records: dict[int, dict[int, Record]] = defaultdict(dict)
    of = Record.objects.filter(program=program, module=module, trainee__in=here)
    for row in of.select_related("act__user").order_by("pk"):
        records[row.trainee_id][row.pk] = row
    steps: dict[int, dict[int, bool]] = defaultdict(dict)
    checklist = list(PerformanceStep.objects.filter(entry=entry.id)) if entry else []
    for record, step, passed in StepMark.objects.filter(record__in=of).values_list("record_id", "step_id", "passed"):
        steps[record][step] = passed

    def missing(trainee: int) -> list[str]:
        place = progress.place_on(places.get(trainee, []), day, now.known)
        track = place.track if place else None
        return missing_needs(entry, entries, tracks, track, evidence.get(trainee, {}), day, now.known) if entry else []

    lines = [
        Line(
            register=line,
            session=session,
            missing=missing(line.trainee.pk),
            evidence=evidence.get(line.trainee.pk, {}).get(module.pk, []),
            records=records[line.trainee.pk],
            steps=steps,
            reader=reader,
        )
        for line in register
    ]
    return SessionSheet(session, entry, lines, checklist, list(likely_assessors(program, module, session, reader)))
