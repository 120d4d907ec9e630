"""Sessions and registers through the pages."""

import datetime
import uuid

import pytest
from django.urls import reverse

from tests import factories as f
from trainees.models import Attendance, TrainingSession


@pytest.fixture(autouse=True)
def signed_in(course, client):
    client.force_login(course.coordinator)


@pytest.fixture
def at(course):
    return lambda name: reverse(f"trainees:{name}", args=[course.session.pk])


@pytest.fixture
def words(course):
    return {
        "module": course.module.pk,
        "kind": "assessment",
        "day": "2023-08-14",
        "starts": "08:00",
        "ends": "11:30",
        "place": "Range 2",
    }


def marks(course):
    return {one.trainee.roll_number: one.status for one in course.session.attendance.all()}


def present(*trainees):
    return {f"m{one.pk}": "present" for one in trainees}


# ---- setting up


def test_a_session_is_planned_once_in_local_time(course, words, fill, client):
    where = reverse("trainees:session_create", args=[course.cohort.slug])
    sent = fill(
        where, **words, who_0=course.assessor.pk, duty_0="lead", groups=[course.group.pk], trainees=[course.second.pk]
    )
    answers = [client.post(where, sent) for _ in range(2)]
    session = TrainingSession.objects.exclude(pk=course.session.pk).get()
    assert {one.url for one in answers} == {session.get_absolute_url()}
    assert session.starts_at == datetime.datetime(2023, 8, 14, 6, tzinfo=datetime.UTC)  # summer in Oslo
    assert session.staff.get().instructor == course.assessor
    assert {str(one) for one in session.audience.all()} == {str(course.group), str(course.second)}
    assert "08:00" in client.get(session.get_absolute_url()).text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"ends": "08:00"}, "The end has to be after the start."),
        ({"day": ""}, "Fill in “Day”."),
        ({"starts": "25:00"}, "Enter a valid time."),
        ({"kind": "party"}, "party is not one of"),
        ({"module": "0"}, "not one of the available choices"),
    ],
)
def test_a_session_that_cannot_be_is_refused(wrong, told, course, words, send):
    answer = send(reverse("trainees:session_create", args=[course.cohort.slug]), **words | wrong)
    assert answer.status_code == 422 and told in answer.text and 'value="Range 2"' in answer.text
    assert TrainingSession.objects.count() == 1


def test_nobody_has_two_duties(course, words, send):
    who = {f"who_{n}": course.assessor.pk for n in range(2)}
    answer = send(reverse("trainees:session_create", args=[course.cohort.slug]), **words, **who)
    assert answer.status_code == 422 and "two duties" in answer.text


def test_a_session_is_changed_and_a_stale_change_is_refused(course, at, words, fill, send, client):
    late = fill(at("session_edit"), **words | {"place": "Range 9"})
    assert send(at("session_edit"), **words).url == course.session.get_absolute_url()
    answer = client.post(at("session_edit"), late)
    assert answer.status_code == 409 and 'value="Range 9"' in answer.text and "Range 2" in answer.text
    course.session.refresh_from_db()
    assert course.session.place == "Range 2"
    again = late | {name: answer.context["form"][name].value() for name in ("key", "seen")}
    assert client.post(at("session_edit"), again).status_code == 302


def test_a_cancelled_session_stays_with_its_reason(course, at, send, client):
    assert send(at("session_cancel"), reason="").status_code == 422
    assert send(at("session_cancel"), reason="storm").status_code == 302
    assert "storm" in client.get(course.session.get_absolute_url()).text
    assert send(at("session_register"), **present(course.trainee)).status_code == 422


def test_a_session_is_deleted_only_while_nothing_hangs_on_it(course, at, send):
    send(at("session_register"), **present(course.trainee))
    answer = send(at("session_delete"))
    assert answer.status_code == 422 and "still used by 1 attendance" in answer.text
    other = f.TrainingSessionFactory(cohort=course.cohort, module=course.module)
    answer = send(reverse("trainees:session_delete", args=[other.pk]))
    assert answer.url == reverse("trainees:session_list", args=[course.cohort.slug])
    assert list(TrainingSession.objects.all()) == [course.session]


@pytest.mark.parametrize(
    ("state", "shown"), [("", 2), ("open", 1), ("held", 1), ("coming", 1), ("results", 0), ("nonsense", 2)]
)
def test_the_list_is_filtered_by_what_a_session_needs(state, shown, course, client):
    far = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
    hour = datetime.timedelta(hours=1)
    f.TrainingSessionFactory(cohort=course.cohort, module=course.module, starts_at=far, ends_at=far + hour)
    answer = client.get(reverse("trainees:session_list", args=[course.cohort.slug]), {"state": state})
    assert len(answer.context["rows"]) == shown


# ---- the register


def test_marks_are_kept_and_counted_once_the_register_is_closed(course, at, fill, send, client):
    client.force_login(course.instructor)
    sent = {
        f"m{course.trainee.pk}": "late",
        f"r{course.trainee.pk}": "bus",
        **present(course.second),
    }
    assert send(at("session_register"), **sent).status_code == 302
    assert marks(course) == {"R-1": "late", "R-2": "present"}
    late = fill(at("session_register"), **present(course.trainee))
    assert send(at("session_register"), **sent, then="close").status_code == 302
    course.session.refresh_from_db()
    assert course.session.register_closed_at and "bus" in client.get(course.session.get_absolute_url()).text
    answer = client.post(at("session_register"), late)  # from a page that was opened before
    assert answer.status_code == 422 and "Reopen it first." in answer.text
    page = client.get(at("session_register"), follow=True)
    assert page.redirect_chain[-1][0] == course.session.get_absolute_url() and "Open it again" in page.text


