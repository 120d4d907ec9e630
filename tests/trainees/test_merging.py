"""Two numbers that are one person: all that stands of both counts under the one that is kept, as if it had always been so."""

import datetime
import uuid

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.acts import Conflict, add, backdated
from accounts.models import Act
from programs.access import EVERYBODY
from programs.models import PerformanceStep
from tests import factories as f
from tests.trainees.test_progress_properties import evidences
from trainees.models import (
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
from trainees.progress import RESULTS, Kind, Status
from trainees.selectors.completions import completions_on
from trainees.selectors.loading import Moment
from trainees.selectors.progress import cohort_view, trainee_view
from trainees.services import merge_trainees, rehearse_merging, undo

pytestmark = pytest.mark.django_db
DAY = datetime.date(2023, 8, 10)


def write(row):
    return f.do(lambda act: add(row, act)).made(type(row))


def merge(course, kept=None, old=None, **more):
    """Look at the rehearsal, then do it."""
    kept, old = kept or course.trainee, old or course.second
    report = rehearse_merging(user=course.coordinator, kept=kept, old=old)
    assert report.refusals == []
    said = {
        "user": course.coordinator, "key": uuid.uuid4(), "seen_kept": kept.seen, "seen_old": old.seen,
        "expected": report.digest, "reason": "Entered twice",
    }  # fmt: skip
    act = merge_trainees(kept=kept, old=old, **said | more)
    kept.refresh_from_db()
    old.refresh_from_db()
    return act


def refusals(course, kept=None, old=None):
    return rehearse_merging(user=course.coordinator, kept=kept or course.trainee, old=old or course.second).refusals


def place(course, trainee, since, cohort=None, **more):
    """The next entry in the line of a trainee."""
    last = Enrolment.objects.filter(trainee=trainee, program=course.program).order_by("-pk").first()
    cohort = cohort or course.cohort
    return f.EnrolmentFactory(trainee=trainee, cohort=cohort, since=since, previous=last, **more)


def places(trainee):
    rows = Enrolment.objects.standing().filter(trainee=trainee).order_by("since", "pk")
    return [(str(one.since), one.cohort.code, one.status) for one in rows]


def status(course, trainee, entry=None, **days):
    view = trainee_view(trainee, course.program, **days)
    return view.progress.standings[(entry or course.entry).module_id].status


def test_a_record_is_copied_with_all_it_says_and_stays_where_it_was(course):
    record = f.RecordFactory(trainee=course.second, entry=course.scored, score="80.50", session=None)
    merge(course)
    copy = Record.objects.get(trainee=course.trainee)
    assert Record.objects.get(trainee=course.second) == record
    assert (copy.copy_of, copy.previous, copy.entry, copy.score) == (record, None, course.scored, record.score + 0)
    assert status(course, course.trainee, course.scored) == Status.ACHIEVED


def test_a_copy_follows_what_the_kept_number_had_in_its_cell(course):
    first = f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go")
    old = f.RecordFactory(trainee=course.second, entry=course.entry, kind="no_go", holds_from=DAY.replace(day=11))
    last = f.RecordFactory(trainee=course.second, entry=course.entry, holds_from=DAY.replace(day=12), previous=old)
    merge(course)
    lines = list(Record.objects.filter(trainee=course.trainee).order_by("pk"))
    assert [one.copy_of for one in lines] == [None, old, last]
    assert [one.previous for one in lines] == [None, first, lines[1]]
    standing = trainee_view(course.trainee, course.program).progress.standings[course.module.pk]
    assert (standing.status, len(standing.attempts)) == (Status.ACHIEVED, 3)


def test_on_one_day_records_count_in_the_order_in_which_they_were_written_under_either_number(course):
    f.RecordFactory(trainee=course.second, entry=course.entry)
    first = f.RecordFactory(trainee=course.trainee, entry=course.entry)
    f.RecordFactory(
        trainee=course.second,
        entry=course.entry,
        kind="no_go",
        recertification=True,
        previous=Record.objects.earliest("pk"),
    )
    f.RecordFactory(trainee=course.trainee, entry=course.entry, previous=first, score=None, assessor=course.assessor)
    merge(course)
    assert status(course, course.trainee) == Status.ACHIEVED  # the copy of the NO-GO comes before the last GO


def test_what_both_numbers_say_alike_is_there_once(course):
    said = {"entry": course.entry, "session": course.session, "assessor": course.assessor}
    for who in (course.trainee, course.second):
        f.RecordFactory(trainee=who, **said)
    f.RecordFactory(trainee=course.second, kind="no_go", previous=Record.objects.latest("pk"), **said)
    merge(course)
    assert [one.kind for one in Record.objects.filter(trainee=course.trainee).order_by("pk")] == ["go", "no_go"]


def test_of_what_was_corrected_only_the_correction_is_copied(course):
    wrong = f.RecordFactory(trainee=course.second, entry=course.entry)
    right = f.RecordFactory(
        trainee=course.second, entry=course.entry, kind="no_go", previous=wrong, voids=wrong, reason="Typed wrongly"
    )
    other = f.RecordFactory(trainee=course.second, entry=course.scored, score=90)
    f.RecordFactory(
        trainee=course.second,
        entry=course.scored,
        kind="void",
        previous=other,
        voids=other,
        assessor=None,
        reason="Of R-7",
    )
    merge(course)
    copy = Record.objects.get(trainee=course.trainee)
    assert (copy.copy_of, copy.kind, copy.reason, copy.voids) == (right, "no_go", "Typed wrongly", None)


def test_a_record_is_copied_whatever_became_of_assessor_session_and_register_since(course):
    session = f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment")
    f.RecordFactory(trainee=course.second, entry=course.entry, session=session, assessor=course.assessor)
    write(Attendance(session=session, trainee=course.trainee, status="absent"))

    def later(act):
        session.cohort.program.assignments.all().delete()
        type(session).objects.filter(pk=session.pk).update(
            act=act, results_closed_at=act.at, starts_at=session.starts_at + datetime.timedelta(days=3),
            ends_at=session.ends_at + datetime.timedelta(days=3), postponed_from=session.starts_at, postponed_reason="Storm",
        )  # fmt: skip
        type(course.assessor).objects.filter(pk=course.assessor.pk).update(act=act, capacity="interpreter")

    f.do(later)
    merge(course)
    assert Record.objects.filter(trainee=course.trainee, session=session, kind="go").exists()


def test_step_marks_come_with_their_record(course):
    curriculum = f.CurriculumFactory(program=course.program)
    entry = f.EntryFactory(curriculum=curriculum)
    step = write(PerformanceStep(entry=entry, position=1, title="Zero"))
    record = f.RecordFactory(trainee=course.second, entry=entry)
    write(StepMark(record=record, step=step, passed=True))
    merge(course)
    assert StepMark.objects.get(record__trainee=course.trainee).passed


def test_marks_go_along_in_closed_registers_too_and_one_that_both_have_stays_once(course):
    sessions = [f.TrainingSessionFactory(cohort=course.cohort, module=course.module) for _ in range(2)]
    write(Attendance(session=sessions[0], trainee=course.trainee, status="late"))
    write(Attendance(session=sessions[0], trainee=course.second, status="late"))
    write(Attendance(session=sessions[1], trainee=course.second, status="present", reason="Came on foot"))
    f.do(lambda act: course.cohort.sessions.update(act=act, register_closed_at=act.at))
    merge(course)
    rows = Attendance.objects.values_list("session", "trainee", "status", "reason")
    assert set(rows) == {
        (sessions[0].pk, course.trainee.pk, "late", ""),
        (sessions[1].pk, course.trainee.pk, "present", "Came on foot"),
    }
    assert trainee_view(course.trainee, course.program).progress.attendance.attended == (sessions[0].pk, sessions[1].pk)


def test_marks_of_one_session_that_differ_are_to_be_decided_first(course):
    write(Attendance(session=course.session, trainee=course.trainee, status="present"))
    write(Attendance(session=course.session, trainee=course.second, status="absent"))
    assert refusals(course) == [
        f"{course.session}: R-1 is marked present and R-2 absent. Mark both the same first; "
        "a closed register has to be opened again for it."
    ]
    assert Attendance.objects.filter(trainee=course.second).exists()


def test_excusals_leaves_audiences_and_who_was_found_go_along(course):
    write(Excusal(trainee=course.second, program=course.program, kind="sick", since=DAY))
    write(AttemptLeave(trainee=course.second, program=course.program, module=course.module, reason="Was ill"))
    other = f.TrainingSessionFactory(cohort=course.cohort, module=course.module)
    write(SessionAudience(session=course.session, trainee=course.second))
    write(SessionAudience(session=other, trainee=course.second))
    write(SessionAudience(session=other, trainee=course.trainee))
    write(Unlisted(session=course.session, told="R-2", outcome="found", trainee=course.second))
    merge(course)
    assert Excusal.objects.get().trainee == course.trainee
    assert AttemptLeave.objects.filter(trainee=course.trainee, reason="Was ill").count() == 1
    assert {(one.session, one.trainee) for one in SessionAudience.objects.all()} == {
        (course.session, course.trainee), (other, course.trainee),
    }  # fmt: skip
    assert Unlisted.objects.get().trainee == course.trainee


def test_places_come_over_where_the_kept_number_has_none(course):
    kept = f.EnrolmentFactory(trainee__roll_number="R-9").trainee  # of another program
    f.RoleFactory(user=course.coordinator, program=kept.enrolments.get().program)
    place(course, course.second, DAY.replace(day=20), status="suspended", reason="Knee", group=course.group)
    merge(course, kept=kept)
    mine = Enrolment.objects.standing().filter(trainee=kept, program=course.program).order_by("since")
    assert [(str(one.since), one.status, one.group, one.reason) for one in mine] == [
        ("2023-08-07", "active", None, ""),
        ("2023-08-20", "suspended", course.group, "Knee"),
    ]
    assert places(course.second) == []
    assert {one.correction for one in course.second.enrolments.exclude(voids=None)} == {"Merged into R-9"}


def test_two_lines_of_one_program_are_united_day_by_day(course):
    old = f.TraineeFactory(roll_number="R-8")
    f.EnrolmentFactory(trainee=old, cohort=course.cohort, since=DAY.replace(day=1), track=course.track)
    place(course, old, DAY.replace(day=12), status="withdrawn", reason="Twice on the roll")
    place(course, course.trainee, DAY.replace(day=10), status="withdrawn", reason="Went home")
    place(course, old, DAY.replace(day=25), cohort=course.other)
    merge(course, old=old)
    assert places(course.trainee) == [
        ("2023-08-01", "C1", "active"),
        ("2023-08-07", "C1", "active"),
        ("2023-08-10", "C1", "active"),  # the old number was still there
        ("2023-08-12", "C1", "withdrawn"),
        ("2023-08-25", "C2", "active"),
    ]
    tracks = (
        Enrolment.objects.standing()
        .filter(trainee=course.trainee)
        .order_by("since")
        .values_list("track__code", flat=True)
    )
    assert list(tracks) == ["MEDIC", "MEDIC", "MEDIC", None, None]


@pytest.mark.parametrize(
    ("kept", "old", "now"),
    [
        ("expected", "active", "active"),
        ("active", "expected", "active"),
        ("active", "withdrawn", "active"),
        ("active", "not_completed", "not_completed"),
        ("not_completed", "active", "active"),  # came back
        ("expected", "withdrawn", "withdrawn"),
        ("withdrawn", "completed", "completed"),
        ("completed", "withdrawn", "completed"),
        ("suspended", "suspended", "suspended"),
    ],
)
def test_of_two_places_in_one_cohort_the_one_that_says_more_holds(course, kept, old, now):
    people = [f.TraineeFactory(roll_number=f"R-1{n}") for n in range(2)]
    for who, one, day in zip(people, (kept, old), (8, 9), strict=True):
        f.EnrolmentFactory(trainee=who, cohort=course.cohort, since=DAY.replace(day=day), status=one, reason="Said")
    merge(course, *people)
    assert places(people[0])[-1][2] == now


def test_who_would_be_in_two_places_on_a_day_is_to_be_corrected_first(course):
    place(course, course.second, DAY.replace(day=20), cohort=course.other)
    assert refusals(course) == [
        "On 20 Aug 2023 R-1 is in TRD-C1, active and R-2 in TRD-C2, active, and nobody is in two places. "
        "Correct the place that is wrong first."
    ]


def completed(course, trainee, **more):
    """A completion that stands on one record."""
    record = f.RecordFactory(trainee=trainee, entry=course.entry)
    place(course, trainee, DAY, status="completed")
    module = {"module": "MED", "title": "", "entry": course.entry.pk, "status": "achieved", "records": [record.pk]}
    snapshot = {"known": "2023-08-10", "modules": [module], "satisfied": 1, "required": 1}
    row = Completion(
        trainee=trainee, program=course.program, cohort=course.cohort, completed_on=DAY, snapshot=snapshot, **more
    )
    return write(row), record


def test_a_completion_stands_under_the_kept_number_from_then_on(course):
    done, record = completed(course, course.second)
    merge(course)
    copy = Completion.objects.get(trainee=course.trainee, revoked_on=None)
    assert copy.snapshot["modules"][0]["records"] == [Record.objects.get(copy_of=record).pk]
    assert (copy.completed_on, copy.snapshot["known"]) == (DAY, str(course.cohort.today()))
    done.refresh_from_db()
    assert (done.revoked_on, done.revoked_reason) == (course.cohort.today(), "Merged into R-1")
    assert places(course.trainee)[-1] == ("2023-08-10", "C1", "completed")
    told = completions_on(Moment.of(course.program), EVERYBODY, {}, cohort=course.cohort)
    assert [(one.completion, one.revoked) for one in told] == [(copy, False)]


def test_of_two_completions_one_is_to_be_revoked_first(course):
    for who in (course.trainee, course.second):
        completed(course, who)
    assert refusals(course) == ["Both have completed TRD Training program. Revoke one completion first."]


def test_a_completion_under_review_is_to_be_decided_first(course):
    _done, record = completed(course, course.second)
    said = {"kind": "void", "previous": record, "voids": record, "assessor": None, "reason": "Of R-7"}
    f.RecordFactory(trainee=course.second, entry=course.entry, **said)
    assert refusals(course) == ["What the completion of R-2 stood on was declared wrong since. Revoke it first."]


def test_whoever_completed_and_has_a_later_place_is_to_be_corrected_first(course):
    completed(course, course.trainee)
    place(course, course.second, DAY, status="withdrawn", reason="Twice")
    place(course, course.second, DAY.replace(day=20), cohort=course.other)
    assert refusals(course) == [
        "One of the two has completed TRD Training program, and the other is in TRD-C2, active since. Correct one first."
    ]


@pytest.mark.parametrize(
    ("kept", "old", "told", "stands"),
    [
        ("", "Koval", "taken", "Koval"),
        ("Koval", "Koval", "", "Koval"),
        ("Melnyk", "Koval", "differ", "Melnyk"),
        ("Koval", "", "", "Koval"),
    ],
)
def test_the_name_of_the_kept_number_stays_and_one_is_taken_over_where_there_was_none(course, kept, old, told, stands):
    for who, name in ((course.trainee, kept), (course.second, old)):
        if name:
            write(Identity(trainee=who, family_name=name))
    assert rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second).name == told
    merge(course)
    assert course.trainee.identities.latest("pk").family_name == stands


