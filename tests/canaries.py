"""A program with everything in it, and one word in every text that people wrote there: no answer may hold it that should not."""

import datetime
import uuid
from types import SimpleNamespace

from allauth.usersessions.models import UserSession

from accounts.acts import add
from programs.models import AssignmentModule, PerformanceStep
from tests import factories as f
from trainees import services
from trainees.models import (
    AttemptLeave,
    Attendance,
    CommanderRating,
    Completion,
    Excusal,
    Identity,
    NameRead,
    SessionAudience,
    SessionStaff,
    Sheet,
    SheetRow,
    StepMark,
    TrainingSession,
    Unlisted,
)

UTC = datetime.UTC
NOW = datetime.datetime(2023, 8, 20, 12, tzinfo=UTC)  # the middle of the course
DAY = datetime.date(2023, 8, 10)


def wrote(row, scope=None):
    return f.do(lambda act: add(row, act), scope=scope).made(type(row))


def course_of(word, code, catalogue=""):
    """A program in the middle of its course, without trainees; `word` stands in all that people wrote.

    Modules are in a catalogue that programs share: `catalogue` is another word for these.
    """
    shared = catalogue or word
    program = f.ProgramFactory(
        code=code, title=f"{word} title", summary=word, location=word, host=f"{word}host", partner=f"{word}partner",
        framework=word,
    )  # fmt: skip
    track = f.TrackFactory(program=program, code="TRACK", title=f"{word} track")
    curriculum = f.CurriculumFactory(program=program, number=1, note=f"{word} note")
    modules = [f.SkillModuleFactory(code=f"{shared.upper()}-{n}", title=f"{shared} module {n}") for n in (1, 2, 3)]
    entries = [
        f.EntryFactory(curriculum=curriculum, module=one, position=n, validity_months=6)
        for n, one in enumerate(modules, 1)
    ]
    step = wrote(PerformanceStep(entry=entries[0], position=1, title=f"{word} step"))
    f.link_prerequisite(entries[2], entries[1])
    f.publish(curriculum)
    draft = f.CurriculumFactory(program=program, number=2, note=word)
    cohort = f.CohortFactory(program=program, code="C1", title=f"{word} cohort", location=word)
    followed = f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    instructor = f.InstructorFactory(code=f"{code}-I", call_sign=f"{word}INSTR", unit=word, languages=word, nation=word)
    assignment = f.AssignmentFactory(program=program, instructor=instructor)
    wrote(AssignmentModule(assignment=assignment, module=modules[0]))
    one = SimpleNamespace(
        word=word,
        program=program,
        track=track,
        curriculum=curriculum,
        draft=draft,
        draft_entry=f.EntryFactory(curriculum=draft, position=1),
        modules=modules,
        module=modules[0],
        entries=entries,
        step=step,
        cohort=cohort,
        other=f.CohortFactory(program=program, code="C2"),
        followed=followed,
        group=f.GroupFactory(cohort=cohort, code="GROUP", title=f"{word} group"),
        instructor=instructor,
        assignment=assignment,
        coordinator=f.RoleFactory(program=program, user__username=f"{word}coordinator", user__is_staff=True).user,
        recorder=f.RoleFactory(program=program, user__username=f"{word}instructor", kind="instructor").user,
    )
    one.role = program.roles.get(user=one.recorder)
    one.signin = UserSession.objects.create(
        user=one.recorder, ip="203.0.113.9", session_key=f"of-{code}", user_agent=""
    )
    one.invitation = f.InvitationFactory(
        program=program, invited_by=one.coordinator, token=f"let-me-into-{code}", display_name=word,
        email=f"{word}@example.org",
    )  # fmt: skip
    rating = {"cohort": cohort, "module": one.module, "band": "P", "rated_by": word, "rated_on": DAY, "remark": word}
    f.do(lambda act: CommanderRating(act=act, **rating).save(), scope=program.pk)
    one.lesson = f.LessonFactory(cohort=cohort, module=one.module, text=f"{word} lesson", follow_up=word)
    one.sessions = [
        _session(one, n, kind)
        for n, kind in enumerate(["instruction", "assessment", "retake", "assessment", "instruction", "assessment"])
    ]
    one.session = one.sessions[1]
    one.sheets = [
        wrote(Sheet(session=one.session, kind=kind, lost_reason=word if kind == "results" else ""))
        for kind in Sheet.Kind.values
    ]
    one.sheet = one.sheets[0]
    one.bulk = f.do(lambda act: None, user=one.recorder, kind="attendance.rest", scope=program.pk, reason=word)
    one.lives = []
    return one


