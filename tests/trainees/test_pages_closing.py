"""Closing a cohort through the pages: who has completed, the roll, and what is taken back."""

import pytest
from django.urls import reverse

from programs.models import Program
from tests import factories as f
from trainees.models import Completion, Enrolment


@pytest.fixture
def at(course):
    return lambda name: reverse(f"trainees:{name}", args=[course.cohort.slug])


def last(trainee):
    return Enrolment.objects.filter(trainee=trainee).select_related("act").latest("pk")


@pytest.fixture(autouse=True)
def one_meets_all(course, client):
    before = last(course.trainee)
    f.EnrolmentFactory(trainee=course.trainee, cohort=course.cohort, previous=before, track=course.track)
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    client.force_login(course.coordinator)


def tick(*trainees):
    return {"t": [f"{one.pk}:{last(one).act.key}" for one in trainees], "completed_on": "2023-08-31"}


def close_register(course):
    f.do(
        lambda act: course.cohort.sessions.update(act=act, cancelled_at=act.at, cancelled_reason="storm"),
        scope=course.program.pk,
    )


def test_whoever_meets_all_requirements_is_completed_once(course, at, fill, client):
    close_register(course)
    sent = fill(at("cohort_closing"), **tick(course.trainee))
    for _ in range(2):
        assert client.post(at("cohort_closing"), sent).url == at("cohort_closing")
    completion = Completion.objects.get()
    assert (completion.trainee, str(completion.completed_on)) == (course.trainee, "2023-08-31")
    assert completion.snapshot["satisfied"] == completion.snapshot["required"] == 1
    assert last(course.trainee).status == "completed"


def test_only_whoever_can_complete_can_be_ticked(course, at, client):
    close_register(course)
    text = client.get(at("cohort_closing")).text
    assert f'value="{course.trainee.pk}:' in text and f'value="{course.second.pk}:' not in text


def test_one_who_does_not_meet_them_and_nobody_is_completed(course, at, send):
    close_register(course)
    answer = send(at("cohort_closing"), **tick(course.trainee, course.second))
    assert answer.status_code == 422 and "does not meet all requirements" in answer.text
    assert not Completion.objects.exists() and last(course.trainee).status == "active"
    assert f'value="{course.trainee.pk}:{last(course.trainee).act.key}" checked' in answer.text


def test_where_attendance_is_a_condition_open_registers_have_to_be_closed_first(course, at, send, client):
    f.do(lambda act: Program.objects.filter(pk=course.program.pk).update(act=act, attendance_limit=80))
    assert "1 register open" in client.get(at("cohort_closing")).text
    answer = send(at("cohort_closing"), **tick(course.trainee))
    assert answer.status_code == 422 and "Close the open registers" in answer.text


@pytest.mark.parametrize(
    ("day", "told"), [("2100-01-01", "has not come yet"), ("", "Fill in “Completed on”."), ("x", "Enter a valid date.")]
)
def test_a_day_that_cannot_be_is_refused_and_ticks_stay(day, told, course, at, send):
    close_register(course)
    answer = send(at("cohort_closing"), **tick(course.trainee) | {"completed_on": day})
    assert answer.status_code == 422 and told in answer.text and " checked" in answer.text


def test_nobody_ticked_is_told(at, send):
    answer = send(at("cohort_closing"), completed_on="2023-08-31")
    assert answer.status_code == 422 and "Tick at least one trainee." in answer.text


def test_a_tick_that_was_overtaken_completes_nobody(course, at, fill, client):
    close_register(course)
    sent = fill(at("cohort_closing"), **tick(course.trainee))
    f.EnrolmentFactory(trainee=course.trainee, cohort=course.cohort, previous=last(course.trainee), track=course.track)
    answer = client.post(at("cohort_closing"), sent)
    assert answer.status_code == 409
    assert not Completion.objects.exists()


@pytest.fixture
def completion(course, at, send):
    close_register(course)
    send(at("cohort_closing"), **tick(course.trainee))
    return Completion.objects.get()


def test_the_roll_names_who_has_completed_by_call_sign(course, completion, at, client):
    client.force_login(course.viewer)
    text = client.get(at("cohort_roll")).text
    assert "R-1" in text and "SOKIL" in text and "R-2" not in text


def test_a_completion_is_revoked_with_day_and_reason(course, completion, at, fill, send, client):
    where = reverse("trainees:completion_revoke", args=[completion.pk])
    for wrong in ({"reason": ""}, {"revoked_on": "2100-01-01"}, {"revoked_on": "2023-08-01"}, {"revoked_on": ""}):
        answer = send(where, **{"revoked_on": "2023-09-05", "reason": "scores were false"} | wrong)
        assert answer.status_code == 422
    sent = fill(where, revoked_on="2023-09-05", reason="scores were false")
    assert client.post(where, sent).url == course.trainee.get_absolute_url()
    assert client.post(where, sent).status_code == 302  # the same form again
    completion.refresh_from_db()
    assert completion.revoked_reason == "scores were false" and last(course.trainee).status == "active"
    assert Enrolment.objects.filter(trainee=course.trainee).count() == 4
    assert "R-1" not in client.get(at("cohort_roll")).text
    assert "scores were false" in client.get(course.trainee.get_absolute_url()).text