def test_on_an_earlier_day_it_is_known_as_it_was_then(course):
    def told(who, days):
        one = trainee_view(who, course.program, **days).progress
        return {pk: standing.status for pk, standing in one.standings.items()}, one.place, one.attendance

    with backdated(datetime.datetime(2023, 8, 11, 12, tzinfo=datetime.UTC)):
        f.RecordFactory(trainee=course.second, entry=course.entry)
        write(Attendance(session=course.session, trainee=course.second, status="present"))
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3), tick=False):
        yesterday = {"known": course.cohort.today() - datetime.timedelta(days=1)}
        before = [told(who, yesterday) for who in (course.trainee, course.second)]
        merge(course)
        assert [told(who, yesterday) for who in (course.trainee, course.second)] == before
        assert status(course, course.trainee) == Status.ACHIEVED
        assert [one.session.id for one in trainee_view(course.trainee, course.program).seats] == [course.session.pk]
        assert trainee_view(course.second, course.program).progress.place is None


def test_the_numbers_of_the_cohort_count_one_person(course):
    f.RecordFactory(trainee=course.second, entry=course.entry)
    for who in (course.trainee, course.second):
        write(Attendance(session=course.session, trainee=who, status="present"))
    f.do(lambda act: course.cohort.sessions.update(act=act, register_closed_at=act.at))
    merge(course)
    numbers = cohort_view(course.cohort, EVERYBODY).progress
    assert set(numbers.counted) == {course.trainee.pk}
    assert (numbers.coverage, numbers.attendance) == ((1, 1), (1, 1))


