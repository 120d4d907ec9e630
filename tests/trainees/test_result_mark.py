"""One mark on a result sheet, as the script sends it: the whole wire."""

import datetime
import json
import uuid
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acts import add
from programs.models import AssignmentModule, PerformanceStep
from tests import factories as f
from tests.accounts.races import Cell, at_once, race
from tests.trainees.crowd import crowd
from trainees import services
from trainees.models import AttemptLeave, Record, SessionStaff
from trainees.services.results import Mark, Marked, Place

pytestmark = pytest.mark.django_db
DAY = datetime.date(2023, 8, 10)


@pytest.fixture
def mark(course, client):
    """Send one mark of the first trainee as the instructor; its answer, read."""
    course.session = held(course)
    client.force_login(course.instructor)

    def send(kind="go", seen="", *, trainee=None, module=None, **words):
        of = [(trainee or course.trainee).uuid, course.program.slug, (module or course.module).code]
        words = {"key": uuid.uuid4(), "seen": seen, "kind": kind, "session": course.session.pk} | words
        words.setdefault("assessor", course.assessor.pk)
        sent = {name: value for name, value in words.items() if value is not None}
        answer = client.post(reverse("trainees:result_mark", args=of), sent, headers={"accept": "application/json"})
        answer.said = json.loads(answer.content)
        return answer

    return send


def held(course, **more):
    return f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment", **more)


def write(row, **values):
    """Change a row behind the services' back."""
    f.do(lambda act: type(row).objects.filter(pk=row.pk).update(act=act, **values))


def close(course):
    write(course.session, results_closed_at=timezone.now())


def kinds():
    """What stands: kinds of the records that nothing voids, in the order of recording."""
    return [one.kind for one in Record.objects.filter(voided_by=None).exclude(kind="void").order_by("pk")]


def test_a_mark_is_recorded_and_answered_with_the_version_that_the_next_one_carries(mark, course):
    answer = mark()
    record = Record.objects.get()
    assert answer.status_code == 200
    at = timezone.localtime(record.act.at, zoneinfo.ZoneInfo(course.program.time_zone)).strftime("%H:%M")
    said = {"seen": str(record.act.key), "value": "go", "words": "GO", "at": at, "note": "attempt 1"}
    assert answer.said == said
    assert (record.holds_from, record.session, record.assessor) == (DAY, course.session, course.assessor)
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_result_of_somebody_marked_absent_needs_a_word(mark, course):
    services.mark_attendance(
        user=course.instructor, key=uuid.uuid4(), session=course.session, marks={course.trainee.pk: ("absent", "")}, seen={}
    )  # fmt: skip
    refused = mark("go")
    assert refused.status_code == 422 and kinds() == []
    assert refused.said["errors"] == {
        "reason": ["The register says that they were not there. Say why there is a result."]
    }
    assert mark("not_assessed", reason="Absent").status_code == 200
    assert mark("go", seen=str(Record.objects.latest("pk").act.key), reason="Came later").status_code == 200


def test_the_same_key_again_is_answered_the_same_and_records_nothing(mark, acts):
    key = uuid.uuid4()
    first = mark("no_go", key=key)
    mark("go", seen=first.said["seen"])
    before = acts()
    assert mark("no_go", key=key).said == first.said
    assert acts() == before


def test_the_same_key_with_another_mark_is_a_conflict(mark):
    key = uuid.uuid4()
    mark("go", key=key)
    assert mark("no_go", key=key).status_code == 409
    assert kinds() == ["go"]


def test_a_mark_names_the_key_of_ones_own_mark_before_it_also_after_clearing(mark):
    keys = [uuid.uuid4() for _ in range(4)]
    for kind, key, seen in zip(["go", "", "no_go", "go"], keys, ["", *keys], strict=False):
        assert mark(kind, seen, key=key).said["seen"] == str(key)
    assert kinds() == ["go"]


def test_correcting_in_the_open_sheet_voids_and_replaces_without_a_word_and_is_no_attempt(mark):
    seen = mark("no_go").said["seen"]
    answer = mark("go", seen)
    assert answer.said["note"] == "attempt 1"
    assert kinds() == ["go"]
    assert Record.objects.latest("pk").reason == "Corrected on the sheet."


