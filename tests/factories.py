"""Rows for tests, each written as an act of its own. Plain values, no randomness: a test says what matters to it."""

import datetime
import uuid
from functools import cache

import factory
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone
from factory.django import DjangoModelFactory

from accounts.acts import add, perform
from accounts.models import User
from programs.models import (
    Assignment,
    Curriculum,
    CurriculumEntry,
    EntryTrack,
    Instructor,
    Invitation,
    Prerequisite,
    Program,
    Role,
    SkillModule,
    Track,
)
from programs.models.invitations import hashed as hashed_token
from programs.models.invitations import lasting
from trainees.models import Cohort, CohortCurriculum, Enrolment, Group, Lesson, Record, Trainee, TrainingSession

PASSWORD = "correct horse battery staple"


def do(write, *, user=None, kind="command.test", reason="", scope=None):
    """Run `write(act)` within an act; give back the act."""
    return perform(user=user, key=uuid.uuid4(), kind=kind, body=str(uuid.uuid4()), do=write, reason=reason, scope=scope)


def tell_the_planner():
    """After many rows at once. PostgreSQL plans by what it last counted, and between tests its tables are empty: with that
    it would compare each of thousands of rows with each. Where people work, it counts again by itself.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@cache
def hashed():
    """PASSWORD as it is kept: hashing is slow on purpose, so it is done once."""
    return make_password(PASSWORD)


class ActedFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        return do(lambda act: add(model_class(*args, **kwargs), act)).made(model_class)


class UserFactory(ActedFactory):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"user{n}")
    password = factory.LazyFunction(hashed)


class ProgramFactory(ActedFactory):
    class Meta:
        model = Program

    code = factory.Sequence(lambda n: f"P{n}")
    slug = factory.LazyAttribute(lambda o: o.code.lower())
    title = "Training program"
    host = "Norway"
    partner = "Ukraine"


class RoleFactory(ActedFactory):
    class Meta:
        model = Role

    user = factory.SubFactory(UserFactory)
    program = factory.SubFactory(ProgramFactory)
    kind = Role.Kind.COORDINATOR


class InvitationFactory(ActedFactory):
    """By somebody who runs the program; its link ends with `token`."""

    class Meta:
        model = Invitation

    class Params:
        token = factory.Sequence(lambda n: f"token-{n}")

    program = factory.SubFactory(ProgramFactory)
    kind = Role.Kind.INSTRUCTOR
    invited_by = factory.LazyAttribute(lambda o: RoleFactory(program=o.program).user)
    token_hash = factory.LazyAttribute(lambda o: hashed_token(o.token))
    expires_at = factory.LazyFunction(lambda: timezone.now() + lasting())


class TrackFactory(ActedFactory):
    class Meta:
        model = Track

    program = factory.SubFactory(ProgramFactory)
    code = factory.Sequence(lambda n: f"T{n}")
    title = factory.LazyAttribute(lambda o: f"Track {o.code}")


class SkillModuleFactory(ActedFactory):
    class Meta:
        model = SkillModule

    code = factory.Sequence(lambda n: f"M{n}")
    title = factory.LazyAttribute(lambda o: f"Module {o.code}")


class CurriculumFactory(ActedFactory):
    class Meta:
        model = Curriculum

    program = factory.SubFactory(ProgramFactory)
    number = factory.Sequence(lambda n: n + 1)


class EntryFactory(ActedFactory):
    class Meta:
        model = CurriculumEntry

    curriculum = factory.SubFactory(CurriculumFactory)
    module = factory.SubFactory(SkillModuleFactory)
    position = factory.Sequence(lambda n: n + 1)


class InstructorFactory(ActedFactory):
    class Meta:
        model = Instructor

    code = factory.Sequence(lambda n: f"I-{n}")
    call_sign = factory.LazyAttribute(lambda o: f"FJELL{o.code[2:]}")
    nation = "Norway"


class AssignmentFactory(ActedFactory):
    class Meta:
        model = Assignment

    program = factory.SubFactory(ProgramFactory)
    instructor = factory.SubFactory(InstructorFactory)


class CohortFactory(ActedFactory):
    class Meta:
        model = Cohort

    program = factory.SubFactory(ProgramFactory)
    code = factory.Sequence(lambda n: f"COHORT{n}")  # tests name theirs C1, C2
    slug = factory.LazyAttribute(lambda o: f"{o.program.slug}-{o.code.lower()}")
    starts_on = datetime.date(2023, 8, 7)
    ends_on = datetime.date(2023, 8, 31)


class CohortCurriculumFactory(ActedFactory):
    class Meta:
        model = CohortCurriculum

    since = factory.LazyAttribute(lambda o: o.cohort.starts_on)


class GroupFactory(ActedFactory):
    class Meta:
        model = Group

    cohort = factory.SubFactory(CohortFactory)
    code = factory.Sequence(lambda n: f"G{n}")


class LessonFactory(ActedFactory):
    class Meta:
        model = Lesson

    cohort = factory.SubFactory(CohortFactory)
    text = "The range was too small for two groups at once."


class TraineeFactory(ActedFactory):
    class Meta:
        model = Trainee

    roll_number = factory.Sequence(lambda n: f"R-{n:04}")
    call_sign = "SOKIL"
    nation = "Ukraine"


class EnrolmentFactory(ActedFactory):
    class Meta:
        model = Enrolment

    trainee = factory.SubFactory(TraineeFactory)
    cohort = factory.SubFactory(CohortFactory)
    program = factory.LazyAttribute(lambda o: o.cohort.program)
    since = factory.LazyAttribute(lambda o: o.cohort.starts_on)


class TrainingSessionFactory(ActedFactory):
    class Meta:
        model = TrainingSession

    cohort = factory.SubFactory(CohortFactory)
    module = factory.SubFactory(SkillModuleFactory)
    starts_at = datetime.datetime(2023, 8, 10, 8, tzinfo=datetime.UTC)
    ends_at = datetime.datetime(2023, 8, 10, 11, tzinfo=datetime.UTC)


class RecordFactory(ActedFactory):
    """The first record of a cell; give `previous` for later ones."""

    class Meta:
        model = Record

    trainee = factory.SubFactory(TraineeFactory)
    program = factory.LazyAttribute(lambda o: o.entry.curriculum.program)
    module = factory.LazyAttribute(lambda o: o.entry.module)
    kind = Record.Kind.GO
    holds_from = datetime.date(2023, 8, 10)
    assessor = factory.LazyAttribute(lambda o: AssignmentFactory(program=o.program).instructor)


def publish(curriculum):
    """Publish a draft as it stands; give it back."""

    def write(act):
        curriculum.published_at = act.at
        curriculum.act = act
        curriculum.save()

    do(write)
    return curriculum


def link_track(entry, track):
    """Let an entry of a draft be for a track."""
    return do(lambda act: add(EntryTrack(entry=entry, track=track), act)).made(EntryTrack)


def link_prerequisite(entry, needs):
    """Let an entry of a draft need another."""
    return do(lambda act: add(Prerequisite(entry=entry, needs=needs), act)).made(Prerequisite)