def test_undoing_what_was_done_to_many_leaves_who_was_merged_since(course):
    act = f.do(
        lambda act: [
            f.RecordFactory.build(
                act=act, trainee=who, entry=course.entry, program=course.program, module=course.module, assessor=course.assessor
            ).save()
            for who in (course.trainee, course.second)
        ],
        kind="import.results", user=course.coordinator, scope=course.program.pk,
    )  # fmt: skip
    merge(course)
    undone = undo(user=course.coordinator, key=uuid.uuid4(), act=act)
    assert (undone.rows, set(undone.kept)) == (1, {"R-2 SOKIL"})


def test_the_report_tells_what_comes_over_and_what_becomes_of_the_statuses(course):
    f.RecordFactory(trainee=course.second, entry=course.entry)
    write(Attendance(session=course.session, trainee=course.second, status="present"))
    write(Excusal(trainee=course.second, program=course.program, kind="sick", since=DAY))
    report = rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    (taken,) = report.programs
    assert (taken.program, taken.cohorts) == (course.program, ("TRD-C1",))
    assert (taken.places, taken.records, taken.marks, taken.others, taken.completion) == (0, 1, 1, 1, False)
    assert taken.statuses == [("MED", Status.NOT_STARTED, Status.EXPIRED)] or taken.statuses == [
        ("MED", Status.NOT_STARTED, Status.ACHIEVED)
    ]


