"""Each rule between rows is held by the database for each kind of write, whoever writes."""

import datetime
import zoneinfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts import trail
from accounts.acts import add
from programs.models import Assignment, AssignmentModule, CurriculumEntry, EntryTrack, PerformanceStep, Prerequisite
from tests import factories as f
from trainees.models import (
    AttemptLeave,
    Attendance,
    CohortCurriculum,
    CommanderRating,
    Completion,
    Enrolment,
    Excusal,
    Identity,
    Record,
    SessionAudience,
    SessionStaff,
    Sheet,
    StepMark,
    Trainee,
    TrainingSession,
    Unlisted,
)

from .rows import DAY, MAKE, MOMENT, written

pytestmark = pytest.mark.django_db


def update(row, **fields):
    return lambda act: type(row)._base_manager.filter(pk=row.pk).update(**fields)


def delete(row):
    return lambda act: type(row)._base_manager.filter(pk=row.pk)._raw_delete("default")


def insert(row):
    return lambda act: add(row, act)


def entries(*, published=False):
    """Two entries, each in a curriculum of its own of one program: the first with a track, a step and a prerequisite."""
    first = f.EntryFactory()
    track = f.TrackFactory(program=first.curriculum.program)
    second = f.EntryFactory(curriculum__program=first.curriculum.program)
    first.track = written(EntryTrack(entry=first, track=track))
    first.step = written(PerformanceStep(entry=first, position=1, title="Zero"))
    first.needs = written(Prerequisite(entry=first, needs=f.EntryFactory(curriculum=first.curriculum)))
    first.spare = f.EntryFactory(curriculum=first.curriculum)
    if published:
        f.publish(first.curriculum)
    return first, second


def _into_published(part):
    """Move a part of a draft's entry into a published curriculum."""

    def arrange():
        published, draft = entries(published=True)
        neighbour = f.EntryFactory(curriculum=draft.curriculum)
        track = f.TrackFactory(program=draft.curriculum.program)
        row = {
            "track": lambda: EntryTrack(entry=draft, track=track),
            "step": lambda: PerformanceStep(entry=draft, position=7, title="Zero"),
            "needs": lambda: Prerequisite(entry=draft, needs=neighbour),
        }[part]()
        return update(written(row), entry=published)

    return arrange


def _out_of_published(part):
    def arrange():
        published, draft = entries(published=True)
        return update(getattr(published, part), entry=draft)

    return arrange


def _in_published(make):
    def arrange():
        published, draft = entries(published=True)
        return make(published, draft)

    return arrange


def _record(**fields):
    record = MAKE[Record]()
    for name, value in fields.items():
        setattr(record, name, value)
    return record


def _after(record, **fields):
    """A second record in the cell of `record`."""
    own = {name: getattr(record, name) for name in ("trainee", "program", "module", "entry", "holds_from")}
    return Record(**own | {"kind": "not_assessed", "reason": "Weather", "previous": record} | fields)


def _record_of_somebody_absent():
    session = f.TrainingSessionFactory(kind="assessment")
    record = MAKE[Record]()
    record.program, record.module, record.session = session.cohort.program, session.module, session
    record.entry = f.EntryFactory(curriculum__program=record.program, module=record.module)
    record.holds_from = session.starts_on
    f.AssignmentFactory(program=record.program, instructor=record.assessor)
    written(Attendance(session=session, trainee=record.trainee, status="absent"))
    return insert(record)


def _record_of_a_session(days, hours=0, **more):
    """A record of a session that begins so much later than its day does in Norway."""
    record = MAKE[Record]()
    begins = datetime.datetime.combine(record.holds_from, datetime.time(), zoneinfo.ZoneInfo("Europe/Oslo"))
    begins += datetime.timedelta(days=days, hours=hours)
    cohort = f.CohortFactory(program=record.program)
    ends = begins + datetime.timedelta(minutes=30)
    record.session = f.TrainingSessionFactory(
        cohort=cohort, module=record.module, starts_at=begins, ends_at=ends, **more
    )
    return insert(record)


def _rating(days):
    rating = MAKE[CommanderRating]()
    rating.rated_on = rating.cohort.today() + datetime.timedelta(days=days)
    return rating


