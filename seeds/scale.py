"""Programs of any size, invented, the same from the same seed: for measuring, and for looking at pages that are full.

`manage.py seed --scale 100x200x60`: cohorts, trainees in each, modules. Each trainee has a fixed chance to meet a standard, known
to nobody but this file; modules differ, too. Some leave, some are absent, NO-GO is tried again.
"""

import datetime
import random
import re
import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from accounts.acts import backdated, perform
from accounts.imports import tell_the_planner
from accounts.models import Act, User
from programs import services as teaching
from programs.models import Assignment, Curriculum, CurriculumEntry, Instructor, SkillModule
from trainees import progress
from trainees import services as training
from trainees.models import Attendance, Cohort, Enrolment, SessionStaff, Trainee, TrainingSession
from trainees.services.many import ManyResults

NAMESPACE = uuid.UUID("5a0f3c52-6f0e-4c44-9d0c-2b6d1f1f7a11")
FIRST = datetime.date(2022, 1, 3)  # a Monday; every cohort begins a week after the one before
DAYS = 5  # of training in a week
ASSESSED_A_DAY = 2  # modules
INSTRUCTORS = 12
NATIONS = ("Ukraine", "Norway", "Denmark", "Poland")
CALL_SIGNS = ("BEREZA", "DUB", "HRIM", "KLEN", "LYS", "SOKIL", "VOVK", "YASEN")
AGAIN = 3  # attempts at most


@dataclass(frozen=True)
class Scale:
    """How much of what; `cohorts` are of all programs together."""

    cohorts: int
    trainees: int
    modules: int
    programs: int = 1
    seed: int = 1

    @classmethod
    def of(cls, told: str, programs: int = 1, seed: int = 1) -> "Scale":
        """From words such as 100x200x60. ValueError where it is none."""
        if not re.fullmatch(r"[1-9]\d{0,3}x[1-9]\d{0,3}x[1-9]\d{0,2}", told):
            raise ValueError
        return cls(*map(int, told.split("x")), programs=programs, seed=seed)

    def __str__(self) -> str:
        return f"{self.cohorts}x{self.trainees}x{self.modules}, {self.programs} programs, seed {self.seed}"


@dataclass
class Person:
    """A trainee, and what this file knows of them."""

    trainee: Trainee
    chance: float
    leaves_in: int | None  # week of the course
    first_only: bool  # whether they follow the track that is asked the last modules too
    met: set[int] = field(default_factory=set)
    waiting: dict[int, int] = field(default_factory=dict)  # attempts made, by module not met yet


def load(scale: Scale, user: User, tell: Callable[[str], object]) -> bool:
    """Make all of it through the services, in one act for each week of each cohort; False where it was there before."""
    key = _key(scale, "scale")
    if Act.objects.filter(key=key).exists():
        return False
    made = 0
    for n in range(scale.programs):
        crowd = Crowd(scale, n, user)
        for cohort in range(n, scale.cohorts, scale.programs):
            crowd.course(cohort)
            made += 1
            tell(f"{made} of {scale.cohorts} cohorts")
    perform(user=user, key=key, kind="command.seed", body=str(scale), do=lambda act: tell_the_planner(10**6))
    return True