def test_a_rehearsal_leaves_nothing_behind(course, acts):
    f.RecordFactory(trainee=course.second, entry=course.entry)
    before = acts()
    rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    assert acts() == before
    assert Record.objects.count() == 1
    assert not Trainee.objects.exclude(merged_into=None).exists()


def test_the_same_key_merges_once(course, acts):
    key = uuid.uuid4()
    seen = {"seen_kept": course.trainee.seen, "seen_old": course.second.seen}
    report = rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    said = {"user": course.coordinator, "key": key, "expected": report.digest, "reason": "Twice", **seen}
    first = merge_trainees(
        kept=Trainee.objects.get(pk=course.trainee.pk), old=Trainee.objects.get(pk=course.second.pk), **said
    )
    before = acts()
    again = merge_trainees(
        kept=Trainee.objects.get(pk=course.trainee.pk), old=Trainee.objects.get(pk=course.second.pk), **said
    )
    assert (again, acts()) == (first, before)
    assert Act.objects.get(pk=first.pk).scope == course.program.pk


def test_what_was_written_since_the_rehearsal_was_shown_stops_it(course, acts):
    report = rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    f.RecordFactory(trainee=course.second, entry=course.entry)
    before = acts()
    with pytest.raises(Conflict, match="has changed in the meantime"):
        merge(course, expected=report.digest)
    assert acts() == before


