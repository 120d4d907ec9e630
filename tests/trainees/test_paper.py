"""Printed sheets: a number, the lines as printed, the totals of the paper, and back."""

import uuid
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.acts import add
from programs.models import PerformanceStep
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees import services
from trainees.models import Attendance, Record, Sheet, TrainingSession
from trainees.services.results import Mark, Place

pytestmark = pytest.mark.django_db


def session_of(course, **more):
    return f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment", **more)


def printed(course, kind="results", session=None):
    session = session or session_of(course)
    return services.print_sheet(user=course.instructor, key=uuid.uuid4(), session=session, kind=kind)


def page(name, sheet):
    return reverse(f"trainees:sheet_{name}", args=[sheet.pk])


def standing(sheet):
    if sheet.kind == "register":
        return dict(Attendance.objects.filter(session=sheet.session).values_list("trainee__roll_number", "status"))
    rows = Record.objects.filter(session=sheet.session, voided_by=None)
    return {row.trainee.roll_number: (row.kind, row.score, row.sheet_id) for row in rows.select_related("trainee")}


def test_a_sheet_is_printed_with_a_number_its_lines_and_a_square_code_that_leads_back(course, client, send):
    client.force_login(course.instructor)
    session = session_of(course)
    answer = send(reverse("trainees:sheet_create", args=[session.pk]), kind="results")
    sheet = Sheet.objects.get()
    assert answer.url == page("detail", sheet)
    assert [row.trainee for row in sheet.rows.all()] == [course.trainee, course.second]
    shown = client.get(answer.url).content.decode()
    assert f"{sheet.pk:04}" in shown and '<svg width="' in shown and "☐" in shown and "☒" not in shown


def test_pressing_twice_makes_one_sheet(course):
    session, key = session_of(course), uuid.uuid4()
    first, again = (
        services.print_sheet(user=course.instructor, key=key, session=session, kind="register") for _ in range(2)
    )
    assert first == again and Sheet.objects.count() == 1


def test_only_an_assessment_has_a_result_sheet(course, client):
    client.force_login(course.instructor)
    address = reverse("trainees:sheet_create", args=[course.session.pk])
    assert [value for value, _words in client.get(address).context["form"].fields["kind"].choices] == ["register"]
    assert client.post(address, {"key": uuid.uuid4(), "kind": "results"}).status_code == 422
    with pytest.raises(Exception, match="assessment or retake"):
        printed(course, session=course.session)


