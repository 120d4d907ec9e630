"""Single marks of attendance, as the page's script sends them: one act each, never twice, never over somebody else's."""

import datetime
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as f
from tests.trainees.crowd import crowd
from trainees import services
from trainees.models import Attendance, Trainee

FORGED = "5f0c1b1e-7b0e-4c55-9d6a-0f3a5c1d2e4b"
pytestmark = pytest.mark.django_db
COSTS = {"sqlite": 10, "postgresql": 11}  # session and user among them; PostgreSQL tells the trail who acts


@pytest.fixture
def mark(course, client):
    """Send one mark of R-1 as an instructor does: `mark("late", seen=..., reason=...)`; gives the answer."""
    client.force_login(course.instructor)

    def send(status, *, who=None, session=None, **words):
        words = {"key": uuid.uuid4(), "seen": "", "status": status, "reason": ""} | words
        words = {name: value for name, value in words.items() if value is not None}
        where = reverse("trainees:attendance_mark", args=[(session or course.session).pk, (who or course.trainee).uuid])
        return client.post(where, words, headers={"Accept": "application/json"})

    return send


def standing():
    return {one.trainee.roll_number: (one.status, one.reason) for one in Attendance.objects.all()}


def test_a_mark_is_written_and_its_answer_says_what_the_next_one_carries(course, mark):
    key = uuid.uuid4()
    answer = mark("late", key=key, reason="bus")
    said = answer.json()
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert said["seen"] == str(key) and (said["value"], said["words"], said["note"]) == ("late", "late", "")
    at = Attendance.objects.get().act.at.astimezone(datetime.timezone(datetime.timedelta(0)))
    assert said["at"].endswith(f":{at:%M}")
    assert standing() == {"R-1": ("late", "bus")}
    assert mark("present", seen=said["seen"]).status_code == 200
    assert standing() == {"R-1": ("present", "")}


def test_the_same_key_again_gives_the_same_answer_and_writes_nothing(mark, acts):
    sent = {"status": "absent", "key": uuid.uuid4()}
    first, before = mark(**sent).json(), acts()
    assert mark(**sent).json() == first and acts() == before
    assert mark("present", key=sent["key"]).status_code == 409
    assert standing() == {"R-1": ("absent", "")}


def test_a_row_of_marks_sent_blind_is_never_refused_also_over_a_cleared_one(mark, acts):
    keys, seen = [uuid.uuid4() for _ in range(6)], ""
    for key, status in zip(keys, ["present", "", "late", "", "", "absent"], strict=True):
        assert mark(status, key=key, seen=seen).status_code == 200
        seen = key
    assert standing() == {"R-1": ("absent", "")}
    assert Attendance.objects.get().seen == str(keys[-1])


def test_a_cleared_mark_is_no_mark(course, mark):
    first = mark("present").json()
    said = mark("", seen=first["seen"]).json()
    assert (said["value"], said["words"]) == ("", "not marked") and said["seen"] != first["seen"]
    assert not Attendance.objects.exists()
    assert mark("late", seen="").status_code == 200  # whoever loads the page now has seen that nothing stands


@pytest.mark.parametrize("seen", [None, "", "x", FORGED, "other"])
def test_a_mark_that_has_not_seen_what_stands_is_refused_and_told_what_stands(seen, course, mark, client):
    theirs = mark("absent", reason="unknown").json()
    client.force_login(course.coordinator)
    other = mark("present", who=course.second).json()
    answer = mark("present", seen=other["seen"] if seen == "other" else seen)
    assert answer.status_code == 409 and standing()["R-1"] == ("absent", "unknown")
    told = answer.json()
    assert "Somebody else changed this" in told["message"]
    at = theirs["at"]
    assert told["theirs"] == {
        "seen": theirs["seen"], "value": "absent", "words": "absent", "by": "instructor", "at": at, "reason": "unknown",
    }  # fmt: skip
    assert mark("present", seen=told["theirs"]["seen"]).status_code == 200


@pytest.mark.parametrize("seen", [None, "x", FORGED, "the mark", "somebody's clearing"])
def test_where_nothing_stands_only_nothing_and_its_own_clearing_count_as_seen(seen, course, mark, client):
    first = mark("present").json()
    client.force_login(course.coordinator)
    mark("", seen=first["seen"])
    other = mark("present", who=course.second).json()
    elsewhere = mark("", who=course.second, seen=other["seen"]).json()
    seen = {"the mark": first["seen"], "somebody's clearing": elsewhere["seen"]}.get(seen, seen)
    answer = mark("late", seen=seen)
    assert answer.status_code == 409 and not Attendance.objects.exists()
    told = answer.json()["theirs"]
    assert (told["seen"], told["value"], told["words"], told["by"]) == ("", "", "not marked", "coordinator")


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ({"status": "asleep"}, "status", "not one of the available choices"),
        ({"status": "late", "reason": "x" * 201}, "reason", "at most 200"),
        ({"status": "late", "key": "x"}, "key", "UUID"),
        ({"status": "late", "key": None}, "key", "Fill in"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_in_words_by_field(sent, field, told, mark, acts):
    before = acts()
    answer = mark(**sent)
    assert answer.status_code == 422 and told in answer.json()["errors"][field][0]
    assert acts() == before and not Attendance.objects.exists()


def test_nobody_is_marked_who_is_not_expected_or_whom_one_may_not_know(course, mark):
    placed_elsewhere = f.EnrolmentFactory(cohort=course.other).trainee
    answer = mark("present", who=placed_elsewhere)
    assert answer.status_code == 422 and "not on the roster" in answer.json()["errors"][""][0]
    assert mark("present", who=f.EnrolmentFactory().trainee).status_code == 404
    assert not Attendance.objects.exists()


def test_a_closed_register_takes_no_marks(course, mark):
    seen = {one.pk: mark("present", who=one).json()["seen"] for one in (course.trainee, course.second)}
    services.close_register(user=course.instructor, key=uuid.uuid4(), session=course.session, seen=course.session.seen)
    for status in ("late", ""):
        answer = mark(status, seen=seen[course.trainee.pk])
        assert answer.status_code == 422 and "Reopen it first." in answer.json()["errors"][""][0]
    assert set(standing().values()) == {("present", "")}


def test_whoever_only_reads_marks_nobody(course, mark, client):
    client.force_login(course.viewer)
    assert mark("present").status_code == 403 and not Attendance.objects.exists()


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_a_mark_costs_the_same_in_any_register(trainees, client):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    session = f.TrainingSessionFactory(cohort=one.cohort, module=one.entries[0].module)
    f.do(lambda act: session.audience.create(act=act, group=one.groups[0]))
    who = Trainee.objects.get(pk=one.trainees[0].pk)
    where = reverse("trainees:attendance_mark", args=[session.pk, who.uuid])
    client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
    seen, got = "", {}
    for what, status in (("new", "present"), ("changed", "late"), ("cleared", ""), ("after", "absent")):
        words = {"key": uuid.uuid4(), "seen": seen, "status": status, "reason": "bus" if status == "late" else ""}
        with CaptureQueriesContext(connection) as asked:
            answer = client.post(where, words)
        assert answer.status_code == 200
        got[what], seen = len(asked), answer.json()["seen"]
    assert set(got.values()) == {COSTS[connection.vendor]}, got