def test_an_overtaken_number_is_a_conflict(course):
    seen = course.second.seen
    f.do(lambda act: Trainee.objects.filter(pk=course.second.pk).update(act=act, call_sign="VOVK"))
    course.second.refresh_from_db()
    with pytest.raises(Conflict):
        merge(course, seen_old=seen)


def test_it_wants_a_reason(course):
    with pytest.raises(ValidationError, match="one person"):
        merge(course, reason=" ")


def test_only_who_runs_every_program_of_both_merges(course):
    for user in (course.instructor, course.viewer, f.UserFactory()):
        with pytest.raises(PermissionDenied):
            rehearse_merging(user=user, kept=course.trainee, old=course.second)
    f.EnrolmentFactory(trainee=course.second)
    for kept, old in ((course.trainee, course.second), (course.second, course.trainee)):
        with pytest.raises(PermissionDenied):
            rehearse_merging(user=course.coordinator, kept=kept, old=old)
    assert (
        rehearse_merging(user=f.UserFactory(is_superuser=True), kept=course.trainee, old=course.second).refusals == []
    )


def test_nobody_is_merged_with_themselves_nor_who_is_erased(course):
    assert refusals(course, old=Trainee.objects.get(pk=course.trainee.pk)) == ["Choose two numbers."]
    f.do(
        lambda act: Trainee.objects.filter(pk=course.second.pk).update(act=act, erased_at=act.at, call_sign="[erased]")
    )
    course.second.refresh_from_db()
    assert refusals(course) == ["Who R-2 was has been erased for good."]


