"""A cohort of any size with everything in it: retakes, voids, credits, attendance. Written in a few acts, in bulk."""

import datetime
from types import SimpleNamespace

from programs.models import CurriculumEntry, EntryTrack, SkillModule
from tests import factories as f
from trainees.models import Attendance, Cohort, CohortCurriculum, Enrolment, Record, Trainee, TrainingSession

DAY = datetime.date(2023, 8, 10)
SESSIONS = 10


def crowd(trainees: int, modules: int = 40) -> SimpleNamespace:
    """One program with a cohort of so many trainees, a curriculum of so many modules, and a coordinator."""
    program = f.ProgramFactory()
    one = SimpleNamespace(program=program, coordinator=f.RoleFactory(program=program).user)
    one.assessor = f.AssignmentFactory(program=program).instructor
    one.tracks = [f.TrackFactory(program=program) for _ in range(2)]
    one.curriculum = f.CurriculumFactory(program=program)
    f.do(lambda act: _teach(act, one, modules))
    f.publish(one.curriculum)
    one.cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=one.cohort, curriculum=one.curriculum)
    one.groups = [f.GroupFactory(cohort=one.cohort) for _ in range(2)]
    f.do(lambda act: _place(act, one, trainees))
    f.do(lambda act: _hold(act, one))
    f.do(lambda act: one.cohort.sessions.update(act=act, register_closed_at=act.at), scope=program.pk)
    f.do(lambda act: _record(act, one))
    f.do(lambda act: _record_again(act, one))
    f.tell_the_planner()
    return one


def cohorts_more(one, many: int, first: int = 0) -> None:
    """So many cohorts more in the program of `one`, numbered from `first`, with the same curriculum and a trainee in each."""

    def write(act):
        rows = [
            Cohort(
                act=act,
                program=one.program,
                code=f"MORE{n}",
                slug=f"{one.program.slug}-more{n}",
                starts_on=one.cohort.starts_on,
                ends_on=one.cohort.ends_on,
            )
            for n in range(first, first + many)
        ]
        Cohort.objects.bulk_create(rows)
        CohortCurriculum.objects.bulk_create(
            CohortCurriculum(act=act, cohort=row, curriculum=one.curriculum, since=row.starts_on, added_at=act.at)
            for row in rows
        )
        people = Trainee.objects.bulk_create(
            Trainee(act=act, roll_number=f"MORE-{n:03}", call_sign="VOVK") for n in range(first, first + many)
        )
        Enrolment.objects.bulk_create(
            Enrolment(act=act, trainee=who, program=one.program, cohort=row, since=row.starts_on)
            for who, row in zip(people, rows, strict=True)
        )

    f.do(write)
    f.tell_the_planner()


def _teach(act, one, modules):
    rows = SkillModule.objects.bulk_create(
        SkillModule(act=act, code=f"X{n:02}", title=f"Module {n}") for n in range(modules)
    )
    one.entries = CurriculumEntry.objects.bulk_create(
        CurriculumEntry(act=act, curriculum=one.curriculum, module=row, position=n + 1, validity_months=6)
        for n, row in enumerate(rows)
    )
    EntryTrack.objects.bulk_create(EntryTrack(act=act, entry=row, track=one.tracks[0]) for row in one.entries[-2:])


def _place(act, one, trainees):
    one.trainees = Trainee.objects.bulk_create(
        Trainee(act=act, roll_number=f"CROWD-{n:03}", call_sign=f"SOKIL{n}", nation="Ukraine") for n in range(trainees)
    )
    Enrolment.objects.bulk_create(
        Enrolment(
            act=act,
            trainee=who,
            program=one.program,
            cohort=one.cohort,
            since=one.cohort.starts_on,
            track=[*one.tracks, None][n % 3],
            group=one.groups[n % 2],
        )
        for n, who in enumerate(one.trainees)
    )


def _hold(act, one):
    first = datetime.datetime(2023, 8, 8, 8, tzinfo=datetime.UTC)
    one.sessions = TrainingSession.objects.bulk_create(
        TrainingSession(
            act=act,
            cohort=one.cohort,
            module_id=one.entries[n % len(one.entries)].module_id,
            starts_at=first + datetime.timedelta(days=n),
            ends_at=first + datetime.timedelta(days=n, hours=3),
        )
        for n in range(SESSIONS)
    )
    marks = ["present", "present", "late", "excused", "absent"]
    Attendance.objects.bulk_create(
        Attendance(act=act, session=session, trainee=who, status=marks[(n + m) % 5])
        for n, session in enumerate(one.sessions)
        for m, who in enumerate(one.trainees)
    )


FIRST = ["go", "no_go", "credit", "go", "no_go", None]  # by what came first in a cell ...
AGAIN = [None, "go", None, "void", None, None]  # ... and what followed there


def _record(act, one):
    one.lines = [
        (_line(act, one, who, entry, FIRST[(n + m) % 6]), AGAIN[(n + m) % 6])
        for n, who in enumerate(one.trainees)
        for m, entry in enumerate(one.entries)
        if FIRST[(n + m) % 6]
    ]
    Record.objects.bulk_create(line for line, _again in one.lines)


def _record_again(act, one):
    Record.objects.bulk_create(
        _line(
            act,
            one,
            line.trainee,
            line.entry,
            again,
            previous=line,
            voids=line if again == "void" else None,
            reason="typed for the wrong person" if again == "void" else "",
        )
        for line, again in one.lines
        if again
    )


def _line(act, one, who, entry, kind, **more):
    assessed = kind in {"go", "no_go"}
    return Record(
        act=act,
        trainee=who,
        program=one.program,
        module_id=entry.module_id,
        entry=entry,
        kind=kind,
        holds_from=DAY,
        holds_until=datetime.date(2024, 2, 10) if kind == "go" else None,
        assessor=one.assessor if assessed else None,
        authority="Head of training" if kind == "credit" else "",
        **more,
    )
