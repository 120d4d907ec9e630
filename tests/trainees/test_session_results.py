"""The result sheet of a session: what it shows, and the same page as one form."""

import datetime
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.models import PerformanceStep
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees.models import Attendance, Record, SessionStaff, TrainingSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(course, client):
    """The first module's assessment with both trainees there, led by the assessor; its address."""
    write(course.session, kind="assessment")
    f.do(lambda act: SessionStaff.objects.create(act=act, session=course.session, instructor=course.assessor))
    for one in (course.trainee, course.second):
        attend(course, one, "present")
    client.force_login(course.instructor)
    return reverse("trainees:session_results", args=[course.session.pk])


def write(row, **values):
    """Change a row behind the services' back."""
    f.do(lambda act: type(row).objects.filter(pk=row.pk).update(act=act, **values))


def attend(course, trainee, status):
    of = {"session": course.session, "trainee": trainee}
    f.do(lambda act: Attendance.objects.update_or_create(**of, defaults={"act": act, "status": status}))


def entered(course):
    """Kind by roll number, of what nothing voids."""
    rows = Record.objects.filter(voided_by=None).exclude(kind="void").order_by("pk")
    return [(one.trainee.roll_number, one.kind) for one in rows.select_related("trainee")]


def test_the_form_writes_what_was_changed_in_one_act(sheet, course, send, acts):
    before = acts()
    answer = send(sheet, **{f"kind_{course.trainee.pk}": "go", f"kind_{course.second.pk}": "no_go"})
    assert (answer.status_code, answer.url) == (302, sheet)
    assert entered(course) == [("R-1", "go"), ("R-2", "no_go")]
    assert acts() == before + 1
    assert {one.assessor for one in Record.objects.all()} == {course.assessor}


def test_what_was_not_changed_is_not_written_again(sheet, course, send):
    send(sheet, **{f"kind_{course.trainee.pk}": "go"})
    send(sheet, **{f"kind_{course.second.pk}": "no_go"})
    send(sheet, **{f"kind_{course.trainee.pk}": ""})
    assert entered(course) == [("R-2", "no_go")]
    assert Record.objects.count() == 3