def test_a_merged_number_goes_on_with_the_one_that_it_was_merged_into(course):
    third = f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="R-3").trainee
    original = f.RecordFactory(trainee=third, entry=course.entry)
    write(AttemptLeave(trainee=third, program=course.program, module=course.module, reason="Was ill"))
    merge(course, kept=course.second, old=third)
    assert refusals(course, old=third) == ["R-3 SOKIL is merged into R-2 SOKIL already."]
    assert refusals(course, kept=third) == ["R-3 SOKIL is merged into R-2 SOKIL already."]
    merge(course)
    third.refresh_from_db()
    assert (third.merged_into, third.stands_as, course.second.stands_as) == (course.trainee,) * 3
    assert [one.copy_of for one in Record.objects.filter(trainee=course.trainee)] == [original]
    assert AttemptLeave.objects.filter(trainee=course.trainee).count() == 1
    assert list(Trainee.objects.current()) == [course.trainee]


@pytest.mark.parametrize("many", [1, 6])
def test_merging_takes_a_fixed_number_of_questions_whatever_was_recorded(course, many):
    for entry in (course.entry, course.scored):
        last = None
        for n in range(many if entry == course.scored else 1):
            said = {"entry": entry, "previous": last, "score": 80, "holds_from": DAY.replace(day=n + 1)}
            last = f.RecordFactory(trainee=course.second, assessor=course.assessor, **said)
    for _ in range(many):
        session = f.TrainingSessionFactory(cohort=course.cohort, module=course.module)
        write(Attendance(session=session, trainee=course.second, status="present"))
    with CaptureQueriesContext(connection) as asked:
        rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    told = [one["sql"] for one in asked if one["sql"].startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    told = [sql for sql in told if "set_config" not in sql]
    assert len(told) == 41 + many  # one for each record in the longest cell: each names the one before


@st.composite
def split(draw):
    """What was recorded of one person in one module in its order, each line with the number under which it was written."""
    numbers: list[str] = []
    lines, voided = [], set()
    for line in draw(evidences()):
        numbers.append(draw(st.sampled_from("AB")))
        wrong = line.voids and lines[line.voids - 1]
        if wrong and (wrong.kind == Kind.VOID or wrong.id in voided or numbers[wrong.id - 1] != numbers[-1]):
            line = line._replace(voids=None)
        if line.kind == Kind.VOID and line.voids is None:
            line = line._replace(kind=Kind.NOT_ASSESSED, holds_until=None, recertification=False)
        voided.add(line.voids)
        lines.append(line)
    return list(zip(lines, numbers, strict=True))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=split())
def test_whatever_was_recorded_under_two_numbers_counts_as_if_it_had_been_one(course, history):
    people = {name: f.EnrolmentFactory(cohort=course.cohort, since=DAY).trainee for name in "PAB"}
    written = {}
    f.do(lambda act: _record(act, course, people, history, written))
    f.tell_the_planner()
    merge(course, people["A"], people["B"])
    day = datetime.date(2026, 1, 9)
    assert _told(course, people["A"], day, written) == _told(course, people["P"], day, written)


def _record(act, course, people, history, written):
    """Every line twice: of the one person, and of the number of two that it was written under."""
    last, of = {}, {}
    for n, (line, number) in enumerate(history):
        for name in ("P", number):
            row = Record.objects.create(
                act=act, trainee=people[name], program=course.program, module=course.module, entry=course.entry,
                kind=line.kind, holds_from=line.holds_from, holds_until=line.holds_until, at_time=line.at_time,
                recertification=line.recertification, authority=f"Order {n}", reason="Said",
                assessor=course.assessor if line.kind in RESULTS else None,
                previous=last.get(name), voids=of.get((name, line.voids)),
            )  # fmt: skip
            last[name] = of[name, line.id] = row
            written[row.pk] = n


def _told(course, trainee, day, written):
    """Where somebody stands, records by their number in the history."""
    written |= {one.pk: written[one.copy_of_id] for one in Record.objects.filter(trainee=trainee).exclude(copy_of=None)}
    one = trainee_view(trainee, course.program, day).progress.standings[course.module.pk]
    in_order = [[written[pk] for pk in pks] for pks in (one.deciding, one.attempts)]
    return one.status, in_order, one.holds_until, one.by_credit, one.due_to_expire, one.exemption_ends