def _closed_session(mark=None):
    session = f.TrainingSessionFactory()
    if mark:
        mark = written(Attendance(session=session, trainee=f.TraineeFactory(), status="present"))
    f.do(update(session, register_closed_at=MOMENT))
    return session, mark


def _other_step_mark():
    mark = MAKE[StepMark]()
    mark.step = written(PerformanceStep(entry=f.EntryFactory(), position=1, title="Zero"))
    return insert(mark)


def _void_of_a_void():
    first = written(_record())
    void = written(_after(first, kind="void", voids=first))
    return insert(_after(void, kind="void", voids=void))


def _open_mark_into_a_closed_register():
    closed, _none = _closed_session()
    mark = f.do(insert(MAKE[Attendance]())).made(Attendance)
    return update(mark, session=closed)


def _moved(factory, parent, other):
    return lambda: update(factory(), **{parent: other()})


def _erased():
    trainee = f.TraineeFactory()
    f.do(update(trainee, erased_at=MOMENT, call_sign="[erased]"))
    return trainee


def _merged(into=None):
    """Somebody who goes on as another number."""
    trainee = f.TraineeFactory()
    f.do(update(trainee, merged_into=into or f.TraineeFactory()))
    return trainee


def _of_somebody_merged(model):
    def arrange():
        row = MAKE[model]()
        f.do(update(row.trainee, merged_into=f.TraineeFactory()))
        return insert(row)

    return arrange


def _mark_of_a_closed_register_goes_to_another():
    _session, mark = _closed_session(mark=True)
    return update(mark, trainee=f.TraineeFactory())


def _copy(original, **fields):
    """The same record, of whoever its trainee was merged into."""
    names = ("program", "module", "entry", "kind", "holds_from", "at_time", "score", "assessor", "authority", "reason")
    said = {name: getattr(original, name) for name in names}
    return Record(**said | {"trainee": original.trainee.merged_into, "copy_of": original} | fields)


def _merged_record():
    record = written(_record())
    f.do(update(record.trainee, merged_into=f.TraineeFactory()))
    return Record.objects.get(pk=record.pk)


def _withdrawn():
    invitation = f.InvitationFactory()
    f.do(update(invitation, withdrawn_at=MOMENT))
    return invitation