def test_what_is_refused_stands_beside_its_field_and_nothing_is_written(sheet, course, send):
    answer = send(sheet, **{f"kind_{course.trainee.pk}": "go", f"kind_{course.second.pk}": "not_assessed"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [f"reason_{course.second.pk}"]
    assert not Record.objects.exists()


def test_whoever_was_overtaken_sees_both_and_loses_nothing(sheet, course, client, fill):
    mine = fill(sheet, **{f"kind_{course.trainee.pk}": "go"})
    theirs = fill(sheet, **{f"kind_{course.trainee.pk}": "no_go", f"kind_{course.second.pk}": "no_go"})
    client.post(sheet, theirs)
    answer = client.post(sheet, mine)
    assert answer.status_code == 409
    assert [(one.label, one.now) for one in answer.context["differences"]] == [(str(course.trainee), "NO-GO")]
    form = answer.context["form"]
    assert form[f"kind_{course.second.pk}"].value() == "no_go"  # which nobody here had touched
    again = {name: form[name].value() or "" for name in form.fields}
    assert client.post(sheet, again).status_code == 302
    assert entered(course) == [("R-2", "no_go"), ("R-1", "go")]


def test_what_a_script_has_saved_since_the_page_was_made_is_no_conflict(sheet, course, client, fill):
    page = fill(sheet, **{f"kind_{course.trainee.pk}": "go", f"kind_{course.second.pk}": "no_go"})
    for one, kind in ((course.trainee, "go"), (course.second, "no_go")):
        where = reverse("trainees:result_mark", args=[one.uuid, "trd", "MED"])
        words = {"key": uuid.uuid4(), "seen": "", "kind": kind, "session": course.session.pk}
        assert client.post(where, words).status_code == 200
    assert client.post(sheet, page | {"then": "close"}).status_code == 302
    assert Record.objects.count() == 2
    course.session.refresh_from_db()
    assert course.session.results_closed_at is not None


def test_it_shows_attempts_earlier_results_and_who_was_not_there(sheet, course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go", holds_from=datetime.date(2023, 8, 8))
    attend(course, course.second, "absent")
    page = client.get(sheet)
    row = page.context["form"].here[0]
    assert (row.line.note, row.line.earlier) == ("attempt 2", ["NO-GO 8 Aug 2023"])
    assert [one.line.trainee for one in page.context["form"].away] == [course.second]
    assert "1 not there" in page.text


def test_a_missing_prerequisite_and_an_expired_pass_are_marked(sheet, course, client):
    draft = f.CurriculumFactory(program=course.program)
    first = f.EntryFactory(curriculum=draft, module=course.module, position=1)
    f.link_prerequisite(first, f.EntryFactory(curriculum=draft, module=course.scored.module, position=2))
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=datetime.date(2023, 8, 10))
    f.RecordFactory(
        trainee=course.second, entry=course.entry, holds_from=datetime.date(2023, 8, 7), holds_until="2023-08-09"
    )
    first, second = client.get(sheet).context["form"].here
    assert (first.line.missing, first.line.note) == (["RNG"], "attempt 1")
    assert second.line.note == "attempt 2, recertification"


def test_the_pass_mark_is_shown_and_a_score_is_taken(course, client, send, sheet):
    session = f.TrainingSessionFactory(cohort=course.cohort, module=course.scored.module, kind="assessment")
    where = reverse("trainees:session_results", args=[session.pk])
    assert "pass mark 70" in client.get(where).text
    words = {f"kind_{course.trainee.pk}": "go", "assessor": course.assessor.pk}
    assert list(send(where, **words).context["form"].errors) == [f"score_{course.trainee.pk}"]
    assert send(where, **words, **{f"score_{course.trainee.pk}": "82.5"}).status_code == 302
    assert client.get(where).context["form"].here[0].score == "82.5"


@pytest.fixture
def checklist(course, sheet, client):
    """The cohort follows a curriculum whose first module has three steps, the first critical: GO from two of three."""
    draft = f.CurriculumFactory(program=course.program)
    entry = f.EntryFactory(curriculum=draft, module=course.module, position=1, steps_needed=60)

    def steps(act):
        for n, title in enumerate(["tourniquet", "airway", "report"]):
            PerformanceStep.objects.create(act=act, entry=entry, position=n, title=title, critical=n == 0)

    f.do(steps)
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=datetime.date(2023, 8, 10))
    return [step.pk for step in PerformanceStep.objects.order_by("position")]


@pytest.mark.parametrize(
    ("steps", "kind", "refused"),
    [
        (["go", "go", "go"], "go", False),
        (["go", "no_go", "go"], "go", False),
        (["go", "no_go", "no_go"], "go", True),
        (["go", "no_go", "no_go"], "no_go", False),
        (["no_go", "go", "go"], "go", True),
        (["no_go", "go", "go"], "no_go", False),
        (["go", "go", "go"], "no_go", True),
        (["go", "go", ""], "go", True),
        (["", "", ""], "no_go", True),
    ],
)
def test_the_result_follows_from_the_steps(steps, kind, refused, checklist, sheet, course, send):
    pk = course.trainee.pk
    words = {f"step_{pk}_{step}": value for step, value in zip(checklist, steps, strict=True)}
    answer = send(sheet, **words, **{f"kind_{pk}": kind})
    assert answer.status_code == (422 if refused else 302)
    if refused:
        assert list(answer.context["form"].errors) == [f"kind_{pk}"]
    else:
        marks = Record.objects.get().step_marks.order_by("step__position").values_list("passed", flat=True)
        assert list(marks) == [value == "go" for value in steps]


def test_steps_come_back_as_they_were_marked(checklist, sheet, course, send, client):
    pk = course.trainee.pk
    words = {f"step_{pk}_{step}": "go" for step in checklist}
    send(sheet, **words, **{f"kind_{pk}": "go"})
    assert [one.value for one in client.get(sheet).context["form"].here[0].steps] == ["go"] * 3


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_the_sheet_asks_the_database_the_same_for_any_number_of_trainees(trainees, client):
    one = crowd(trainees)
    session = one.sessions[0]
    f.do(lambda act: TrainingSession.objects.filter(pk=session.pk).update(act=act, kind="assessment"))
    client.force_login(one.coordinator)
    where = reverse("trainees:session_results", args=[session.pk])
    client.get(where)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(where).status_code == 200
    assert len(asked) == 13