def test_clearing_voids(mark):
    answer = mark("", mark("go").said["seen"])
    assert (answer.said["value"], answer.said["note"]) == ("", "")
    assert kinds() == []


def test_nothing_is_cleared_where_nothing_is(mark):
    assert mark("").said == {"errors": {"": ["There is nothing to clear."]}}


@pytest.mark.parametrize("seen", ["", "5632fccd-70bc-4df2-a787-49bffcb2166a", "forged"])
def test_a_mark_that_has_not_seen_what_stands_is_refused_and_told_of_it(seen, mark, course, client):
    first = mark("no_go")
    client.force_login(course.coordinator)
    answer = mark("go", seen)
    assert answer.status_code == 409
    told = {"seen": first.said["seen"], "value": "no_go", "words": "NO-GO", "by": "instructor", "at": first.said["at"]}
    assert answer.said["theirs"] == told
    assert kinds() == ["no_go"]


def test_after_somebody_else_cleared_the_refusal_carries_the_version_to_go_on_from(mark):
    seen = mark("", mark("go").said["seen"]).said["seen"]
    theirs = mark("go", "").said["theirs"]
    assert (theirs["seen"], theirs["value"]) == (seen, "")
    assert mark("go", theirs["seen"]).status_code == 200


def test_no_version_at_all_is_refused(mark):
    assert mark(seen=None).status_code == 409
    assert not Record.objects.exists()


def test_another_persons_mark_is_changed_with_a_typed_reason_only(mark, course, client):
    seen = mark("no_go").said["seen"]
    client.force_login(course.coordinator)
    assert list(mark("go", seen).said["errors"]) == ["reason"]
    assert list(mark("", seen).said["errors"]) == ["reason"]
    assert mark("go", seen, reason="typed for the wrong person").said["value"] == "go"
    assert Record.objects.latest("pk").reason == "typed for the wrong person"


def test_after_closing_a_mark_needs_a_typed_reason(mark, course):
    seen = mark("no_go").said["seen"]
    close(course)
    assert list(mark("go", seen).said["errors"]) == ["reason"]
    assert list(mark("go", trainee=course.second).said["errors"]) == ["reason"]
    assert mark("go", seen, reason="misread").said["value"] == "go"


def test_another_session_is_another_attempt(mark, course):
    seen = mark("no_go").said["seen"]
    again = held(course, starts_at=course.session.starts_at + datetime.timedelta(days=1),
                 ends_at=course.session.ends_at + datetime.timedelta(days=1))  # fmt: skip
    answer = mark("go", seen, session=again.pk)
    assert answer.said["note"] == "attempt 2"
    assert kinds() == ["no_go", "go"]


def test_without_a_session_a_mark_of_the_same_day_is_corrected_and_one_of_another_day_an_attempt(mark, course):
    seen = mark("no_go", session=None, assessed_on="2023-08-11").said["seen"]
    seen = mark("go", seen, session=None, assessed_on="2023-08-11").said["seen"]
    assert kinds() == ["go"]
    assert mark("no_go", seen, session=None, assessed_on="2023-08-12").said["note"] == "attempt 2"
    assert kinds() == ["go", "no_go"]


def test_a_mark_that_corrects_a_result_of_a_session_from_the_cohorts_sheet_stays_with_the_session(mark, course):
    seen = mark("no_go").said["seen"]
    mark("go", seen, session=None, assessed_on="2023-08-10")
    assert Record.objects.latest("pk").session == course.session
    close(course)
    answer = mark("no_go", str(Record.objects.latest("pk").act.key), session=None, assessed_on="2023-08-10")
    assert list(answer.said["errors"]) == ["reason"]


def test_without_a_day_it_was_today(mark, course):
    mark(session=None)
    assert Record.objects.get().holds_from == course.cohort.today()


def test_an_assessment_after_the_pass_expired_is_marked_as_a_recertification_by_itself(mark, course):
    seen = mark("go").said["seen"]
    answer = mark("no_go", seen, session=None, assessed_on="2024-03-01")
    assert answer.said["note"] == "attempt 2, recertification"
    assert Record.objects.latest("pk").recertification


def test_not_assessed_needs_a_reason(mark):
    assert list(mark("not_assessed").said["errors"]) == ["reason"]
    answer = mark("not_assessed", reason="weather", assessor=None)
    assert (answer.said["words"], answer.said["note"]) == ("not assessed", "")