BREAKS = {
    ("trainee_stays_erased", "UPDATE"): lambda: update(_erased(), call_sign="SOKIL"),
    ("trainee_merged_into_who_stands", "INSERT"): lambda: insert(
        f.TraineeFactory.build(roll_number="R-M", merged_into=_merged())
    ),
    ("trainee_merged_into_who_stands", "UPDATE"): lambda: update(f.TraineeFactory(), merged_into=_merged()),
    ("trainee_stays_merged", "UPDATE"): lambda: update(_merged(), merged_into=None),
    ("identity_of_nobody_merged", "INSERT"): _of_somebody_merged(Identity),
    ("enrolment_of_nobody_merged", "INSERT"): _of_somebody_merged(Enrolment),
    ("completion_of_nobody_merged", "INSERT"): _of_somebody_merged(Completion),
    ("excusal_of_nobody_merged", "INSERT"): _of_somebody_merged(Excusal),
    ("attempt_leave_of_nobody_merged", "INSERT"): _of_somebody_merged(AttemptLeave),
    ("audience_of_nobody_merged", "INSERT"): _of_somebody_merged(SessionAudience),
    ("attendance_of_nobody_merged", "INSERT"): _of_somebody_merged(Attendance),
    ("record_of_nobody_merged", "INSERT"): _of_somebody_merged(Record),
    ("record_says_what_its_original_says", "INSERT"): lambda: insert(_copy(_merged_record(), reason="Other")),
    ("identity_of_nobody_erased", "INSERT"): lambda: insert(Identity(trainee=_erased(), family_name="Shevchenko")),
    ("track_keeps_its_program", "UPDATE"): _moved(f.TrackFactory, "program", f.ProgramFactory),
    ("curriculum_keeps_its_program", "UPDATE"): _moved(f.CurriculumFactory, "program", f.ProgramFactory),
    ("entry_keeps_its_curriculum", "UPDATE"): _moved(f.EntryFactory, "curriculum", f.CurriculumFactory),
    ("cohort_keeps_its_program", "UPDATE"): _moved(f.CohortFactory, "program", f.ProgramFactory),
    ("lesson_keeps_its_cohort", "UPDATE"): _moved(f.LessonFactory, "cohort", f.CohortFactory),
    ("group_keeps_its_cohort", "UPDATE"): _moved(f.GroupFactory, "cohort", f.CohortFactory),
    ("session_keeps_its_cohort", "UPDATE"): _moved(f.TrainingSessionFactory, "cohort", f.CohortFactory),
    ("excusal_keeps_its_trainee", "UPDATE"): _moved(lambda: written(MAKE[Excusal]()), "trainee", f.TraineeFactory),
    ("unlisted_keeps_its_session", "UPDATE"): _moved(
        lambda: written(MAKE[Unlisted]()), "session", f.TrainingSessionFactory
    ),
    ("sheet_keeps_its_session", "UPDATE"): _moved(lambda: written(MAKE[Sheet]()), "session", f.TrainingSessionFactory),
    ("record_from_own_sheet", "INSERT"): lambda: insert(_record(sheet=written(MAKE[Sheet]()))),
    ("invitation_keeps_its_program", "UPDATE"): _moved(f.InvitationFactory, "program", f.ProgramFactory),
    ("invitation_ends_once", "UPDATE"): lambda: update(_withdrawn(), display_name="SOKIL"),
    ("invitation_is_kept", "DELETE"): lambda: delete(f.InvitationFactory()),
    ("published_stays", "UPDATE"): lambda: update(f.publish(f.CurriculumFactory()), note="Other"),
    ("published_is_kept", "DELETE"): lambda: delete(f.publish(f.CurriculumFactory())),
    ("entry_in_draft", "INSERT"): _in_published(
        lambda published, draft: insert(
            CurriculumEntry(curriculum=published.curriculum, module=f.SkillModuleFactory(), position=9)
        )
    ),
    ("entry_in_draft", "UPDATE"): _in_published(
        lambda published, draft: update(draft, curriculum=published.curriculum)
    ),
    ("entry_out_of_draft", "UPDATE"): _in_published(
        lambda published, draft: update(published, curriculum=draft.curriculum)
    ),
    ("entry_out_of_draft", "DELETE"): _in_published(lambda published, draft: delete(published.spare)),
    ("entrytrack_in_draft", "INSERT"): _in_published(
        lambda published, draft: insert(
            EntryTrack(entry=published, track=f.TrackFactory(program=published.curriculum.program))
        )
    ),
    ("entrytrack_in_draft", "UPDATE"): _into_published("track"),
    ("entrytrack_out_of_draft", "UPDATE"): _out_of_published("track"),
    ("entrytrack_out_of_draft", "DELETE"): _in_published(lambda published, draft: delete(published.track)),
    ("entrytrack_same_program", "INSERT"): lambda: insert(EntryTrack(entry=f.EntryFactory(), track=f.TrackFactory())),
    ("entrytrack_same_program", "UPDATE"): lambda: update(written(MAKE[EntryTrack]()), track=f.TrackFactory()),
    ("prerequisite_in_draft", "INSERT"): _in_published(
        lambda published, draft: insert(Prerequisite(entry=published.needs.needs, needs=published))
    ),
    ("prerequisite_in_draft", "UPDATE"): _into_published("needs"),
    ("prerequisite_out_of_draft", "UPDATE"): _out_of_published("needs"),
    ("prerequisite_out_of_draft", "DELETE"): _in_published(lambda published, draft: delete(published.needs)),
    ("prerequisite_same_curriculum", "INSERT"): lambda: insert(
        Prerequisite(entry=f.EntryFactory(), needs=f.EntryFactory())
    ),
    ("prerequisite_same_curriculum", "UPDATE"): lambda: update(written(MAKE[Prerequisite]()), needs=f.EntryFactory()),
    ("step_in_draft", "INSERT"): _in_published(
        lambda published, draft: insert(PerformanceStep(entry=published, position=2, title="Zero"))
    ),
    ("step_in_draft", "UPDATE"): _into_published("step"),
    ("step_out_of_draft", "UPDATE"): _out_of_published("step"),
    ("step_out_of_draft", "DELETE"): _in_published(lambda published, draft: delete(published.step)),
    ("cohort_follows_own_published", "INSERT"): lambda: insert(
        CohortCurriculum(cohort=f.CohortFactory(), curriculum=f.publish(f.CurriculumFactory()), since=DAY)
    ),
    ("cohort_follows_own_published", "UPDATE"): lambda: (
        lambda followed: update(followed, curriculum=f.CurriculumFactory(program=followed.cohort.program))
    )(written(MAKE[CohortCurriculum]())),
    ("enrolment_in_own_program", "INSERT"): lambda: insert(
        f.EnrolmentFactory.build(trainee=f.TraineeFactory(), cohort=f.CohortFactory(), program=f.ProgramFactory())
    ),
    ("enrolment_one_line", "INSERT"): lambda: (
        lambda first: insert(
            f.EnrolmentFactory.build(trainee=f.TraineeFactory(), cohort=first.cohort, previous=first)
        )
    )(f.EnrolmentFactory()),
    ("completion_only_revoked", "UPDATE"): lambda: update(written(MAKE[Completion]()), completed_on=DAY.replace(day=1)),
    ("completion_is_kept", "DELETE"): lambda: delete(written(MAKE[Completion]())),
    ("attendance_open_register", "INSERT"): lambda: insert(
        Attendance(session=_closed_session()[0], trainee=f.TraineeFactory(), status="present")
    ),
    ("attendance_of_open_registers", "UPDATE"): _open_mark_into_a_closed_register,
    ("attendance_closed_register", "DELETE"): lambda: delete(_closed_session(mark=True)[1]),
    ("record_under_own_entry", "INSERT"): lambda: insert(_record(program=f.ProgramFactory())),
    ("record_one_cell", "INSERT"): lambda: insert(_after(written(_record()), trainee=f.TraineeFactory())),
    ("record_void_stays", "INSERT"): _void_of_a_void,
    ("record_from_a_session_of_its_module", "INSERT"): lambda: insert(_record(session=f.TrainingSessionFactory())),
    ("completion_in_own_program", "INSERT"): lambda: (
        lambda completion: insert(setattr(completion, "program", f.ProgramFactory()) or completion)
    )(MAKE[Completion]()),
    ("record_reaches_the_pass_mark", "INSERT"): lambda: insert(_record(score="62.4")),
    ("record_by_an_instructor", "INSERT"): lambda: insert(
        _record(assessor=f.InstructorFactory(capacity="interpreter"))
    ),
    ("record_on_a_day_of_its_session", "INSERT"): lambda: _record_of_a_session(days=1),
    ("staff_works_in_the_program", "INSERT"): lambda: insert(
        SessionStaff(session=f.TrainingSessionFactory(), instructor=f.InstructorFactory())
    ),
    ("staff_replaced_from_the_program", "UPDATE"): lambda: update(
        written(MAKE[SessionStaff]()), instructor=f.InstructorFactory()
    ),
    ("staff_keeps_its_session", "UPDATE"): _moved(lambda: written(MAKE[SessionStaff]()), "session", f.TrainingSessionFactory),
    ("rating_on_a_day_that_has_come", "INSERT"): lambda: insert(_rating(days=1)),
    ("record_after_closing_says_why", "INSERT"): lambda: _record_of_a_session(
        0, 10, kind="assessment", results_closed_at=datetime.datetime.now(datetime.UTC)
    ),
    ("record_of_somebody_away_says_why", "INSERT"): _record_of_somebody_absent,
    ("record_by_who_may_assess", "INSERT"): lambda: insert(_record(assessor=f.InstructorFactory())),
    ("session_keeps_its_module", "UPDATE"): lambda: update(
        written(Attendance(session=f.TrainingSessionFactory(), trainee=f.TraineeFactory(), status="late")).session,
        module=f.SkillModuleFactory(),
    ),
    ("session_moves_for_a_reason", "UPDATE"): lambda: update(
        f.TrainingSessionFactory(), starts_at=datetime.datetime(2023, 1, 1, tzinfo=datetime.UTC)
    ),
    ("audience_of_own_cohort", "INSERT"): lambda: insert(
        SessionAudience(session=f.TrainingSessionFactory(), group=f.GroupFactory())
    ),
    ("audience_of_own_cohort", "UPDATE"): lambda: update(
        written(MAKE[SessionAudience]()), trainee=f.EnrolmentFactory().trainee
    ),
    ("stepmark_of_own_entry", "INSERT"): _other_step_mark,
}  # fmt: skip

