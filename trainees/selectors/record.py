"""A trainee's record: in each program that the reader sees, each module with the lines that make its status."""

import datetime
from dataclasses import dataclass

from accounts.models import User
from programs.access import EVERYBODY, with_rights
from programs.models import Program

from .. import progress
from ..models import Attendance, Cohort, Enrolment, Excusal, Record, Trainee, TrainingSession
from ..words import FLAG, STATE, WHY, flags_of, state_of
from .completions import Completed, completions_on
from .finish import Ending, ending_of
from .loading import Entry, Person
from .progress import TraineeView, trainee_view


@dataclass(frozen=True)
class Line:
    """One record of a module, and what became of it: it decides, or why not."""

    record: Record
    decides: bool
    why: str

    @property
    def voidable(self) -> bool:
        return self.record.kind != Record.Kind.VOID and not hasattr(self.record, "voided_by")

    @property
    def granted(self) -> bool:
        """A coordinator's decision, which only coordinators correct or void."""
        return self.record.kind in {Record.Kind.CREDIT, Record.Kind.EXEMPTION}

    @property
    def page(self) -> str:
        """The address at which such a record is made, and corrected."""
        made_at = {Record.Kind.CREDIT: "credit_create", Record.Kind.EXEMPTION: "exemption_create"}
        return f"trainees:{made_at.get(Record.Kind(self.record.kind), 'record_create')}"


@dataclass(frozen=True)
class ModuleRecord:
    entry: Entry
    standing: progress.Standing | None  # None: outside the trainee's track
    state: str
    words: str
    flags: list[str]
    lines: list[Line]
    needs: list[Entry]

    @property
    def newest(self) -> Record | None:
        """The record that decides, the latest of several."""
        return next((line.record for line in reversed(self.lines) if line.decides), None)


@dataclass(frozen=True)
class SeatLine:
    """One session held, and whether the trainee was there, as known on the day asked about. No `status`: not marked."""

    session: TrainingSession
    status: str
    words: str
    reason: str
    closed: bool
    result_missing: bool


@dataclass(frozen=True)
class ProgramRecord:
    """A trainee in one program."""

    view: TraineeView
    cohort: Cohort | None
    modules: list[ModuleRecord]
    attendance: list[SeatLine]
    places: list[Enrolment]
    excusals: list[Excusal]
    completed: Completed | None
    ending: Ending | None  # whether they can still finish, where they are counted in `cohort`

    @property
    def link(self) -> str:
        moment = self.view.moment
        return f"?as_of={moment.as_of.isoformat()}&known={moment.known.isoformat()}"


def programs_of(trainee: Trainee, user: User) -> list[Program]:
    """The programs in which the trainee has or had a place and that `user` sees, with what they may do there."""
    places = Enrolment.objects.visible_to(user).filter(trainee=trainee)
    return list(with_rights(Program.objects.filter(pk__in=places.values("program")), user))


def record_of(
    trainee: Trainee, program: Program, as_of: datetime.date | None, known: datetime.date | None
) -> ProgramRecord:
    """Everything about a trainee in `program`, for whoever may know of them there.

    `as_of` defaults as on the pages of the trainee's cohort.
    """
    places = list(
        Enrolment.objects.filter(trainee=trainee, program=program)
        .select_related("cohort__program", "track", "group", "act__user", "voided_by")
        .order_by("pk")
    )
    standing = [one for one in places if not hasattr(one, "voided_by") and one.status != Enrolment.Status.VOID]
    last = max(standing, key=lambda one: (one.since, one.pk), default=None)
    view = trainee_view(trainee, program, as_of or (last.cohort.default_as_of() if last else None), known)
    completed = completions_on(view.moment, EVERYBODY, {trainee.pk: view.evidence}, trainee=trainee, program=program)
    at = view.progress.place
    cohort = next((one.cohort for one in places if at and one.cohort_id == at.cohort), None)
    excusals = list(Excusal.objects.filter(trainee=trainee, program=program).select_related("act"))
    who = Person(trainee.pk, trainee.uuid, trainee.roll_number, trainee.call_sign)
    return ProgramRecord(
        view=view,
        cohort=cohort,
        modules=_modules(view, trainee, program),
        attendance=_seats(view, trainee),
        places=places,
        excusals=excusals,
        completed=completed[-1] if completed else None,
        ending=ending_of(view, cohort, who, excusals) if cohort else None,
    )


def _seats(view: TraineeView, trainee: Trainee) -> list[SeatLine]:
    """Every session held at which the trainee was expected or marked, with the reason that stands at the mark."""
    ids = [seat.session.id for seat in view.seats]
    sessions = TrainingSession.objects.select_related("module", "cohort__program").in_bulk(ids)
    marks = Attendance.objects.filter(trainee=trainee, session__in=ids)
    missing = view.results_missing
    reasons = {(one.session_id, one.status): one.reason for one in marks}
    return [
        SeatLine(
            sessions[seat.session.id],
            seat.status.value if seat.status else "",
            str(Attendance.Status(seat.status.value).label) if seat.status else "",
            reasons.get((seat.session.id, seat.status.value), "") if seat.status else "",
            seat.closed,
            seat.session.id in missing,
        )
        for seat in view.seats
        if seat.session.id in sessions
    ]


def _modules(view: TraineeView, trainee: Trainee, program: Program) -> list[ModuleRecord]:
    rows = (
        Record.objects.filter(trainee=trainee, program=program)
        .select_related("act__user", "assessor", "session", "module", "voids", "voided_by", "entry__curriculum")
        .select_related("copy_of__act__user", "copy_of__trainee")
        .order_by("holds_from", "at_time", "pk")
    )
    by_module: dict[int, list[Record]] = {}
    for row in rows:
        by_module.setdefault(row.module_id, []).append(row)
    found = [
        _module(view, view.entries[pk], standing, by_module.get(pk, []))
        for pk, standing in view.progress.standings.items()
    ]
    for pk in by_module.keys() - view.progress.standings.keys():
        entry = view.entries.get(pk) or _entry(by_module[pk][0])
        found.append(_module(view, entry, None, by_module[pk]))
    return found


def _entry(record: Record) -> Entry:
    """A module that the curriculum in force no longer has, as its record knows it."""
    one = record.entry
    return Entry(
        one.pk, record.module_id, record.module.code, record.module.title, one.required, one.hours, one.pass_mark,
        one.validity_months, one.position,
    )  # fmt: skip


def _module(view: TraineeView, entry: Entry, standing: progress.Standing | None, rows: list[Record]) -> ModuleRecord:
    left_out = {one.id: one.why for one in standing.left_out} if standing else {}
    deciding = set(standing.deciding) if standing else set()
    return ModuleRecord(
        entry=entry,
        standing=standing,
        state=state_of(standing) if standing else "",
        words=str(STATE[state_of(standing)]) if standing else "",
        flags=[str(FLAG[flag]) for flag in flags_of(standing)] if standing else [],
        lines=[Line(row, row.pk in deciding, str(WHY[left_out[row.pk]]) if row.pk in left_out else "") for row in rows],
        needs=[view.entries[pk] for pk in (standing.blocked_by if standing else ()) if pk in view.entries],
    )