def test_a_go_needs_the_score_where_there_is_a_pass_mark(mark, course):
    where = {"module": course.scored.module, "session": None, "assessed_on": "2023-08-10"}
    assert list(mark(**where).said["errors"]) == ["score"]
    assert list(mark(score="69.99", **where).said["errors"]) == ["score"]
    assert list(mark(score="seventy", **where).said["errors"]) == ["score"]
    assert mark(score="70", **where).status_code == 200


def test_a_missing_prerequisite_asks_for_a_reason(mark, course):
    draft = f.CurriculumFactory(program=course.program)
    first = f.EntryFactory(curriculum=draft, module=course.module, position=1)
    f.link_prerequisite(first, f.EntryFactory(curriculum=draft, module=course.scored.module, position=2))
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=DAY)
    assert list(mark().said["errors"]) == ["reason"]
    assert mark(reason="learned at home").status_code == 200


def test_whoever_may_not_assess_the_module_is_refused_and_whoever_is_not_limited_may(mark, course):
    limited = f.AssignmentFactory(program=course.program)
    f.do(lambda act: add(AssignmentModule(assignment=limited, module=course.scored.module), act))
    stranger = f.InstructorFactory()
    for one in (limited.instructor, stranger):
        assert list(mark(assessor=one.pk).said["errors"]) == ["assessor"]
    f.do(lambda act: add(AssignmentModule(assignment=limited, module=course.module), act))
    assert mark(assessor=limited.instructor.pk).status_code == 200


def test_who_was_on_duty_at_the_session_and_left_since_may_assess_in_it(mark, course):
    here = f.AssignmentFactory(program=course.program)
    guest = here.instructor
    f.do(lambda act: add(SessionStaff(session=course.session, instructor=guest, duty="assessor"), act))
    f.do(lambda act: here.delete())
    assert mark(assessor=guest.pk).status_code == 200
    assert list(mark(trainee=course.second, assessor=guest.pk, session=None).said["errors"]) == ["assessor"]


def test_without_a_name_it_was_the_sessions_assessor_its_lead_or_the_instructor_signed_in(mark, course):
    mine, lead, assessor = (f.AssignmentFactory(program=course.program).instructor for _ in range(3))
    assert list(mark(assessor=None).said["errors"]) == ["assessor"]
    write(mine, account=course.instructor)
    seen = ""
    for expected, duty in ((mine, ""), (lead, "lead"), (assessor, "assessor")):
        if duty:
            row = SessionStaff(session=course.session, instructor=expected, duty=duty)
            f.do(lambda act, row=row: add(row, act))
        seen = mark(seen=seen, assessor=None).said["seen"]
        assert Record.objects.latest("pk").assessor == expected


def test_an_attempt_beyond_the_programs_limit_needs_leave(mark, course):
    write(course.program, attempt_limit=1)
    seen = mark("no_go").said["seen"]
    assert mark("no_go", seen).status_code == 200  # corrected: no further attempt
    seen = str(Record.objects.latest("pk").act.key)
    next_day = {"session": None, "assessed_on": "2023-08-11"}
    refused = mark("go", seen, **next_day).said["errors"]
    assert "attempt 2" in refused[""][0] and "Allow a further attempt" in refused[""][0]
    assert mark("not_assessed", seen, reason="weather", session=None, assessed_on="2023-08-12").status_code == 200
    seen = str(Record.objects.latest("pk").act.key)
    leave = {"trainee": course.trainee, "program": course.program, "module": course.module, "reason": "injured"}
    f.do(lambda act: AttemptLeave.objects.create(act=act, **leave))
    seen = mark("no_go", seen, **next_day).said["seen"]
    assert mark("go", seen, session=None, assessed_on="2023-08-13").status_code == 422


def test_a_step_of_another_module_is_refused(mark):
    assert mark(step_999="go").said["errors"][""] == ["This step belongs to another module."]


def test_a_session_of_another_module_or_program_is_refused(mark, course):
    for session in (f.TrainingSessionFactory(cohort=course.cohort), f.TrainingSessionFactory(module=course.module)):
        assert list(mark(session=session.pk).said["errors"]) == ["session"]


