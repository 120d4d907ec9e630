"""One good row of every table that the trail follows, not written yet: its references are."""

import datetime
from decimal import Decimal

from django.contrib.auth.models import Group as AuthGroup
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts import trail
from accounts.models import Change, User
from programs.models import (
    Assignment,
    AssignmentModule,
    Curriculum,
    CurriculumEntry,
    EntryTrack,
    Instructor,
    Invitation,
    PerformanceStep,
    Prerequisite,
    Program,
    Role,
    SkillModule,
    Track,
)
from tests import factories as f
from trainees.models import (
    AttemptLeave,
    Attendance,
    Cohort,
    CohortCurriculum,
    CommanderRating,
    Completion,
    Enrolment,
    Excusal,
    Group,
    Identity,
    Lesson,
    NameRead,
    Record,
    SessionAudience,
    SessionStaff,
    Sheet,
    SheetRow,
    StepMark,
    Trainee,
    TrainingSession,
    Unlisted,
)

DAY = datetime.date(2023, 8, 10)
MOMENT = datetime.datetime(2023, 8, 10, 8, 30, tzinfo=datetime.UTC)
SNAPSHOT = {"modules": [1, 2], "share": 0.5, "name": "Олена", "done": True, "nothing": None}


def _cohort_curriculum():
    curriculum = f.publish(f.CurriculumFactory())
    return CohortCurriculum(cohort=f.CohortFactory(program=curriculum.program), curriculum=curriculum, since=DAY)


def _entry_track():
    track = f.TrackFactory()
    return EntryTrack(entry=f.EntryFactory(curriculum__program=track.program), track=track)


def _prerequisite():
    entry = f.EntryFactory()
    return Prerequisite(entry=entry, needs=f.EntryFactory(curriculum=entry.curriculum))


def _enrolment():
    cohort = f.CohortFactory()
    return Enrolment(trainee=f.TraineeFactory(), program=cohort.program, cohort=cohort, since=DAY)


def _session_audience():
    session = f.TrainingSessionFactory()
    return SessionAudience(session=session, trainee=f.EnrolmentFactory(cohort=session.cohort).trainee)


def _session_staff():
    session = f.TrainingSessionFactory()
    return SessionStaff(
        session=session, instructor=f.AssignmentFactory(program=session.cohort.program).instructor, duty="lead"
    )


def _completion():
    cohort = f.CohortFactory()
    return Completion(
        trainee=f.TraineeFactory(), program=cohort.program, cohort=cohort, completed_on=DAY, snapshot=SNAPSHOT
    )


def _record():
    entry = f.EntryFactory(pass_mark=62.5)
    return Record(
        trainee=f.TraineeFactory(),
        program=entry.curriculum.program,
        module=entry.module,
        entry=entry,
        kind="go",
        holds_from=DAY,
        at_time=datetime.time(9, 30),
        score=Decimal("66.67"),
        assessor=f.AssignmentFactory(program=entry.curriculum.program).instructor,
    )


def _step_mark():
    record = _record()
    step = f.do(lambda act: PerformanceStep.objects.create(act=act, entry=record.entry, position=1, title="Zero")).made(
        PerformanceStep
    )
    record = f.do(lambda act: f.add(record, act)).made(Record)
    return StepMark(record=record, step=step, passed=True)


