"""People at a session who are not on its roster: noted there, resolved by a coordinator."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from tests import factories as f
from tests.trainees.test_rest_and_undo import by, standing
from trainees import services
from trainees.models import Attendance, Unlisted
from trainees.selectors.home import home_of
from trainees.selectors.sessions import expected_at


@pytest.fixture
def vovk(course):
    return services.add_unlisted(**by(course.instructor), session=course.session, told=" VOVK ")


def register(course):
    return reverse("trainees:session_register", args=[course.session.pk])


def waiting(desk):
    return [(one.what, one.session, one.n) for one in desk.items]


def resolve(unlisted):
    return reverse("trainees:unlisted_resolve", args=[unlisted.pk])


def test_whoever_is_here_and_not_on_the_list_is_noted_beside_it(course, client, fill, acts):
    client.force_login(course.instructor)
    assert "a coordinator finds out who they are" in client.get(register(course)).text
    where = reverse("trainees:session_unlisted", args=[course.session.pk])
    sent = fill(where, told="VOVK")
    for _twice in range(2):
        assert client.post(where, sent).url == register(course)
    assert Unlisted.objects.get().told == "VOVK"
    assert (
        "VOVK" in client.get(register(course)).text and "waits for a coordinator" in client.get(register(course)).text
    )
    for wrong, told in (("", "Fill in"), ("x" * 61, "at most 60"), ("r-1", "R-1 SOKIL is on this register.")):
        answer = client.post(where, fill(where, told=wrong))
        assert answer.status_code == 422 and told in answer.text
    assert Unlisted.objects.count() == 1


def test_they_wait_for_the_coordinator_and_block_nothing(course, vovk, client):
    assert vovk.told == "VOVK"
    [desk] = [desk for desk in home_of(course.coordinator) if desk.view.cohort == course.cohort]
    assert ("unlisted", course.session, 1) in waiting(desk)
    for user in (course.instructor, course.viewer):
        assert not any(what == "unlisted" for desk in home_of(user) for what, _session, _n in waiting(desk))
    services.mark_rest(**by(course.instructor), session=course.session)
    services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    client.force_login(course.coordinator)
    page = client.get("/").text
    assert "1 person was at" in page and f"{course.session.get_absolute_url()}#unlisted" in page
    page = client.get(course.session.get_absolute_url()).text
    assert "VOVK" in page and resolve(vovk) in page


def test_one_of_a_cancelled_session_waits_too(course, vovk):
    services.cancel_session(**by(course.coordinator), session=course.session, seen=course.session.seen, reason="storm")
    [desk] = [desk for desk in home_of(course.coordinator) if desk.view.cohort == course.cohort]
    assert waiting(desk) == [("unlisted", course.session, 1)] and desk.today == []


@pytest.mark.parametrize("told", ["r-9", "Vovk"])
def test_whoever_told_their_own_number_or_call_sign_is_proposed(told, course, client):
    who = f.EnrolmentFactory(cohort=course.other, trainee__roll_number="R-9", trainee__call_sign="VOVK").trainee
    f.EnrolmentFactory(trainee__roll_number="R-99", trainee__call_sign="VOVK")  # in another program
    unlisted = services.add_unlisted(**by(course.instructor), session=course.session, told=told)
    client.force_login(course.coordinator)
    form = client.get(resolve(unlisted)).context["form"]
    assert form["trainee"].value() == who.pk and "R-99" not in str(form["trainee"])
    f.EnrolmentFactory(cohort=course.other, trainee__call_sign="vovk")
    proposed = client.get(resolve(unlisted)).context["form"]["trainee"].value()
    assert proposed == (who.pk if told == "r-9" else None)  # of two with one call sign nobody is


def test_whoever_is_found_in_another_cohort_is_marked_present_and_the_session_is_for_whom_it_was(
    course, vovk, client, fill
):
    who = f.EnrolmentFactory(cohort=course.other).trainee
    client.force_login(course.coordinator)
    sent = fill(resolve(vovk), trainee=who.pk)
    for _twice in range(2):
        assert client.post(resolve(vovk), sent).url == course.session.get_absolute_url()
    assert Attendance.objects.get().trainee == who and Attendance.objects.get().status == "present"
    assert not course.session.audience.exists()  # or the session would be for them alone
    vovk.refresh_from_db()
    assert (vovk.outcome, vovk.trainee) == ("found", who)
    assert "found on the roll" in client.get(course.session.get_absolute_url()).text
    assert not any(what == "unlisted" for desk in home_of(course.coordinator) for what, _session, _n in waiting(desk))
    assert client.post(resolve(vovk), fill(resolve(vovk), trainee=who.pk)).status_code == 422


def test_a_session_for_a_part_of_the_cohort_is_for_whoever_is_found_too(course, vovk):
    services.update_session(
        **by(course.coordinator), session=course.session, seen=course.session.seen, audience=[course.trainee]
    )
    services.resolve_unlisted(**by(course.coordinator), unlisted=vovk, seen=vovk.seen, trainee=course.second)
    assert expected_at(course.session) == {course.trainee.pk, course.second.pk}
    assert standing() == {"R-2": ("present", "")}


@pytest.mark.parametrize(("before", "after"), [("absent", "present"), ("late", "late"), ("excused", "excused")])
def test_whoever_was_marked_absent_was_there_after_all_and_other_marks_stay(before, after, course, vovk):
    services.mark_trainee(
        **by(course.instructor), session=course.session, trainee=course.trainee, status=before, seen=""
    )
    services.resolve_unlisted(**by(course.coordinator), unlisted=vovk, seen=vovk.seen, trainee=course.trainee)
    assert standing() == {"R-1": (after, "")}


def test_whoever_is_none_of_ours_is_dismissed_with_a_note(course, vovk, client, send):
    client.force_login(course.coordinator)
    answer = send(resolve(vovk), trainee="", note="")
    assert answer.status_code == 422 and "Say why it was nobody of ours" in answer.text
    assert send(resolve(vovk), trainee="", note="driver of the bus").status_code == 302
    vovk.refresh_from_db()
    assert (vovk.outcome, vovk.trainee, vovk.note) == ("dismissed", None, "driver of the bus")
    assert not Attendance.objects.exists()


def test_nobody_is_let_into_a_closed_register_or_out_of_another_program(course, vovk):
    stranger = f.EnrolmentFactory().trainee
    with pytest.raises(ValidationError, match="has no place in this program"):
        services.resolve_unlisted(**by(course.coordinator), unlisted=vovk, seen=vovk.seen, trainee=stranger)
    who = f.EnrolmentFactory(cohort=course.other).trainee
    services.mark_rest(**by(course.instructor), session=course.session)
    services.close_register(**by(course.instructor), session=course.session, seen=course.session.seen)
    vovk = Unlisted.objects.select_related("session__cohort__program", "act").get()
    with pytest.raises(ValidationError, match="Reopen it first"):
        services.resolve_unlisted(**by(course.coordinator), unlisted=vovk, seen=vovk.seen, trainee=who)
    with pytest.raises(ValidationError, match="Reopen it first"):
        services.add_unlisted(**by(course.instructor), session=vovk.session, told="LYS")
    vovk = Unlisted.objects.select_related("session__cohort__program", "act").get()
    services.resolve_unlisted(**by(course.coordinator), unlisted=vovk, seen=vovk.seen, note="a guest")
    assert Unlisted.objects.get().outcome == "dismissed"


def test_only_coordinators_resolve_and_whoever_only_reads_notes_nobody(course, vovk):
    with pytest.raises(PermissionDenied):
        services.resolve_unlisted(**by(course.instructor), unlisted=vovk, seen=vovk.seen, note="a guest")
    with pytest.raises(PermissionDenied):
        services.add_unlisted(**by(course.viewer), session=course.session, told="LYS")
    assert [one.outcome for one in Unlisted.objects.all()] == ["open"]


def test_nobody_is_noted_at_a_session_to_come(course):
    far = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)
    session = f.TrainingSessionFactory(
        cohort=course.cohort, module=course.module, starts_at=far, ends_at=far + datetime.timedelta(hours=1)
    )
    with pytest.raises(ValidationError, match="has not taken place yet"):
        services.add_unlisted(**by(course.instructor), session=session, told="LYS")
