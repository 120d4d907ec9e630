"""Two numbers turn out to be one person: what stands under one goes on under the other, and the old one stays to be read.

What is only added to is copied (records, places, leaves), what changes in place goes along (marks, excusals, audiences).
So on an earlier day everything is asked as it was known then.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.acts import Conflict, Key, add, change, perform
from accounts.digest import digest
from accounts.imports import Rehearsed
from accounts.models import Act, User
from programs.models import Program

from ..models import (
    AttemptLeave,
    Attendance,
    Completion,
    Enrolment,
    Excusal,
    Identity,
    Record,
    SessionAudience,
    StepMark,
    Trainee,
    Unlisted,
)
from ..progress import Status
from ..selectors.merging import MERGE
from ..selectors.progress import trainee_view
from .erasing import must_run_wholly
from .places import SAID, Line, line_of, next_place

CELL = ("program_id", "module_id")
SHOWN = (  # what a record says; two that say the same of one person are one
    "session_id", "kind", "holds_from", "at_time", "holds_until", "score", "assessor_id", "authority", "recertification",
)  # fmt: skip
COPIED = (*CELL, *SHOWN, "entry_id", "reason", "sheet_id")
# What says least about where one person is first, where one of their two places has ended.
BY_WEIGHT = (
    {Enrolment.Status.EXPECTED, Enrolment.Status.WITHDRAWN},
    {Enrolment.Status.ACTIVE, Enrolment.Status.SUSPENDED, Enrolment.Status.NOT_COMPLETED},
    {Enrolment.Status.COMPLETED},
)
ENDED = {Enrolment.Status.WITHDRAWN, Enrolment.Status.NOT_COMPLETED, Enrolment.Status.COMPLETED}


@dataclass
class Taken:
    """What comes over in one program. `cohorts`: where the old number stood; `places`: entries written for the kept one.

    `others` are excusals, sessions for somebody by themselves, and leaves for attempts. `statuses`: where the kept number stands
    otherwise afterwards, as (code of a module, status before, status after).
    """

    program: Program
    cohorts: tuple[str, ...]
    places: int = 0
    records: int = 0
    marks: int = 0
    others: int = 0
    completion: bool = False
    statuses: list[tuple[str, Status | None, Status | None]] = field(default_factory=list)


@dataclass
class Report:
    """What merging does, or why it cannot be done. `name`: "" where nothing becomes of it, "taken" over, or they "differ".

    The `digest` tells two of them apart.
    """

    programs: list[Taken] = field(default_factory=list)
    name: str = ""
    refusals: list[str] = field(default_factory=list)
    digest: str = ""


def merge_trainees(
    *, user: User, key: Key, kept: Trainee, old: Trainee, seen_kept: Key, seen_old: Key, expected: str, reason: str
) -> Act:
    """Let `old` go on as `kept`, for whoever runs every program of both and says why. No button undoes it.

    `expected` is the digest of the rehearsal that was shown: Conflict where it would come out otherwise by now.
    """

    def do(act: Act) -> None:
        if not reason.strip():
            raise ValidationError({"reason": _("Say why these two are one person.")})
        report = _Merging(act, user, kept, old).do(seen_kept, seen_old)
        if report.digest != expected:
            raise Conflict(_("What would be merged has changed in the meantime. Look at it once more."))

    body = [kept.pk, old.pk]
    return perform(user=user, key=key, kind=MERGE, body=body, do=do, reason=reason, scope=_scope(kept, old))


def rehearse_merging(*, user: User, kept: Trainee, old: Trainee) -> Report:
    """What merging would do now: it is done, and taken back. With `refusals`, it cannot be done."""
    reports = []

    def do(act: Act) -> None:
        reports.append(_Merging(act, user, kept, old).do(kept.seen, old.seen))
        connection.check_constraints()
        raise Rehearsed

    try:
        perform(user=user, key=uuid.uuid4(), kind=MERGE, body=[kept.pk, old.pk], do=do, scope=_scope(kept, old))
    except ValidationError as error:
        return Report(refusals=error.messages)
    except Rehearsed:
        pass
    finally:
        for one in (kept, old):
            one.refresh_from_db()
    return reports[0]


def _scope(*trainees: Trainee) -> int | None:
    """The program of the newest entry of the first who has one."""
    for one in trainees:
        if (newest := one.enrolments.order_by("-pk").values_list("program_id", flat=True).first()) is not None:
            return newest
    return None


class _Merging:
    """One merging, within its act. What speaks against it is gathered, so that all of it is told at once."""

    def __init__(self, act: Act, user: User, kept: Trainee, old: Trainee) -> None:
        self.act, self.user, self.kept, self.old = act, user, kept, old
        self.refused: list[str] = []
        self.copies: dict[int, int] = {}  # by record of the old number, the one of the kept number that says the same
        self.rows: list[object] = []  # what the digest is made from

    def do(self, seen_kept: Key, seen_old: Key) -> Report:
        self._must(seen_kept, seen_old)
        programs = Program.objects.filter(enrolment__trainee__in=[self.kept, self.old]).distinct().order_by("code")
        taken = {one.pk: Taken(one, self._cohorts(one)) for one in programs}
        before = {pk: self._statuses(one.program) for pk, one in taken.items()}
        self._go_on()
        self._records(taken)
        self._marks(taken)
        self._others(taken)
        for one in taken.values():
            one.places = self._places(one.program)
        self._audiences(taken)
        self._completions(taken)
        name = self._name()
        if self.refused:
            raise ValidationError(self.refused)
        for pk, one in taken.items():
            after = self._statuses(one.program)
            was = before[pk]
            one.statuses = [(code, was.get(code), status) for code, status in after.items() if status != was.get(code)]
        told = [
            [one.program.pk, one.places, one.records, one.marks, one.others, one.statuses] for one in taken.values()
        ]
        return Report(list(taken.values()), name, digest=digest(MERGE, [self.rows, told, name], ""))

    def _must(self, seen_kept: Key, seen_old: Key) -> None:
        if self.kept == self.old:
            raise ValidationError(_("Choose two numbers."))
        for one, seen in ((self.kept, seen_kept), (self.old, seen_old)):
            must_run_wholly(self.user, one)
            if one.erased_at is not None:
                raise ValidationError(_("Who %(trainee)s was has been erased for good.") % {"trainee": one})
            if one.seen != str(seen):
                raise Conflict(current=one)
            if one.merged_into is not None:
                words = _("%(trainee)s is merged into %(other)s already.")
                raise ValidationError(words % {"trainee": one, "other": one.merged_into})

    def _cohorts(self, program: Program) -> tuple[str, ...]:
        """Where the old number stands in a program."""
        rows = Enrolment.objects.standing().filter(trainee=self.old, program=program).select_related("cohort__program")
        return tuple(dict.fromkeys(str(one.cohort) for one in rows))

    def _statuses(self, program: Program) -> dict[str, Status]:
        view = trainee_view(self.kept, program)
        return {view.entries[module].code: one.status for module, one in view.progress.standings.items()}

    def _go_on(self) -> None:
        """First of all, so that nobody writes to the old number while its rows are read."""
        self.old.merged_into = self.kept
        change(self.old, self.act, seen=self.old.seen)
        change(self.kept, self.act, seen=self.kept.seen)
        Trainee.objects.filter(merged_into=self.old).update(merged_into=self.kept, act=self.act)

    # ---- evidence

    def _records(self, taken: Mapping[int, Taken]) -> None:
        """Copy every record that stands to the end of its cell, the first of each cell before the second."""
        rows = list(Record.objects.filter(trainee__in=[self.kept, self.old]).order_by("pk"))
        wrong = {one.voids_id for one in rows}
        standing = [one for one in rows if one.pk not in wrong and one.kind != Record.Kind.VOID]
        last = {_of(one, CELL): one.pk for one in rows if one.trainee_id == self.kept.pk}
        known = {_of(one, CELL + SHOWN): one.pk for one in standing if one.trainee_id == self.kept.pk}
        waiting: dict[tuple[object, ...], list[Record]] = defaultdict(list)
        copied = []
        for one in standing:
            if one.trainee_id == self.old.pk:
                if (same := known.get(_of(one, CELL + SHOWN))) is not None:
                    self.copies[one.pk] = same
                else:
                    waiting[_of(one, CELL)].append(one)
        while waiting:
            wave = [(cell, lines.pop(0)) for cell, lines in waiting.items()]
            made = Record.objects.bulk_create(self._copy(one, last.get(cell)) for cell, one in wave)
            for (cell, one), copy in zip(wave, made, strict=True):
                self.copies[one.pk] = last[cell] = copy.pk
                copied.append(one.pk)
                taken[one.program_id].records += 1
            waiting = {cell: lines for cell, lines in waiting.items() if lines}
        self._steps(copied)
        self.rows.append(copied)

    def _copy(self, record: Record, previous: int | None) -> Record:
        said = {name: getattr(record, name) for name in COPIED}
        original = record.copy_of_id or record.pk
        return Record(act=self.act, trainee=self.kept, previous_id=previous, copy_of_id=original, **said)

    def _steps(self, copied: list[int]) -> None:
        marks = StepMark.objects.filter(record__in=copied).order_by("pk")
        StepMark.objects.bulk_create(
            StepMark(act=self.act, record_id=self.copies[one.record_id], step_id=one.step_id, passed=one.passed)
            for one in marks
        )

    # ---- what changes in place

    def _marks(self, taken: Mapping[int, Taken]) -> None:
        """Marks go along, in closed registers too; one that both have stays once."""
        rows = Attendance.objects.filter(trainee__in=[self.kept, self.old]).order_by("session__starts_at", "pk")
        found: dict[int, dict[int, Attendance]] = {self.kept.pk: {}, self.old.pk: {}}
        for one in rows.select_related("session__cohort__program", "session__module"):
            found[one.trainee_id][one.session_id] = one
        both, go = [], []
        for session, mark in found[self.old.pk].items():
            other = found[self.kept.pk].get(session)
            if other is not None and other.status != mark.status:
                words = _(
                    "%(session)s: %(kept)s is marked %(one)s and %(old)s %(other)s. Mark both the same first; "
                    "a closed register has to be opened again for it."
                )
                told = {"session": mark.session, "one": other.get_status_display(), "other": mark.get_status_display()}
                self.refused.append(words % {**told, "kept": self.kept.roll_number, "old": self.old.roll_number})
            elif other is not None:
                both.append(mark.pk)
            else:
                go.append(mark.pk)
                taken[mark.session.cohort.program_id].marks += 1
        Attendance.objects.filter(pk__in=both).delete()
        Attendance.objects.filter(pk__in=go).update(trainee=self.kept, act=self.act)
        self.rows += [both, go]

    def _others(self, taken: Mapping[int, Taken]) -> None:
        for one in Excusal.objects.filter(trainee=self.old):
            taken[one.program_id].others += 1
        Excusal.objects.filter(trainee=self.old).update(trainee=self.kept, act=self.act)
        Unlisted.objects.filter(trainee=self.old).update(trainee=self.kept, act=self.act)
        leaves = list(AttemptLeave.objects.filter(trainee=self.old).order_by("pk"))
        AttemptLeave.objects.bulk_create(
            AttemptLeave(
                act=self.act, trainee=self.kept, program_id=one.program_id, module_id=one.module_id, reason=one.reason
            )
            for one in leaves
        )
        for leave in leaves:
            taken[leave.program_id].others += 1

    def _audiences(self, taken: Mapping[int, Taken]) -> None:
        """Sessions that are for the old number by itself are for the kept one; it has its place by now."""
        named = SessionAudience.objects.filter(trainee=self.old)
        named.filter(session__in=SessionAudience.objects.filter(trainee=self.kept).values("session")).delete()
        for program in list(named.values_list("session__cohort__program", flat=True)):
            taken[program].others += 1
        named.update(trainee=self.kept, act=self.act)

    def _name(self) -> str:
        kept, old = (one.identities.order_by("-pk").first() for one in (self.kept, self.old))
        if old is None:
            return ""
        if kept is None:
            said = {"family_name": old.family_name, "given_name": old.given_name}
            add(Identity(trainee=self.kept, **said), self.act)
            return "taken"
        same = (kept.family_name, kept.given_name) == (old.family_name, old.given_name)
        return "" if same else "differ"

    # ---- places

    def _places(self, program: Program) -> int:
        """Unite both lines day by day in the kept one, and declare the places of the old one void: how many were written."""
        kept, old = line_of(self.kept, program.pk), line_of(self.old, program.pk)
        mine, theirs = _by_day(kept), _by_day(old)
        void = str(_("Merged into %(trainee)s") % {"trainee": self.kept.roll_number})
        last = old.last
        for entry in old.standing:
            said = {name: getattr(entry, name) for name in (*SAID, "cohort")} | {"status": Enrolment.Status.VOID}
            last = next_place(self.act, self.old, last, voids=entry, correction=void, **said)
        written, last, now = 0, kept.last, None
        for day in sorted(mine | theirs):
            own = mine.get(day)
            now = own or now
            try:
                said = _united(_on(mine, day), _on(theirs, day)) | {"since": day}
            except _Contradiction as error:
                self.refused.append(self._told(day, *error.args))
                break
            if now is not None and all(
                getattr(now, name) == said[name] for name in said if name not in {"since", "reason"}
            ):
                continue
            correction = str(_("Merged with %(trainee)s") % {"trainee": self.old.roll_number}) if own else ""
            now = last = next_place(self.act, self.kept, last, voids=own, correction=correction, **said)
            written += 1
        return written

    def _told(self, day: date, kept: Enrolment, old: Enrolment) -> str:
        words = _(
            "On %(day)s %(kept)s is in %(one)s and %(old)s in %(other)s, and nobody is in two places. "
            "Correct the place that is wrong first."
        )
        numbers = {"kept": self.kept.roll_number, "old": self.old.roll_number}
        return words % {**numbers, "day": date_format(day), "one": _place(kept), "other": _place(old)}

    # ---- completions

    def _completions(self, taken: Mapping[int, Taken]) -> None:
        """A completion that stands ends under the old number on this day, and stands under the kept one."""
        rows = Completion.objects.filter(trainee__in=[self.kept, self.old], revoked_on=None).order_by("pk")
        completed = {one.program_id for one in rows if one.trainee_id == self.kept.pk}
        for one in rows.select_related("cohort__program", "act"):
            if one.trainee_id != self.old.pk:
                continue
            if one.program_id in completed:
                self.refused.append(
                    _("Both have completed %(program)s. Revoke one completion first.") % {"program": one.program}
                )
                continue
            stood_on = {record for module in one.snapshot["modules"] for record in module["records"]}
            if stood_on - self.copies.keys():
                words = _("What the completion of %(trainee)s stood on was declared wrong since. Revoke it first.")
                self.refused.append(words % {"trainee": self.old.roll_number})
                continue
            self._complete(one)
            taken[one.program_id].completion = True
            self.rows.append(one.pk)
        for pk in {one.program_id for one in rows} if not self.refused else ():
            now = line_of(self.kept, pk).now
            if now is not None and now.status != Enrolment.Status.COMPLETED:
                words = _(
                    "One of the two has completed %(program)s, and the other is in %(place)s since. Correct one first."
                )
                self.refused.append(words % {"program": taken[pk].program, "place": _place(now)})

    def _complete(self, old: Completion) -> None:
        today = old.cohort.today()
        modules = [
            one | {"records": [self.copies[record] for record in one["records"]]} for one in old.snapshot["modules"]
        ]
        said = {"program_id": old.program_id, "cohort": old.cohort, "completed_on": old.completed_on}
        snapshot = old.snapshot | {"modules": modules, "known": today.isoformat()}
        old.revoked_on = max(today, old.completed_on)
        old.revoked_reason = str(_("Merged into %(trainee)s") % {"trainee": self.kept.roll_number})
        change(old, self.act, seen=old.seen)
        add(Completion(trainee=self.kept, snapshot=snapshot, **said), self.act)


def _of(row: Record, names: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in names)


# ---- two lines of places of one person


class _Contradiction(Exception):
    """On one day they are in two places."""


def _by_day(line: Line) -> dict[date, Enrolment]:
    """The entries that count, one a day: each holds until the next."""
    return {one.since: one for one in sorted(line.standing, key=lambda one: (one.since, one.pk))}


def _on(places: Mapping[date, Enrolment], day: date) -> Enrolment | None:
    """Where somebody is on a day."""
    return next((places[since] for since in sorted(places, reverse=True) if since <= day), None)


def _united(kept: Enrolment | None, old: Enrolment | None) -> dict[str, Any]:
    """Where one person is who is at both places: what the next entry says of it."""
    if kept is None or old is None or kept.status in ENDED or old.status in ENDED:
        one = _going_on(kept, old)
        return {name: getattr(one, name) for name in (*SAID, "cohort")}
    first, other = (old, kept) if kept.status == Enrolment.Status.EXPECTED else (kept, old)
    said = {name: getattr(first, name) for name in (*SAID, "cohort")}
    if kept.cohort_id != old.cohort_id or (kept.status != old.status and other.status != Enrolment.Status.EXPECTED):
        raise _Contradiction(kept, old)
    for name in ("track", "group"):
        if None not in (said[name], getattr(other, name)) and said[name] != getattr(other, name):
            raise _Contradiction(kept, old)
        said[name] = said[name] or getattr(other, name)
    return said


def _going_on(kept: Enrolment | None, old: Enrolment | None) -> Enrolment:
    """Of two places of which one has ended, or was none, the one that says where the person is."""
    here = [one for one in (kept, old) if one is not None]
    if len({one.cohort_id for one in here}) == 1:  # who left under one number was still there under the other
        weight: dict[str, int] = {one: n for n, some in enumerate(BY_WEIGHT) for one in some}
        return max(here, key=lambda one: (weight[one.status], one.since))
    return max(here, key=lambda one: one.since)  # of the same day the kept one's


def _place(entry: Enrolment) -> str:
    parts: Iterator[object] = filter(None, (entry.cohort, entry.get_status_display(), entry.track, entry.group))
    return ", ".join(map(str, parts))
