"""Recording through the pages: results, corrections, voids, credits, exemptions."""

import datetime
import uuid

import pytest
from django.urls import reverse

from programs.access import EVERYBODY
from tests import factories as f
from trainees.models import Record
from trainees.selectors.progress import cohort_view


@pytest.fixture(autouse=True)
def signed_in(course, client):
    client.force_login(course.instructor)


@pytest.fixture
def at(course):
    def address(name, entry=None):
        module = (entry or course.entry).module
        return reverse(f"trainees:{name}", args=[course.trainee.uuid, course.program.slug, module.code])

    return address


@pytest.fixture
def go(course):
    return f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)


@pytest.fixture
def words(course):
    return {"kind": "go", "assessed_on": "2023-08-12", "assessor": course.assessor.pk}


def coverage(course):
    return cohort_view(course.cohort, EVERYBODY).progress.coverage


@pytest.mark.parametrize(("kind", "satisfied"), [("go", 1), ("no_go", 0)])
def test_a_result_is_recorded_and_counts(kind, satisfied, course, at, words, send):
    answer = send(at("record_create"), **words | {"kind": kind})
    assert answer.status_code == 302 and answer.url == at("cell")
    record = Record.objects.get()
    assert (record.kind, record.holds_from, record.act.user) == (kind, datetime.date(2023, 8, 12), course.instructor)
    assert coverage(course) == (satisfied, 2)


def test_what_was_not_assessed_needs_a_reason_and_no_assessor(course, at, send):
    sent = {"kind": "not_assessed", "assessed_on": "2023-08-12"}
    answer = send(at("record_create"), **sent)
    assert answer.status_code == 422 and "Say why it could not be assessed." in answer.text
    assert send(at("record_create"), **sent, reason="ill").status_code == 302
    assert Record.objects.get().reason == "ill"


def test_a_retake_follows_what_failed(course, at, words, send, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor, kind="no_go")
    assert send(at("record_create"), **words).status_code == 302
    assert coverage(course) == (1, 2)
    assert "decides" in client.get(at("cell")).text and Record.objects.count() == 2


def test_the_same_form_sent_twice_makes_one_record(at, words, fill, client, acts):
    sent = fill(at("record_create"), **words)
    assert client.post(at("record_create"), sent).status_code == 302
    before = acts()
    assert client.post(at("record_create"), sent).status_code == 302
    assert Record.objects.count() == 1 and acts() == before


def test_the_same_key_with_other_words_is_refused(at, words, fill, client):
    sent = fill(at("record_create"), **words)
    client.post(at("record_create"), sent)
    answer = client.post(at("record_create"), sent | {"kind": "no_go"})
    assert answer.status_code == 409 and Record.objects.get().kind == "go"


def test_a_form_overtaken_keeps_what_was_entered_and_can_be_sent_again(course, at, words, fill, client):
    sent = fill(at("record_create"), **words, at_time="10:30", reason="typed on the range")
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor, kind="no_go")
    answer = client.post(at("record_create"), sent)
    assert answer.status_code == 409 and "Somebody else changed this" in answer.text
    assert "typed on the range" in answer.text and 'value="10:30"' in answer.text and Record.objects.count() == 1
    form = answer.context["form"]
    again = sent | {name: form[name].value() for name in ("key", "seen")}
    assert client.post(at("record_create"), again).status_code == 302
    assert [one.kind for one in Record.objects.order_by("pk")] == ["no_go", "go"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"assessed_on": "2100-01-01"}, "not come yet|no place"),
        ({"assessed_on": "2023-08-01"}, "not on the roster"),
        ({"assessor": ""}, "Name the assessor."),
        ({"kind": "credit"}, "credit is not one of"),
        ({"recertification": "on"}, "no earlier pass"),
    ],
)
def test_what_cannot_be_is_refused_in_words(wrong, told, at, words, send):
    answer = send(at("record_create"), **words | wrong)
    assert answer.status_code == 422 and any(one in answer.text for one in told.split("|"))
    assert not Record.objects.exists()


def test_a_round_pass_mark_is_told_as_people_write_it(course, at, words, send, client):
    assert "Pass mark 70." in client.get(at("record_create", course.scored)).text
    assert "at least 70." in send(at("record_create", course.scored), **words, score="69").text


