"""The pages on which two numbers become one person."""

import uuid

import pytest
from django.urls import reverse

from accounts.acts import add
from tests import factories as f
from trainees.models import Attendance, Identity, Record, Trainee

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(course, client):
    """The page of merging the second trainee into the first, for the coordinator."""
    client.force_login(course.coordinator)
    return reverse("trainees:trainee_merge_with", args=[course.trainee.uuid, course.second.uuid])


@pytest.fixture
def looked(page, client, fill):
    """What the page would send after somebody has looked at what happens."""

    def look(reason="Same voice"):
        form = client.post(page, fill(page, reason=reason)).context["form"]
        return {name: form[name].value() for name in form.fields}

    return look


def test_whoever_has_the_same_call_sign_is_offered_first(course, client):
    client.force_login(course.coordinator)
    f.EnrolmentFactory(cohort=course.cohort, trainee__call_sign="VOVK", trainee__roll_number="R-3")
    f.EnrolmentFactory(trainee__roll_number="R-4")  # of a program of others
    where = reverse("trainees:trainee_merge", args=[course.trainee.uuid])
    assert [str(one) for one, _cohorts in client.get(where).context["found"]] == ["R-2 SOKIL"]
    assert [str(one) for one, _cohorts in client.get(where, {"q": "vovk"}).context["found"]] == ["R-3 VOVK"]
    assert "Nobody matches" in client.get(where, {"q": "R-4"}).text


@pytest.mark.parametrize("many", [1, 5])
def test_choosing_takes_the_same_questions_however_many_there_are(course, client, django_assert_num_queries, many):
    client.force_login(course.coordinator)
    for _ in range(many):
        f.EnrolmentFactory(cohort=course.cohort)
    with django_assert_num_queries(6):
        client.get(reverse("trainees:trainee_merge", args=[course.trainee.uuid]))


def test_first_it_is_shown_what_happens_and_nothing_is_written(course, page, client, fill, acts):
    f.RecordFactory(trainee=course.second, entry=course.entry)
    before = acts()
    answer = client.post(page, fill(page, reason="Same voice"))
    assert answer.status_code == 200
    assert "1 record of R-2 is copied." in answer.text
    assert "Not started" in answer.text
    assert "This cannot be undone by a button." in answer.text
    assert acts() == before


def test_sent_again_it_is_done_and_the_old_number_leads_to_the_kept_one(course, page, client, looked):
    record = f.RecordFactory(trainee=course.second, entry=course.entry)
    answer = client.post(page, looked(), follow=True)
    assert answer.redirect_chain == [(course.trainee.get_absolute_url(), 302)]
    assert "R-2 was merged: everything goes on as R-1." in answer.text
    assert "Also known here by numbers that were merged into this one" in answer.text
    assert Record.objects.get(trainee=course.trainee).copy_of == record
    old = client.get(course.second.get_absolute_url()).text
    assert "the same person goes on as" in old
    assert f'href="{course.trainee.get_absolute_url()}"' in old
    assert reverse("trainees:trainee_edit", args=[course.second.uuid]) not in old


def test_a_double_tap_merges_once(course, page, client, looked, acts):
    sent = looked()
    before = acts()
    assert [client.post(page, sent).status_code for _ in range(2)] == [302, 302]
    assert acts() == before + 1


def test_what_was_written_since_it_was_shown_is_told_and_shown_once_more(course, page, client, looked):
    sent = looked()
    f.RecordFactory(trainee=course.second, entry=course.entry)
    answer = client.post(page, sent)
    assert answer.status_code == 409
    assert "has changed in the meantime" in answer.text
    again = answer.context["form"]
    shown = client.post(page, {name: again[name].value() for name in again.fields})
    assert (shown.status_code, "1 record of R-2 is copied." in shown.text) == (200, True)
    again = shown.context["form"]
    assert client.post(page, {name: again[name].value() for name in again.fields}).status_code == 302


def test_what_contradicts_itself_is_told_in_words(course, page, client, fill):
    for who, status in ((course.trainee, "present"), (course.second, "absent")):
        f.do(lambda act, w=who, s=status: add(Attendance(session=course.session, trainee=w, status=s), act))
    answer = client.post(page, fill(page, reason="Same voice"))
    assert answer.status_code == 422
    assert "R-1 is marked present and R-2 absent" in answer.text
    assert not Trainee.objects.exclude(merged_into=None).exists()


def test_without_a_reason_nothing_is_shown(page, client, fill):
    assert client.post(page, fill(page)).status_code == 422


def test_names_that_differ_are_told_of_and_never_shown(course, page, client, fill):
    for who, name in ((course.trainee, "Melnyk"), (course.second, "Koval")):
        f.do(lambda act, w=who, n=name: add(Identity(trainee=w, family_name=n), act))
    answer = client.post(page, fill(page, reason="Same voice"))
    assert "The two have different names. That of R-1 stays." in answer.text
    assert "Melnyk" not in answer.text
    assert "Koval" not in answer.text


def test_only_who_runs_every_program_of_both_gets_there(course, page, client):
    f.EnrolmentFactory(trainee=course.second)
    other = reverse("trainees:trainee_merge_with", args=[course.second.uuid, course.trainee.uuid])
    for where in (page, other, reverse("trainees:trainee_merge", args=[course.second.uuid])):
        assert client.get(where).status_code == 403
        assert client.post(where, {"key": uuid.uuid4(), "reason": "x"}).status_code in {403, 405}
    assert "Same person as" not in client.get(course.second.get_absolute_url()).text
    assert "Same person as" in client.get(course.trainee.get_absolute_url()).text


def test_the_history_of_both_tells_of_it(course, page, client, looked):
    client.post(page, looked())
    for who in (course.trainee, course.second):
        assert "merged into" in client.get(who.get_absolute_url(), {"history": "1"}).text