MORE = {
    "nobody is un-erased": lambda: update(_erased(), erased_at=None),
    "assessed by an instructor of other modules": lambda: (
        lambda record: insert(
            written(AssignmentModule(assignment=Assignment.objects.get(), module=f.SkillModuleFactory())) and record
        )
    )(_record()),
    "a draft's module in another program's record": lambda: insert(_record(module=f.SkillModuleFactory())),
    "a cohort follows a draft": lambda: (
        lambda draft: insert(
            CohortCurriculum(cohort=f.CohortFactory(program=draft.program), curriculum=draft, since=DAY)
        )
    )(f.CurriculumFactory()),
    "a track of another program": lambda: insert(
        f.EnrolmentFactory.build(trainee=f.TraineeFactory(), cohort=f.CohortFactory(), track=f.TrackFactory())
    ),
    "a group of another cohort": lambda: insert(
        f.EnrolmentFactory.build(trainee=f.TraineeFactory(), cohort=f.CohortFactory(), group=f.GroupFactory())
    ),
    "a place corrects another trainee's": lambda: (
        lambda other: insert(
            f.EnrolmentFactory.build(trainee=f.TraineeFactory(), cohort=other.cohort, voids=other, reason="Wrong")
        )
    )(f.EnrolmentFactory()),
    "a record voids one of another trainee": lambda: (
        lambda first: insert(_after(first, trainee=f.TraineeFactory(), previous=None, voids=first))
    )(written(_record())),
    "a completion revoked with another picture": lambda: update(
        written(MAKE[Completion]()), revoked_on=DAY, revoked_reason="Mistake", snapshot={}
    ),
    "a completion revoked for another program": lambda: update(
        written(MAKE[Completion]()), revoked_on=DAY, revoked_reason="Mistake", program=f.ProgramFactory()
    ),
    "an audience of somebody never in the cohort": lambda: insert(
        SessionAudience(session=f.TrainingSessionFactory(), trainee=f.TraineeFactory())
    ),
    "an audience of another program's track": lambda: insert(
        SessionAudience(session=f.TrainingSessionFactory(), track=f.TrackFactory())
    ),
    "a session with results moved to another module": lambda: (
        lambda entry: update(
            written(
                _record(entry=entry, program=entry.curriculum.program, module=entry.module, assessor=None, kind="not_assessed",
                        reason="Weather", score=None,
                        session=f.TrainingSessionFactory(cohort__program=entry.curriculum.program, module=entry.module))
            ).session,
            module=f.SkillModuleFactory(),
        )
    )(f.EntryFactory()),
    "an invitation withdrawn is accepted": lambda: update(
        _withdrawn(), withdrawn_at=None, accepted_at=MOMENT, accepted_by=f.UserFactory()
    ),
    "an invitation accepted after its last day": lambda: (
        lambda late: update(late, accepted_at=late.expires_at, accepted_by=late.invited_by)
    )(f.InvitationFactory()),
    "a session's mark changed after closing": lambda: update(_closed_session(mark=True)[1], status="absent"),
    "a mark taken out of a closed register": lambda: update(
        _closed_session(mark=True)[1], session=f.TrainingSessionFactory()
    ),
    "a mark of a closed register given to anybody": _mark_of_a_closed_register_goes_to_another,
    "a mark of a closed register given to whom its trainee was merged into, as another": lambda: (
        lambda mark: f.do(update(mark.trainee, merged_into=f.TraineeFactory()))
        and update(mark, trainee=Trainee.objects.get(pk=mark.trainee_id).merged_into, status="absent")
    )(_closed_session(mark=True)[1]),
    "an excusal given to anybody": lambda: update(written(MAKE[Excusal]()), trainee=f.TraineeFactory()),
    "a trainee merged into themselves": lambda: (lambda one: update(one, merged_into=one))(f.TraineeFactory()),
    "a merged number renamed": lambda: update(_merged(), call_sign="VOVK"),
    "a merged number merged elsewhere": lambda: update(_merged(), merged_into=f.TraineeFactory()),
    "a copy under another number": lambda: insert(_copy(_merged_record(), trainee=f.TraineeFactory())),
    "a copy of who was not merged": lambda: (
        lambda record: insert(_copy(record, trainee=f.TraineeFactory()))
    )(written(_record())),
    "a copy of a copy": lambda: (
        lambda copy: f.do(update(copy.trainee, merged_into=f.TraineeFactory()))
        and insert(_copy(Record.objects.get(pk=copy.pk)))
    )(written(_copy(_merged_record()))),
    "a copy that voids": lambda: (
        lambda record: insert(
            _copy(
                record,
                voids=written(_after(record, trainee=record.trainee.merged_into, previous=None)),
                previous=Record.objects.latest("pk"),
                reason=record.reason,
            )
        )
    )(_merged_record()),
}  # fmt: skip