def test_a_register_with_somebody_unmarked_stays_open_and_can_be_sent_again(course, at, fill, client):
    sent = fill(at("session_register"), **present(course.trainee), then="close")
    answer = client.post(at("session_register"), sent)
    assert answer.status_code == 422 and "1 trainee is not marked yet: R-2" in answer.text
    course.session.refresh_from_db()
    assert course.session.register_closed_at is None
    assert client.post(at("session_register"), sent | present(course.second)).status_code == 302
    course.session.refresh_from_db()
    assert course.session.register_closed_at and len(marks(course)) == 2


def test_a_register_sent_twice_is_marked_and_closed_once(course, at, fill, client, acts):
    sent = fill(at("session_register"), **present(course.trainee, course.second), then="close")
    assert client.post(at("session_register"), sent).status_code == 302
    before = acts()
    assert client.post(at("session_register"), sent).status_code == 302
    assert acts() == before and Attendance.objects.count() == 2


def test_a_mark_that_somebody_else_changed_is_told_and_can_be_put_over(course, at, fill, client):
    first = fill(at("session_register"), **{f"m{course.trainee.pk}": "absent"})
    second = fill(at("session_register"), **present(course.trainee, course.second))
    client.post(at("session_register"), first)
    answer = client.post(at("session_register"), second)
    assert answer.status_code == 409 and marks(course) == {"R-1": "absent"}
    assert [str(one.now) for one in answer.context["differences"]] == ["absent"]
    form = answer.context["form"]
    again = second | {name: form[name].value() or "" for name in form.fields if form[name].is_hidden}
    assert client.post(at("session_register"), again).status_code == 302
    assert marks(course) == {"R-1": "present", "R-2": "present"}


def test_two_who_mark_different_people_are_both_heard(course, at, fill, client):
    first = fill(at("session_register"), **present(course.trainee))
    second = fill(at("session_register"), **present(course.second))
    for sent in (first, second):
        assert client.post(at("session_register"), sent).status_code == 302
    assert len(marks(course)) == 2


def test_what_was_not_touched_here_is_not_put_over_what_others_changed(course, at, fill, send, client):
    send(at("session_register"), **{f"m{course.trainee.pk}": "absent"}, **present(course.second))
    shown = {f"m{course.trainee.pk}": "absent"}  # as the page shows it, and sends it back
    plain = fill(at("session_register"), **shown, **{f"m{course.second.pk}": "late"})
    late = fill(at("session_register"), **shown, **{f"m{course.second.pk}": "excused"})
    send(at("session_register"), **present(course.trainee, course.second))
    assert client.post(at("session_register"), plain).status_code == 302
    assert marks(course) == {"R-1": "present", "R-2": "late"}
    answer = client.post(at("session_register"), late)
    assert answer.status_code == 409 and [one.label for one in answer.context["differences"]] == [str(course.second)]
    form = answer.context["form"]
    again = {name: form[name].value() or "" for name in form.fields}
    assert client.post(at("session_register"), again).status_code == 302
    assert marks(course) == {"R-1": "present", "R-2": "excused"}


def test_what_the_page_s_script_has_saved_already_is_not_overtaken_by_its_own_form(course, at, fill, client, acts):
    sent = fill(at("session_register"), **present(course.trainee))
    one = {"key": uuid.uuid4(), "seen": "", "status": "present"}
    client.post(reverse("trainees:attendance_mark", args=[course.session.pk, course.trainee.uuid]), one)
    before = acts()
    assert client.post(at("session_register"), sent).status_code == 302
    assert marks(course) == {"R-1": "present"} and acts() == before


def test_a_mark_is_cleared_by_the_form_too_and_a_line_that_did_not_come_back_is_left(course, at, send):
    send(at("session_register"), **present(course.trainee, course.second))
    assert send(at("session_register"), **{f"m{course.trainee.pk}": "", f"r{course.trainee.pk}": ""}).status_code == 302
    assert marks(course) == {"R-2": "present"}


def test_a_session_to_come_has_no_register_yet(course, send):
    far = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
    session = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=far, ends_at=far + datetime.timedelta(hours=1)
    )
    answer = send(reverse("trainees:session_register", args=[session.pk]), **present(course.trainee))
    assert answer.status_code == 422 and "has not taken place yet" in answer.text


def test_a_closed_register_is_opened_again_with_a_reason(course, at, send, client):
    send(at("session_register"), **present(course.trainee, course.second), then="close")
    answer = send(at("session_edit"), place="Elsewhere")
    assert answer.status_code == 422
    assert send(at("register_reopen"), reason="").status_code == 422
    assert send(at("register_reopen"), reason="forgot somebody").status_code == 302
    course.session.refresh_from_db()
    assert course.session.register_closed_at is None and len(marks(course)) == 2
    assert "forgot somebody" in client.get(course.session.get_absolute_url(), {"history": "newest"}).text


@pytest.mark.parametrize("forged", ["9" * 19, "9" * 400, "²", "x"])
def test_an_id_that_no_row_can_have_is_no_choice(forged, course, at, send):
    answer = send(at("session_edit"), module=course.module.pk, kind="instruction", trainees=[forged])
    assert answer.status_code == 422