@pytest.mark.parametrize(("score", "status"), [("", 422), ("69.99", 422), ("70", 302), ("100.01", 422), ("x", 422)])
def test_a_go_needs_the_pass_mark(score, status, course, at, words, send):
    assert send(at("record_create", course.scored), **words, score=score).status_code == status


def test_a_correction_opens_with_what_stands_there_and_takes_its_place(course, at, go, words, send, client):
    where = at("record_create") + f"?voids={go.pk}"
    form = client.get(where).context["form"]
    assert form["kind"].value() == "go" and form["assessor"].value() == course.assessor.pk
    answer = send(where, **words | {"kind": "no_go"})
    assert answer.status_code == 422 and "Say what was wrong." in answer.text
    assert send(where, **words | {"kind": "no_go"}, reason="wrong row").status_code == 302
    right = Record.objects.latest("pk")
    assert (right.voids, right.kind, right.reason) == (go, "no_go", "wrong row") and coverage(course) == (0, 2)


def test_somebody_else_s_record_is_not_corrected_here(course, at, client):
    theirs = f.RecordFactory(trainee=course.second, entry=course.entry, assessor=course.assessor)
    assert client.get(at("record_create") + f"?voids={theirs.pk}").status_code == 404


def test_a_void_needs_a_reason_and_stays_visible(course, at, go, send, client):
    where = reverse("trainees:record_void", args=[go.pk])
    assert send(where, reason=" ").status_code == 422
    answer = send(where, reason="wrong person")
    assert answer.url == at("cell") and coverage(course) == (0, 2)
    text = client.get(at("cell")).text
    assert "<s>GO</s>" in text and "wrong person" in text


def test_nothing_is_voided_twice(go, send, client, fill):
    where = reverse("trainees:record_void", args=[go.pk])
    sent = fill(where, reason="wrong person")
    assert client.post(where, sent).status_code == 302
    assert client.post(where, sent).status_code == 302  # the same form
    assert send(where, reason="once more").status_code == 409
    assert Record.objects.count() == 2


def test_a_void_that_was_overtaken_is_refused(course, go, fill, client):
    where = reverse("trainees:record_void", args=[go.pk])
    sent = fill(where, reason="wrong person")
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor, previous=go, kind="no_go")
    answer = client.post(where, sent)
    assert answer.status_code == 409 and "wrong person" in answer.text and Record.objects.count() == 2


@pytest.mark.parametrize(("name", "covered"), [("credit_create", (1, 2)), ("exemption_create", (0, 1))])
def test_a_credit_counts_and_an_exemption_leaves_the_module_out(name, covered, course, at, send, client):
    client.force_login(course.coordinator)
    sent = {"holds_from": "2023-08-12", "authority": "Head of training", "reason": "met at home"}
    for missing in ("holds_from", "authority"):
        assert send(at(name), **sent | {missing: ""}).status_code == 422
    assert send(at(name), **sent | {"holds_until": "2023-08-01"}).status_code == 422
    key = uuid.uuid4()
    answers = [client.post(at(name), sent | {"key": key, "seen": ""}) for _ in range(2)]
    assert [one.url for one in answers] == [at("cell")] * 2
    assert Record.objects.count() == 1 and coverage(course) == covered


def test_an_exemption_needs_a_reason_and_a_credit_none(course, at, send, client):
    client.force_login(course.coordinator)
    sent = {"holds_from": "2023-08-12", "authority": "Head of training"}
    assert send(at("exemption_create"), **sent).status_code == 422
    assert send(at("credit_create"), **sent).status_code == 302


def test_a_result_from_a_session_takes_its_day_and_points_to_it(course, at, words, send, client):
    session = f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment")
    where = at("record_create") + f"?session={session.pk}"
    form = client.get(where).context["form"]
    assert form["assessed_on"].value() == session.starts_on and form["session"].value() == session.pk
    assert send(where, **words | {"assessed_on": "2023-08-10", "session": session.pk}).status_code == 302
    assert Record.objects.get().session == session
    assert "GO" in client.get(session.get_absolute_url()).text