def test_a_day_that_the_session_was_not_on_is_refused(mark):
    assert mark(assessed_on="2023-08-12").said == {"errors": {"assessed_on": ["The session was on 10 Aug 2023."]}}


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "void"), ("session", "x"), ("assessor", "9" * 30), ("score", "-1")]
)
def test_what_no_sheet_sends_is_refused_by_its_field(field, value, mark):
    answer = mark(**{"kind": "go", field: value})
    assert (answer.status_code, list(answer.said["errors"])) == (422, [field])


@pytest.mark.django_db(transaction=True)
def test_of_two_sheets_that_correct_the_same_mark_one_is_accepted_and_no_mark_is_lost():
    cell = Cell()
    at = Place(cell.program, cell.module, day=DAY, assessor=cell.assessor.pk)

    def write(seen, number, _turn):
        mark = Mark(("go", "no_go")[number], seen)
        services.mark_result(user=cell.user, key=uuid.uuid4(), trainee=cell.trainee, at=at, mark=mark)

    assert race(2, 15, cell.version, write) == {"accepted": 15, "refused": 15}
    cell.assert_one_line(15)
    assert len(kinds()) == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_mark_sent_many_times_at_once_is_one_record_and_one_answer():
    cell = Cell()
    at = Place(cell.program, cell.module, day=DAY, assessor=cell.assessor.pk)
    once = {"user": cell.user, "key": uuid.uuid4(), "trainee": cell.trainee, "at": at, "mark": Mark("no_go", "")}
    answers = at_once(*[lambda: services.mark_result(**once)] * 8)
    assert answers == [Marked(Record.objects.get(), 1)] * 8


COST = 12  # session and user, BEGIN and COMMIT among them


@pytest.mark.django_db(transaction=True)  # as it is in use
@pytest.mark.parametrize("trainees", [1, 30])
def test_a_mark_asks_the_database_the_same_few_questions_in_a_cohort_of_any_size(trainees, client):
    one = crowd(trainees)
    line = one.lines[-1][0]
    session = f.TrainingSessionFactory(
        cohort=one.cohort, module=line.module, kind="assessment", starts_at=one.sessions[0].starts_at
    )
    client.force_login(one.coordinator)
    client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
    seen = Record.objects.filter(trainee=line.trainee, module=line.module).latest("pk").act.key
    where = reverse("trainees:result_mark", args=[line.trainee.uuid, one.program.slug, line.module.code])
    words = {"session": session.pk, "assessor": one.assessor.pk}
    got = []
    for kind in ("no_go", "go"):  # a new one, then its correction
        key = uuid.uuid4()
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(where, {"key": key, "seen": seen, "kind": kind, **words})
        assert answer.status_code == 200, answer.text
        got.append(len(asked))
        seen = key
    assert got == [COST] * 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("which", "cost"), [("plain", 10), ("without an assessor", 11), ("with steps", 12)])
def test_the_dearest_mark_asks_twelve_questions(which, cost, client, course):
    """Questions: without BEGIN and COMMIT, which ask nothing."""
    needed = 50 if which == "with steps" else None
    entry = f.EntryFactory(curriculum__program=course.program, curriculum__number=9, steps_needed=needed)
    steps = [
        f.do(lambda act, n=n: add(PerformanceStep(entry=entry, position=n, title=f"Step {n}"), act)) for n in (1, 2)
    ]
    f.publish(entry.curriculum)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=entry.curriculum, since=DAY)
    session = f.TrainingSessionFactory(cohort=course.cohort, module=entry.module, kind="assessment")
    staff = SessionStaff(session=session, instructor=course.assessor, duty="assessor")
    f.do(lambda act: add(staff, act))
    client.force_login(course.instructor)
    client.get(reverse("trainees:progress_rule"))
    words = {"key": uuid.uuid4(), "seen": "", "kind": "go", "session": session.pk, "assessor": course.assessor.pk}
    if which == "without an assessor":
        del words["assessor"]
    if which == "with steps":
        words |= {f"step_{act.made(PerformanceStep).pk}": "go" for act in steps}
    where = reverse("trainees:result_mark", args=[course.trainee.uuid, course.program.slug, entry.module.code])
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(where, words)
    assert answer.status_code == 200, answer.text
    questions = [one["sql"] for one in asked if one["sql"].split()[0] not in {"BEGIN", "COMMIT"}]
    assert len(questions) == cost