def rules():
    """Every rule and kind of write that the database holds, by their triggers."""
    held = {trigger.name for trigger in trail.triggers(connection.vendor)}
    for model in trail.models_in_trail():
        for rule in getattr(model, "rules", ()):
            for verb in rule.verbs:
                if f"muster_rule_{rule.name}_{verb.lower()}" in held:
                    yield pytest.param(model, rule, verb, id=f"{rule.name}-{verb}")


def drop(names):
    with connection.cursor() as cursor:
        for name, table in trail.installed().items():
            if name in names:
                on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER "{name}"{on}')


@pytest.mark.parametrize(("model", "rule", "verb"), list(rules()))
def test_the_database_holds_the_rule_by_itself(model, rule, verb):
    write = BREAKS[rule.name, verb]()
    mine = f"muster_rule_{rule.name}_{verb.lower()}"
    drop({name for name, table in trail.installed().items() if name.startswith("muster_rule")} - {mine})
    with pytest.raises(ValidationError) as refused:
        f.do(write)
    assert refused.value.messages == [str(rule.message)]

    drop({mine})
    f.do(write)  # the twin: without the rule the same write goes through


@pytest.mark.parametrize("case", MORE)
def test_no_other_way_round_a_rule(case):
    write = MORE[case]()
    with pytest.raises(ValidationError):
        f.do(write)


