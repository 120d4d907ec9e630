"""Marking the rest at once, and taking it back."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acts import add
from accounts.models import Act
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees import services
from trainees.models import Attendance, Excusal


def by(user):
    return {"user": user, "key": uuid.uuid4()}


@pytest.fixture
def three(course):
    """A third trainee, on leave on the day of the session."""
    third = f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="R-3").trainee
    day = course.session.starts_on
    leave = Excusal(trainee=third, program=course.program, kind="leave", since=day, until=day, reason="wedding")
    f.do(lambda act: add(leave, act))
    return third


def standing():
    return {one.trainee.roll_number: (one.status, one.reason) for one in Attendance.objects.all()}


def mark(course, trainee, status, user=None):
    now = Attendance.objects.filter(session=course.session, trainee=trainee).first()
    who = by(user or course.instructor)
    return services.mark_trainee(
        **who, session=course.session, trainee=trainee, status=status, seen=now.seen if now else ""
    )


def test_the_rest_touches_the_unmarked_only_and_excuses_those_who_are_excused(course, three):
    mark(course, course.trainee, "absent")
    act = services.mark_rest(**by(course.instructor), session=course.session)
    assert standing() == {"R-1": ("absent", ""), "R-2": ("present", ""), "R-3": ("excused", "on leave: wedding")}
    assert act.changes.count() == 2
    with pytest.raises(ValidationError, match="Everybody is marked already"):
        services.mark_rest(**by(course.instructor), session=course.session)


def test_an_excusal_of_other_days_excuses_nobody(course):
    day = datetime.timedelta(days=1)
    for since, until in (
        (course.session.starts_on + day, None),
        (course.cohort.starts_on, course.session.starts_on - day),
    ):
        row = Excusal(trainee=course.trainee, program=course.program, since=since, until=until)
        f.do(lambda act, row=row: add(row, act))
    services.mark_rest(**by(course.instructor), session=course.session)
    assert standing()["R-1"] == ("present", "")


def test_closing_excuses_those_excused_in_advance_and_still_asks_for_everybody_else(course, three):
    with pytest.raises(ValidationError, match="2 trainees are not marked yet: R-1 SOKIL, R-2 SOKIL"):
        services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    assert standing() == {}
    course.session.refresh_from_db()
    for one in (course.trainee, course.second):
        mark(course, one, "present")
    services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    assert standing()["R-3"] == ("excused", "on leave: wedding")


def test_the_rest_is_undone_but_for_what_was_changed_since(course, three):
    mark(course, course.trainee, "late")
    act = services.mark_rest(**by(course.instructor), session=course.session)
    mark(course, course.second, "absent")
    undone = services.undo(**by(course.instructor), act=act)
    assert (undone.rows, undone.kept) == (1, ("R-2 SOKIL",))
    assert standing() == {"R-1": ("late", ""), "R-2": ("absent", "")}
    assert Act.objects.get(undoes=act).changes.count() == 1


def test_what_was_cleared_since_stays_cleared_and_is_named(course):
    act = services.mark_rest(**by(course.instructor), session=course.session)
    mark(course, course.second, "")
    assert services.undo(**by(course.coordinator), act=act).kept == ("R-2 SOKIL",)
    assert standing() == {}


def test_marks_that_an_act_changed_say_again_what_they_said_before(course):
    """The way back is the same for what was changed as for what was made."""
    mark(course, course.trainee, "late")

    def change(act):
        Attendance.objects.update(act=act, status="absent", reason="all of them")

    act = f.do(change, user=course.instructor, kind="attendance.rest", scope=course.program.pk)
    assert services.undo(**by(course.instructor), act=act).rows == 1
    assert standing() == {"R-1": ("late", "")}


def test_an_act_is_undone_once_by_whoever_did_it_or_coordinates(course, acts):
    act = services.mark_rest(**by(course.instructor), session=course.session)
    nobodies = f.RoleFactory(program=course.program, kind="instructor").user, course.viewer, f.RoleFactory().user
    before = acts()
    for nobody in nobodies:
        with pytest.raises(PermissionDenied):
            services.undo(**by(nobody), act=act)
    assert acts() == before and len(standing()) == 2
    once = by(course.coordinator)
    assert services.undo(**once, act=act).rows == 2
    assert services.undo(**once, act=act).rows == 0  # sent twice
    with pytest.raises(ValidationError, match="coordinator has undone this already"):
        services.undo(**by(course.instructor), act=act)


def test_only_what_was_done_to_many_at_once_is_undone(course):
    act = mark(course, course.trainee, "late")
    with pytest.raises(ValidationError, match="cannot be undone"):
        services.undo(**by(course.instructor), act=act)


def test_a_closed_register_is_not_undone(course):
    act = services.mark_rest(**by(course.instructor), session=course.session)
    services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    with pytest.raises(ValidationError, match="Reopen it first"):
        services.undo(**by(course.instructor), act=act)
    assert len(standing()) == 2


# ---- on the page


@pytest.fixture
def where(course, client):
    client.force_login(course.instructor)
    return reverse("trainees:session_register", args=[course.session.pk])


def test_the_page_saves_what_is_ticked_marks_the_rest_and_offers_undo_on_any_device(course, three, where, client, fill):
    page = client.get(where).text
    assert "0 of 3 marked" in page and "on leave: wedding" in page
    sent = fill(where, **{f"m{course.trainee.pk}": "late"}, then="rest")
    for _twice in range(2):
        assert client.post(where, sent).url == where
    assert standing() == {"R-1": ("late", ""), "R-2": ("present", ""), "R-3": ("excused", "on leave: wedding")}
    act = Act.objects.get(kind="attendance.rest")
    undo = reverse("trainees:act_undo", args=[act.key])
    page = client.get(where).text
    assert "3 of 3 marked" in page and "The rest is marked." in page and undo in page
    assert 'value="rest" data-for-unmarked hidden' in page
    client.force_login(course.coordinator)
    assert undo in client.get(where).text
    client.force_login(f.RoleFactory(program=course.program, kind="instructor").user)
    assert undo not in client.get(where).text
    client.force_login(course.instructor)
    mark(course, course.second, "absent")
    answer = client.post(undo, {"key": uuid.uuid4(), "next": where})
    assert answer.url == where
    page = client.get(where).text
    assert "Undone for 1 trainee." in page and "left as it is: R-2 SOKIL." in page and undo not in page
    answer = client.post(undo, {"key": uuid.uuid4(), "next": "//elsewhere.example/"})
    assert answer.status_code == 422 and "instructor has undone this already." in answer.text


def test_the_way_on_after_undoing_is_ours(course, where, client):
    act = services.mark_rest(**by(course.instructor), session=course.session)
    undo = reverse("trainees:act_undo", args=[act.key])
    assert client.post(undo, {"key": uuid.uuid4(), "next": "//elsewhere.example/"}).url == "/"


def test_an_act_that_offers_no_undoing_has_no_such_page(course, where, client):
    act = mark(course, course.trainee, "late")
    assert client.post(reverse("trainees:act_undo", args=[act.key]), {"key": uuid.uuid4()}).status_code == 404


REGISTER = {"page": 9, "rest": {"sqlite": 18, "postgresql": 19}}  # session and user among them


@pytest.mark.parametrize("trainees", [1, 100])  # SQLite takes 199 marks in one statement
def test_the_register_costs_the_same_for_any_number_of_trainees(trainees, client, db):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    session = f.TrainingSessionFactory(cohort=one.cohort, module=one.entries[0].module)
    where = reverse("trainees:session_register", args=[session.pk])
    client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
    got = {}
    with CaptureQueriesContext(connection) as asked:
        form = client.get(where).context["form"]
    got["page"] = len(asked)
    words = {"key": uuid.uuid4(), "seen": form["seen"].value(), "then": "rest"}
    with CaptureQueriesContext(connection) as asked:
        assert client.post(where, words).status_code == 302
    got["rest"] = len(asked)
    assert got == REGISTER | {"rest": REGISTER["rest"][connection.vendor]}
    assert session.attendance.count() == trainees