class Crowd:
    """One program with its cohorts."""

    def __init__(self, scale: Scale, n: int, user: User) -> None:
        self.scale, self.n, self.user = scale, n, user
        self.code = f"SCALE-{scale.cohorts}-{scale.trainees}-{scale.modules}-{scale.seed}-{n + 1}"
        self.zone = zoneinfo.ZoneInfo("Europe/Oslo")
        self.acts = 0
        with backdated(self._at(FIRST - datetime.timedelta(days=14), 9)):
            self._begin()

    def _begin(self) -> None:
        self.program = teaching.create_program(
            **self._by(), code=self.code, title=f"Program {self.n + 1} of {self.scale}"[:120], host="Nobody",
            time_zone=str(self.zone), attempt_limit=None,
        )  # fmt: skip
        self.tracks = [
            teaching.create_track(**self._by(), program=self.program, code=code, title=f"Track {code}") for code in "AB"
        ]
        self._do(self._people)
        draft = teaching.create_curriculum(**self._by(), program=self.program, note="")
        self.entries: list[CurriculumEntry] = []
        for n in range(self.scale.modules):
            module = self._module(n)
            self.entries.append(
                teaching.add_entry(
                    **self._by(), curriculum=draft, module=module, required=n % 12 != 11,
                    validity_months=24 if n % 10 == 3 else None,
                    tracks=self.tracks[:1] if self._last(n) else (),
                    prerequisites=[self.entries[n - 5]] if n % 10 == 7 else (),
                )
            )  # fmt: skip
        draft = Curriculum.objects.select_related("act", "program").get(pk=draft.pk)
        self.curriculum = teaching.publish_curriculum(**self._by(), curriculum=draft, seen=draft.seen)

    def _last(self, n: int) -> bool:
        """Whether the n-th module is asked of the first track only."""
        return n >= max(self.scale.modules - 4, 8)

    def _module(self, n: int) -> SkillModule:
        """Modules are shared by all programs of all scales."""
        code = f"SCALE-{n + 1:02}"
        found = SkillModule.objects.filter(code=code).first()
        return found or teaching.create_module(**self._by(), code=code, title=f"Module {n + 1}")

    def _people(self, act: Act) -> None:
        self.instructors = Instructor.objects.bulk_create(
            Instructor(act=act, code=f"{self.code}-{n + 1}"[-20:], call_sign=f"{CALL_SIGNS[n % 8]}-{n + 1}")
            for n in range(INSTRUCTORS)
        )
        Assignment.objects.bulk_create(
            Assignment(act=act, program=self.program, instructor=one) for one in self.instructors
        )

    # ---- a cohort

    def course(self, n: int) -> None:
        """A cohort from its first day to its last."""
        self.random = random.Random(f"{self.scale.seed} {n}")  # noqa: S311  # nothing is secret here
        first = FIRST + datetime.timedelta(weeks=n)
        weeks = -(-self.scale.modules // (DAYS * ASSESSED_A_DAY)) + 1
        with backdated(self._at(first - datetime.timedelta(days=7), 9)):
            cohort = training.create_cohort(
                **self._by(), program=self.program, curriculum=self.curriculum, code=f"S{n + 1:04}", title="",
                starts_on=first, ends_on=first + datetime.timedelta(weeks=weeks, days=-3),
            )  # fmt: skip
            self._do(lambda act: self._plan(act, cohort))
        with backdated(self._at(first, 6)):
            self._do(lambda act: self._arrive(act, cohort, n))
        for week in range(weeks):
            with backdated(self._at(first + datetime.timedelta(weeks=week, days=DAYS - 1), 18)):
                self._leave(cohort, week)
                self._do(lambda act, week=week: self._record(act, week))
                self._do(lambda act, week=week: self._try_again(act, cohort, week))

    def _plan(self, act: Act, cohort: Cohort) -> None:
        """An assessment of each module, two a day."""
        self.sessions = TrainingSession.objects.bulk_create(self._planned(act, cohort))
        SessionStaff.objects.bulk_create(
            SessionStaff(act=act, session=one, instructor=self._assessor(n)) for n, one in enumerate(self.sessions)
        )

    def _planned(self, act: Act, cohort: Cohort) -> Iterator[TrainingSession]:
        for n, entry in enumerate(self.entries):
            week, rest = divmod(n, DAYS * ASSESSED_A_DAY)
            day, turn = divmod(rest, ASSESSED_A_DAY)
            start = self._at(cohort.starts_on + datetime.timedelta(weeks=week, days=day), 8 + 5 * turn)
            yield TrainingSession(
                act=act, cohort=cohort, module=entry.module, kind="assessment",
                starts_at=start, ends_at=start + datetime.timedelta(hours=4),
            )  # fmt: skip

    def _assessor(self, n: int) -> Instructor:
        return self.instructors[n % INSTRUCTORS]

    def _arrive(self, act: Act, cohort: Cohort, n: int) -> None:
        roll = f"{self.scale.seed}{self.code[-1]}-{self.scale.cohorts}-{self.scale.trainees}-{self.scale.modules}-{n + 1:04}"
        people = Trainee.objects.bulk_create(
            Trainee(
                act=act, roll_number=f"{roll}-{one + 1:04}", call_sign=f"{self.random.choice(CALL_SIGNS)}-{one + 1}",
                nation=NATIONS[n % len(NATIONS)],
            )
            for one in range(self.scale.trainees)
        )  # fmt: skip
        self.people = [
            Person(
                one,
                chance=self.random.betavariate(7, 3.5),
                leaves_in=self.random.randrange(1, 8) if self.random.random() < 0.04 else None,
                first_only=place % 2 == 0,
            )
            for place, one in enumerate(people)
        ]
        Enrolment.objects.bulk_create(
            Enrolment(
                act=act, trainee=one.trainee, program=self.program, cohort=cohort, since=cohort.starts_on,
                track=self.tracks[0 if one.first_only else 1],
            )
            for one in self.people
        )  # fmt: skip

    # ---- a week

    def _leave(self, cohort: Cohort, week: int) -> None:
        leaving = {one.trainee.pk for one in self.people if one.leaves_in == week}
        if not leaving:
            return
        last = Enrolment.objects.filter(trainee__in=leaving).select_related("act")
        training.place(
            **self._by(), kind="withdraw", cohort=cohort, status="withdrawn", seen={one.trainee_id: one.act.key for one in last},
            since=cohort.starts_on + datetime.timedelta(weeks=week), reason="Invented",
        )  # fmt: skip
        self.people = [one for one in self.people if one.trainee.pk not in leaving]

    def _of(self, week: int) -> list[tuple[int, TrainingSession, list[Person]]]:
        """The modules assessed in this week, with their sessions, and those of whom they are asked."""
        step = DAYS * ASSESSED_A_DAY
        numbers = range(week * step, min((week + 1) * step, self.scale.modules))
        return [
            (n, self.sessions[n], [one for one in self.people if one.first_only or not self._last(n)]) for n in numbers
        ]

    def _record(self, act: Act, week: int) -> None:
        """Who was there, and what they showed."""
        marks, seen = [], []
        for n, session, people in self._of(week):
            for one in people:
                status = self.random.choices(("present", "late", "excused", "absent"), (92, 3, 3, 2))[0]
                marks.append(Attendance(act=act, session=session, trainee=one.trainee, status=status))
                if status in ("present", "late"):
                    seen.append((n, session, one))
        Attendance.objects.bulk_create(marks)
        self._judge(act, [(n, session.starts_on, session, one) for n, session, one in seen])
        held = TrainingSession.objects.filter(pk__in={mark.session_id for mark in marks})
        held.update(act=act, register_closed_at=act.at, results_closed_at=act.at)

    def _try_again(self, act: Act, cohort: Cohort, week: int) -> None:
        """On the last day of the week everybody tries again what was NO-GO before this week."""
        day = cohort.starts_on + datetime.timedelta(weeks=week, days=DAYS - 1)
        before = {n for earlier in range(week) for n, _session, _people in self._of(earlier)}
        self._judge(act, [(n, day, None, one) for one in self.people for n in sorted(one.waiting) if n in before])

    def _judge(self, act: Act, tries: list[tuple[int, datetime.date, TrainingSession | None, Person]]) -> None:
        many = ManyResults(act, self.program)
        many.load({one.trainee.pk for _n, _day, _session, one in tries})
        for row, (n, day, session, one) in enumerate(tries):
            if (n % 10 == 7 and n - 5 not in one.met) or one.waiting.get(n, 0) >= AGAIN:
                continue
            go = self.random.random() < one.chance * (0.8 + 0.2 * (n * 7 % 10) / 9)
            mark = progress.NewMark(
                kind=progress.Kind.GO if go else progress.Kind.NO_GO, assessed_on=day,
                reason="", recertification=False,
            )  # fmt: skip
            many.decide(
                row, one.trainee, self.entries[n].module, mark, assessor=self._assessor(n).pk, session=session
            )  # fmt: skip
            if go:
                one.met.add(n)
                one.waiting.pop(n, None)
            else:
                one.waiting[n] = one.waiting.get(n, 0) + 1
        for refused in many.write().values():
            raise refused

    # ---- acts

    def _key(self) -> uuid.UUID:
        self.acts += 1
        return _key(self.scale, f"{self.n} {self.acts}")

    def _by(self) -> dict:
        return {"user": self.user, "key": self._key()}

    def _do(self, do: Callable[[Act], object]) -> None:
        perform(**self._by(), kind="command.seed", body=self.code, do=do, scope=self.program.pk)

    def _at(self, day: datetime.date, hour: int) -> datetime.datetime:
        return datetime.datetime(day.year, day.month, day.day, hour, tzinfo=self.zone)


def _key(scale: Scale, told: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{scale} {told}")