def test_there_is_no_break_without_its_rule():
    assert BREAKS.keys() == {(param.values[1].name, param.values[2]) for param in rules()}


def test_a_completion_is_revoked_once():
    completion = written(MAKE[Completion]())
    f.do(update(completion, revoked_on=DAY, revoked_reason="Mistake"))
    with pytest.raises(ValidationError, match="only revoked once"):
        f.do(update(completion, revoked_on=DAY + datetime.timedelta(days=1), revoked_reason="Again"))


def test_a_rule_refuses_where_it_cannot_tell():
    """NULL is neither true nor false: a rule that meets it refuses."""
    mark = MAKE[StepMark]()
    mark.record_id = 10**9
    with pytest.raises(ValidationError, match="belongs to another module"):
        f.do(insert(mark))


@pytest.mark.parametrize(("hours", "fits"), [(-1, False), (0, True), (23, True), (24, False)])
def test_the_day_of_a_session_is_that_of_its_program(hours, fits):
    """Half an hour after midnight in Norway is the day before in Greenwich."""
    write = _record_of_a_session(days=0, hours=hours)
    if fits:
        f.do(write)
    else:
        with pytest.raises(ValidationError, match="on another day"):
            f.do(write)


def test_a_rating_of_today_can_be_entered():
    f.do(insert(_rating(days=0)))


def test_who_leaves_a_program_keeps_the_duties_they_had():
    staff = written(MAKE[SessionStaff]())
    f.do(lambda act: staff.instructor.assignments.all().delete())
    f.do(update(staff, duty="assistant"))
    assert SessionStaff.objects.get().duty == "assistant"


def test_a_session_may_be_moved_in_time_and_place():
    session = f.TrainingSessionFactory()
    f.do(update(session, place="Range 2"))
    assert TrainingSession.objects.get().place == "Range 2"