_FULL_PROGRAM = {"title": "Program", "host": "Norway", "attendance_limit": 80, "archived_at": MOMENT}
MAKE = {
    User: lambda: User(username="somebody", password="!", date_joined=MOMENT),
    User.groups.through: lambda: User.groups.through(
        user=f.UserFactory(), group=AuthGroup.objects.get_or_create(name="g")[0]
    ),
    User.user_permissions.through: lambda: User.user_permissions.through(
        user=f.UserFactory(), permission=Permission.objects.first()
    ),
    Program: lambda: Program(code="ANEW", slug="anew", **_FULL_PROGRAM),
    Role: lambda: Role(user=f.UserFactory(), program=f.ProgramFactory(), kind="viewer"),
    Invitation: lambda: Invitation(
        program=f.ProgramFactory(),
        kind="viewer",
        email="sokil@example.org",
        invited_by=f.UserFactory(),
        token_hash="0" * 64,
        expires_at=timezone.now() + datetime.timedelta(days=7),
    ),
    Track: lambda: Track(program=f.ProgramFactory(), code="MED", title="Medic"),
    SkillModule: lambda: SkillModule(code="ANEW", title="Module"),
    Curriculum: lambda: Curriculum(program=f.ProgramFactory(), number=1),
    CurriculumEntry: lambda: CurriculumEntry(
        curriculum=f.CurriculumFactory(), module=f.SkillModuleFactory(), position=1, hours="7.5", pass_mark="62.5"
    ),
    EntryTrack: _entry_track,
    Prerequisite: _prerequisite,
    PerformanceStep: lambda: PerformanceStep(entry=f.EntryFactory(), position=1, title="Zero the rifle", critical=True),
    Instructor: lambda: Instructor(code="I-NEW", call_sign="FJELL", nation="Norway"),
    Assignment: lambda: Assignment(program=f.ProgramFactory(), instructor=f.InstructorFactory()),
    AssignmentModule: lambda: AssignmentModule(assignment=f.AssignmentFactory(), module=f.SkillModuleFactory()),
    Cohort: lambda: Cohort(program=f.ProgramFactory(), code="NEW-1", slug="p-new", starts_on=DAY, ends_on=DAY),
    CohortCurriculum: _cohort_curriculum,
    Group: lambda: Group(cohort=f.CohortFactory(), code="1"),
    CommanderRating: lambda: CommanderRating(
        cohort=f.CohortFactory(), module=f.SkillModuleFactory(), band="T", rated_by="CO", rated_on=DAY
    ),
    Lesson: lambda: Lesson(
        cohort=f.CohortFactory(),
        module=f.SkillModuleFactory(),
        text="Start earlier",
        follow_up="S3",
        due_on=DAY,
        added_by=f.UserFactory(),
    ),
    Trainee: lambda: Trainee(roll_number="R-NEW", call_sign="SOKIL"),
    Identity: lambda: Identity(trainee=f.TraineeFactory(), family_name="Shevchenko", given_name="Taras"),
    NameRead: lambda: NameRead(trainee=f.TraineeFactory()),
    Enrolment: _enrolment,
    Completion: _completion,
    TrainingSession: lambda: TrainingSession(
        cohort=f.CohortFactory(), module=f.SkillModuleFactory(), starts_at=MOMENT, ends_at=MOMENT.replace(hour=11)
    ),
    SessionStaff: _session_staff,
    SessionAudience: _session_audience,
    Attendance: lambda: Attendance(session=f.TrainingSessionFactory(), trainee=f.TraineeFactory(), status="late"),
    Excusal: lambda: Excusal(trainee=f.TraineeFactory(), program=f.ProgramFactory(), kind="sick", since=DAY, until=DAY),
    Unlisted: lambda: Unlisted(session=f.TrainingSessionFactory(), told="A-99, call sign unknown"),
    AttemptLeave: lambda: AttemptLeave(
        trainee=f.TraineeFactory(), program=f.ProgramFactory(), module=f.SkillModuleFactory(), reason="Was ill"
    ),
    Sheet: lambda: Sheet(session=f.TrainingSessionFactory(), kind="results"),
    SheetRow: lambda: SheetRow(sheet=written(MAKE[Sheet]()), position=1, trainee=f.TraineeFactory()),
    Record: _record,
    StepMark: _step_mark,
}


def written(row):
    """`row` as the database has it now, written in an act of its own."""
    return f.do(lambda act: f.add(row, act)).made(type(row))


def values(model):
    """Every row of `model` as the trail should know it: columns by primary key."""
    columns = [field.attname for field in trail.recorded(model)]
    return {row["id"]: row for row in model._base_manager.values(*columns)}


def noted(row):
    """What the trail says about `row`, oldest first."""
    changes = Change.objects.filter(table=row._meta.db_table, row=str(row.pk)).order_by("pk")
    return [(change.before, change.after) for change in changes]