def _session(one, n, kind):
    """The first ones were held; the fourth and fifth are at the same time tomorrow, the last in a day more."""
    starts = datetime.datetime(2023, 8, 8 + n, 8, tzinfo=UTC) if n < 3 else NOW + datetime.timedelta(days=1 + (n > 4))
    module = one.modules[n % 3]
    words = {"place": f"{one.word} range", "note": one.word, "clash_reason": one.word}
    ends = starts + datetime.timedelta(hours=2)
    session = f.TrainingSessionFactory(
        cohort=one.cohort, module=module, kind=kind, starts_at=starts, ends_at=ends, **words
    )
    wrote(SessionStaff(session=session, instructor=one.instructor, duty="lead"))
    return session


def life_of(one, n, word, nation, *, named=True):
    """Everything that can be about a trainee of the course `one`, `word` in every text; give back what was made.

    Marked at the three sessions held; tomorrow's two are for the trainee by name, unless not `named`.
    """
    cohort, program, scope = one.cohort, one.program, one.program.pk
    trainee = f.TraineeFactory(roll_number=f"{word}-{n}", call_sign=f"{word}FOX{n}", nation=nation)
    f.do(lambda act: Identity(act=act, trainee=trainee, family_name=f"{word}son", given_name=word).save())
    f.do(lambda act: NameRead(act=act, trainee=trainee).save(), reason=f"{word} why", scope=scope)
    first = f.EnrolmentFactory(trainee=trainee, cohort=cohort, status="expected", reason=f"{word} expected")
    place = f.EnrolmentFactory(
        trainee=trainee, cohort=cohort, track=one.track, group=one.group, previous=first, voids=first,
        reason=f"{word} place", correction=f"{word} wrong",
    )  # fmt: skip
    by = {"trainee": trainee, "reason": f"{word} reason"}
    no_go = f.RecordFactory(**by, entry=one.entries[0], kind="no_go", holds_from=DAY, assessor=one.instructor)
    go = f.RecordFactory(
        **by, entry=one.entries[0], kind="go" if n % 2 else "no_go", holds_from=DAY + datetime.timedelta(days=2),
        assessor=one.instructor, previous=no_go,
    )  # fmt: skip
    grant = {"assessor": None, "authority": f"{word} authority"}
    credit = f.RecordFactory(**by, entry=one.entries[1], kind="credit", **grant)
    f.RecordFactory(**by, entry=one.entries[1], kind="void", assessor=None, previous=credit, voids=credit)
    f.RecordFactory(**by, entry=one.entries[2], kind="not_assessed", assessor=None)
    f.do(lambda act: StepMark(act=act, record=go, step=one.step, passed=True).save(), scope=scope)
    for session, status in ((0, "present"), (1, "late"), (2, "absent")):
        wrote(Attendance(session=one.sessions[session], trainee=trainee, status=status, reason=f"{word} mark"), scope)
    if named:
        for session in one.sessions[3:5]:
            wrote(SessionAudience(session=session, trainee=trainee), scope)
    excusals = [
        wrote(Excusal(trainee=trainee, program=program, since=since, kind="other", reason=f"{word} excusal"), scope)
        for since in (NOW.date() - datetime.timedelta(days=1), NOW.date() + datetime.timedelta(days=3))
    ]
    unlisted = wrote(
        Unlisted(session=one.session, told=f"{word} told", outcome="found", trainee=trainee, note=f"{word} note"), scope
    )
    wrote(AttemptLeave(trainee=trainee, program=program, module=one.module, reason=f"{word} leave"), scope)
    for sheet in one.sheets:
        wrote(SheetRow(sheet=sheet, position=sheet.rows.count() + 1, trainee=trainee), scope)
    snapshot = {"modules": [], "satisfied": 1, "required": 3, "attended": [1, 2], "expected": 2, "remark": word}
    completion = wrote(
        Completion(
            trainee=trainee, program=program, cohort=cohort, completed_on=DAY, snapshot=snapshot,
            revoked_on=None if n % 2 else DAY, revoked_reason="" if n % 2 else f"{word} revoked",
        ),
        scope,
    )  # fmt: skip
    made = SimpleNamespace(
        trainee=trainee, place=place, record=go, excusal=excusals[0], unlisted=unlisted, completion=completion
    )
    one.lives.append(made)
    return made


def crowd_of(one, word, nation, start=0):
    """Six lives in the course: two as they are, one completed, one withdrawn, one transferred, one of no nation."""
    lives = [life_of(one, start + n, word, nation if n != 5 else "", named=n < 3) for n in range(6)]
    for n, (status, cohort) in enumerate(
        (("completed", one.cohort), ("withdrawn", one.cohort), ("active", one.other)), 2
    ):
        now = lives[n].place
        f.EnrolmentFactory(
            trainee=now.trainee, cohort=cohort, previous=now, status=status, since=datetime.date(2023, 8, 15),
            reason=f"{word} gone",
        )  # fmt: skip
    return lives


def close_first(one):
    """The registers of the first two sessions are closed: their numbers count."""
    for session in one.sessions[:2]:
        session = TrainingSession.objects.select_related("act", "cohort__program").get(pk=session.pk)
        services.close_register(user=one.recorder, key=uuid.uuid4(), session=session, seen=session.seen)