def test_what_is_revoked_as_proposed_is_to_be_decided_anew_on_the_closing_page(course, completion, at, fill, client):
    def outcome():
        return {one.person.roll_number: one for one in client.get(at("cohort_closing")).context["closing"].outcomes}[
            "R-1"
        ]

    where = reverse("trainees:completion_revoke", args=[completion.pk])
    assert outcome().status == "completed"
    proposed = client.get(where).context["form"]["revoked_on"].value()
    assert client.post(where, fill(where, revoked_on=proposed, reason="scores were false")).status_code == 302
    assert outcome().status == "active"


def test_the_place_of_a_completion_is_corrected_only_after_revoking_it(course, completion, send, client):
    completed = last(course.trainee)
    where = reverse("trainees:place_correct", args=[completed.pk])
    revoke = reverse("trainees:completion_revoke", args=[completion.pk])
    for answer in (client.get(where), client.post(where, {"mistaken": "on", "correction": "too early"})):
        assert answer.status_code == 422
        assert "Revoke the completion first" in answer.text and f'href="{revoke}"' in answer.text
    send(revoke, revoked_on="2023-09-05", reason="scores were false")
    assert "status" not in client.get(where).context["form"].fields  # completed is decided elsewhere
    assert send(where, correction="too early").status_code == 422
    assert send(where, mistaken="on", correction="too early").status_code == 302
    assert last(course.trainee).voids == completed


def test_a_completion_revoked_in_the_meantime_is_not_revoked_again(completion, send):
    where = reverse("trainees:completion_revoke", args=[completion.pk])
    send(where, revoked_on="2023-09-05", reason="first")
    answer = send(where, revoked_on="2023-09-06", reason="second")
    assert answer.status_code == 409 and "already revoked" in answer.text and "second" in answer.text


def test_a_completion_whose_record_was_voided_is_under_review(course, completion, at, send, client):
    record = course.trainee.records.get()
    send(reverse("trainees:record_void", args=[record.pk]), reason="wrong person")
    answer = client.get(course.trainee.get_absolute_url())
    assert [one.completed.under_review for one, _runs in answer.context["records"]] == [True]
    assert "under review" in client.get(at("cohort_closing")).text
    assert "under review" in client.get(at("cohort_roll")).text


def text_of(client, address):
    return " ".join(client.get(address).text.split())


def test_registers_that_completing_waits_for_are_named_on_top(course, at, client):
    f.do(lambda act: Program.objects.filter(pk=course.program.pk).update(act=act, attendance_limit=80))
    text = text_of(client, at("cohort_closing"))
    assert "<b>1 can complete</b> once 1 register is closed:" in text
    assert reverse("trainees:session_register", args=[course.session.pk]) in text
    assert 'name="t"' not in text and "Complete those ticked" not in text  # there is nobody to tick


def test_whoever_only_reads_is_led_to_the_sessions_that_are_open_and_not_to_their_registers(course, at, client):
    client.force_login(course.viewer)
    text = text_of(client, at("cohort_closing"))
    assert reverse("trainees:session_register", args=[course.session.pk]) not in text
    assert course.session.get_absolute_url() in text


def test_whoever_can_complete_stands_first_and_others_with_what_they_lack(course, at, client):
    close_register(course)
    f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="A-1")
    outcomes = client.get(at("cohort_closing")).context["closing"].outcomes
    assert [one.person.roll_number for one in outcomes] == ["R-1", "A-1", "R-2"]
    assert [[entry.code for entry in one.missing] for one in outcomes] == [[], ["MED"], ["MED"]]


def test_a_cohort_of_nobody_is_not_said_to_be_all_clear(course, client):
    text = client.get(reverse("trainees:cohort_closing", args=[course.other.slug])).text
    assert "Nobody is counted in this cohort" in text and "Nothing is open" not in text and "Add trainees" in text


def test_only_completions_of_its_own_trainees_are_read(course, completion, at, client, django_assert_max_num_queries):
    with django_assert_max_num_queries(30) as asked:
        client.get(reverse("trainees:cohort_closing", args=[course.cohort.slug]))
    asked = [one["sql"] for one in asked.captured_queries if 'FROM "trainees_completion"' in one["sql"]]
    assert len(asked) == 1 and '"trainee_id" IN' in asked[0]