@pytest.fixture
def checked(course):
    """A sheet for one trainee, whose result follows from three steps, the first critical: GO from 60 % of them."""
    curriculum = f.CurriculumFactory(program=course.program)
    entry = f.EntryFactory(curriculum=curriculum, position=1, module=course.module, steps_needed=60)
    for position, title in enumerate(("tourniquet", "airway", "report"), 1):
        step = PerformanceStep(entry=entry, position=position, title=title, critical=position == 1)
        f.do(lambda act, step=step: add(step, act))
    f.publish(curriculum)
    cohort = f.CohortFactory(program=course.program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    trainee = f.EnrolmentFactory(cohort=cohort, trainee__roll_number="R-9").trainee
    session = f.TrainingSessionFactory(cohort=cohort, module=course.module, kind="assessment")
    return printed(course, session=session), trainee


def from_steps(course, trainee, letters, kind="go", **more):
    totals = {f"total_{one}": int(one == kind) for one in ("go", "no_go", "not_assessed")}
    return {"assessor": course.assessor.pk, f"kind_{trainee.pk}": kind, f"steps_{trainee.pk}": letters} | totals | more


def test_a_sheet_has_a_box_for_each_step_and_says_what_go_needs(course, checked, client, send):
    sheet, trainee = checked
    client.force_login(course.instructor)
    shown = client.get(page("detail", sheet)).text
    assert "tourniquet <b>(critical)</b>" in shown and "GO needs 60 % of the steps, and every critical one." in shown
    assert shown.count('<td class="box step"></td>') == 2 * 3  # of the line, and below it
    send(page("enter", sheet), **from_steps(course, trainee, "GNG"))
    filled = client.get(page("detail", sheet) + "?filled=1").text
    assert [f'<td class="box step">{letter}</td>' in filled for letter in "GN"] == [True, True]


@pytest.mark.parametrize(
    ("letters", "kind"), [("ggn", "go"), ("G N G", "go"), ("NGG", "no_go"), ("GNN", "no_go"), ("", "not_assessed")]
)
def test_steps_from_paper_are_recorded_with_the_result_that_follows_from_them(
    course, checked, client, send, letters, kind
):
    sheet, trainee = checked
    client.force_login(course.instructor)
    typed = from_steps(course, trainee, letters, kind, **{f"reason_{trainee.pk}": "Left early"})
    assert send(page("enter", sheet), **typed).status_code == 302
    assert standing(sheet) == {"R-9": (kind, None, sheet.pk)}
    marked = Record.objects.get().step_marks.order_by("step__position").values_list("passed", flat=True)
    assert "".join("G" if passed else "N" for passed in marked) == letters.upper().replace(" ", "")


@pytest.mark.parametrize(
    ("letters", "kind", "words"),
    [
        ("GG", "go", "one letter for each of the 3 steps"),
        ("GGX", "go", "one letter for each of the 3 steps"),
        ("", "go", "step"),  # it follows from them
        ("NGG", "go", "critical"),
        ("GGG", "no_go", "steps"),
    ],
)
def test_steps_that_are_not_all_there_or_make_it_another_result_save_nothing(
    course, checked, client, send, letters, kind, words
):
    sheet, trainee = checked
    client.force_login(course.instructor)
    answer = send(page("enter", sheet), **from_steps(course, trainee, letters, kind))
    assert answer.status_code == 422 and not Record.objects.exists()
    assert words in "".join(text for texts in answer.context["form"].errors.values() for text in texts)


def test_a_line_that_only_differs_in_a_step_is_recorded_anew(course, checked, client, send):
    sheet, trainee = checked
    client.force_login(course.instructor)
    at = Place(course.program, course.module, sheet.session, assessor=course.assessor.pk)
    first, second, third = PerformanceStep.objects.order_by("position")
    steps = {first.pk: True, second.pk: True, third.pk: False}
    services.mark_result(
        user=course.instructor, key=uuid.uuid4(), trainee=trainee, at=at, mark=Mark("go", "", steps=steps)
    )
    assert client.get(page("enter", sheet)).context["form"][f"steps_{trainee.pk}"].value() == "GGN"
    assert send(page("enter", sheet), **from_steps(course, trainee, "GNG")).status_code == 302
    marked = Record.objects.get(sheet=sheet.pk, kind="go").step_marks.order_by("step__position")
    assert [one.passed for one in marked] == [True, False, True]


def test_whoever_the_session_is_not_for_any_more_is_named_when_their_line_is_entered(course, client, send):
    sheet = printed(course, "register", course.session)
    session = TrainingSession.objects.get(pk=course.session.pk)
    services.update_session(
        user=course.coordinator, key=uuid.uuid4(), session=session, seen=session.seen, audience=[course.trainee]
    )
    client.force_login(course.instructor)
    words = {f"kind_{one.pk}": "present" for one in (course.trainee, course.second)}
    totals = {"total_present": 2, "total_late": 0, "total_excused": 0, "total_absent": 0}
    answer = send(page("enter", sheet), **words, **totals)
    assert answer.status_code == 422 and standing(sheet) == {}
    assert f"{course.second}: not on the roster of this session." in answer.content.decode()


def test_a_filled_sheet_shows_what_stands(course, client):
    sheet = printed(course, "register")
    marks = {course.second.pk: ("late", "bus")}
    services.mark_attendance(user=course.instructor, key=uuid.uuid4(), session=sheet.session, marks=marks, seen={})
    client.force_login(course.viewer)
    shown = client.get(page("detail", sheet) + "?filled=1").content.decode()
    assert shown.count("☒") == 1 and "bus" in shown


def test_a_register_that_comes_back_is_entered_whole(course, client, send):
    sheet = printed(course, "register")
    client.force_login(course.instructor)
    words = {
        f"kind_{course.trainee.pk}": "present",
        f"kind_{course.second.pk}": "absent",
        f"reason_{course.second.pk}": "unknown",
    }
    totals = {"total_present": 1, "total_late": 0, "total_excused": 0, "total_absent": 1}
    answer = send(page("enter", sheet), **words, **totals)
    assert answer.status_code == 302
    assert standing(sheet) == {"R-1": "present", "R-2": "absent"}
    sheet.refresh_from_db()
    assert sheet.returned_at is not None
    assert client.get(page("enter", sheet)).url == page("detail", sheet)


def test_totals_that_disagree_with_the_lines_save_nothing_and_say_what_differs(course, client, send, acts):
    sheet = printed(course, "register")
    client.force_login(course.instructor)
    before = acts()
    totals = {"total_present": 2, "total_late": 0, "total_excused": 0, "total_absent": 0}
    answer = send(page("enter", sheet), **{f"kind_{course.trainee.pk}": "present"}, **totals)
    assert answer.status_code == 422 and acts() == before and standing(sheet) == {}
    shown = answer.content.decode()
    assert "You entered 1, the paper says 2." in shown
    assert answer.context["form"][f"kind_{course.trainee.pk}"].value() == "present"


def on_the_tablet(course, sheet, kind):
    at = Place(course.program, course.module, sheet.session, assessor=course.assessor.pk)
    services.mark_result(user=course.instructor, key=uuid.uuid4(), trainee=course.trainee, at=at, mark=Mark(kind, ""))


def results(course, first="go", second="no_go", **more):
    totals = {f"total_{kind}": [first, second].count(kind) for kind in ("go", "no_go", "not_assessed")}
    marks = {f"kind_{course.trainee.pk}": first, f"kind_{course.second.pk}": second}
    return {"assessor": course.assessor.pk} | marks | totals | more


def test_results_from_paper_carry_the_sheet_and_the_assessor_who_signed(course, client, send):
    sheet = printed(course)
    client.force_login(course.coordinator)  # a clerk types what somebody else has judged
    assert send(page("enter", sheet), **results(course)).status_code == 302
    assert standing(sheet) == {"R-1": ("go", None, sheet.pk), "R-2": ("no_go", None, sheet.pk)}
    assert set(Record.objects.values_list("assessor", "act__user")) == {(course.assessor.pk, course.coordinator.pk)}
    assert Record.objects.values("act").distinct().count() == 1


def test_one_line_that_is_refused_is_named_and_nothing_is_saved(course, client, send):
    sheet = printed(course)
    client.force_login(course.instructor)
    answer = send(page("enter", sheet), **results(course, second="not_assessed"))
    assert answer.status_code == 422 and standing(sheet) == {}
    assert "Say why it could not be assessed." in answer.content.decode()


def test_what_stands_there_already_as_the_paper_says_is_left_alone(course, client, send):
    sheet = printed(course)
    on_the_tablet(course, sheet, "go")
    client.force_login(course.instructor)
    assert send(page("enter", sheet), **results(course)).status_code == 302
    assert Record.objects.filter(trainee=course.trainee).count() == 1


def test_what_somebody_marked_meanwhile_is_told_and_sent_again_takes_its_place(course, client, fill):
    sheet = printed(course)
    client.force_login(course.instructor)
    typed = fill(page("enter", sheet), **results(course))
    on_the_tablet(course, sheet, "no_go")
    answer = client.post(page("enter", sheet), typed)
    assert answer.status_code == 409 and standing(sheet) == {"R-1": ("no_go", None, None)}
    assert "R-1 SOKIL" in answer.content.decode() and "NO-GO" in answer.content.decode()
    again = answer.context["form"]
    sent = {name: again[name].value() for name in again.fields if again[name].value() is not None}
    assert client.post(page("enter", sheet), sent).status_code == 302
    assert standing(sheet)["R-1"] == ("go", None, sheet.pk)


def test_a_sheet_is_entered_once(course, client, send):
    sheet = printed(course)
    client.force_login(course.instructor)
    typed = {"key": uuid.uuid4(), "seen": sheet.seen} | results(course)
    assert client.post(page("enter", sheet), typed).status_code == 302
    assert client.post(page("enter", sheet), typed).status_code == 302  # the same once more, after a lost answer
    assert client.post(page("enter", sheet), typed | {"key": uuid.uuid4()}).status_code in {409, 422}
    assert Record.objects.count() == 2


def test_sheets_that_have_not_come_back_are_listed_and_opened_by_their_number(course, client, send):
    here, back, lost = printed(course), printed(course), printed(course)
    client.force_login(course.instructor)
    send(page("enter", back), **results(course))
    send(page("lose", lost), reason="Fell into the fjord")
    address = reverse("trainees:sheet_list")
    listed = {state: set(client.get(address, {"state": state}).context["page"]) for state in ("out", "back", "lost")}
    assert listed == {"out": {here}, "back": {back}, "lost": {lost}}
    assert client.get(address, {"number": f"0{here.pk}"}).url == page("enter", here)
    assert "no such sheet" in client.get(address, {"number": "999999"}).content.decode()
    assert client.get(address, {"number": "x"}).status_code == 422


def test_whoever_only_reads_is_led_to_the_sheet_and_not_to_entering_it(course, client):
    sheet, address = printed(course), reverse("trainees:sheet_list")
    client.force_login(course.viewer)
    assert page("enter", sheet) not in client.get(address).text
    assert client.get(address, {"number": sheet.pk}).url == sheet.get_absolute_url()


def test_the_list_of_sheets_tells_the_time_of_the_program(course, client):
    sheet = printed(course)
    client.force_login(course.instructor)
    told = timezone.localtime(sheet.act.at, zoneinfo.ZoneInfo(course.program.time_zone)).strftime("%H:%M")
    assert f"{told}, instructor" in client.get(reverse("trainees:sheet_list")).text


def test_a_session_leads_to_a_sheet_for_it_and_the_first_page_to_all_of_them(course, client):
    for user, leads in ((course.instructor, True), (course.viewer, False)):
        client.force_login(user)
        session, home = client.get(course.session.get_absolute_url()).text, client.get("/").text
        assert (reverse("trainees:sheet_create", args=[course.session.pk]) in session) == leads
        assert (reverse("trainees:sheet_list") in home) == leads


def test_a_lost_sheet_that_turns_up_is_entered_all_the_same(course, client, send):
    sheet = printed(course)
    client.force_login(course.instructor)
    send(page("lose", sheet), reason="Fell into the fjord")
    assert send(page("enter", sheet), **results(course)).status_code == 302
    sheet.refresh_from_db()
    assert (sheet.lost_reason, bool(sheet.returned_at)) == ("", True)


def test_sheets_of_another_program_do_not_exist(course, client):
    sheet = printed(course)
    client.force_login(f.RoleFactory().user)
    for name in ("detail", "enter", "lose"):
        assert client.get(page(name, sheet)).status_code == 404
    address = reverse("trainees:sheet_list")
    assert not client.get(address, {"state": "all"}).context["page"].object_list
    assert "no such sheet" in client.get(address, {"number": str(sheet.pk)}).content.decode()


@pytest.mark.parametrize("trainees", [3, 30])
def test_pages_of_a_sheet_cost_the_same_at_any_length(trainees, client):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    session = f.TrainingSessionFactory(cohort=one.cohort, module=one.entries[0].module, kind="assessment")
    sheet = services.print_sheet(user=one.coordinator, key=uuid.uuid4(), session=session, kind="results")
    client.get(reverse("trainees:progress_rule"))
    costs = {}
    for name in ("detail", "enter"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(page(name, sheet)).status_code == 200
        costs[name] = len(queries)
    assert costs == {"detail": 8, "enter": 9}
