"""Excusals entered in advance: through the pages, and in the registers of their days."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from tests import factories as f
from tests.trainees.test_rest_and_undo import by
from trainees import services
from trainees.models import Attendance, Excusal

DAY = datetime.date(2023, 8, 10)  # of the course's session


@pytest.fixture(autouse=True)
def signed_in(course, client):
    client.force_login(course.instructor)


@pytest.fixture
def new(course):
    return reverse("trainees:excusal_create", args=[course.cohort.slug])


@pytest.fixture
def sick(course):
    return services.create_excusal(
        **by(course.instructor), program=course.program, trainee=course.trainee, since=DAY, reason="fever"
    )


def at(name, excusal):
    return reverse(f"trainees:excusal_{name}", args=[excusal.pk])


def test_somebody_is_excused_once_and_told_where_it_matters(course, new, fill, client):
    form = client.get(f"{new}?trainee=R-1").context["form"]
    assert form["trainee"].value() == course.trainee.pk and form["since"].value() == course.cohort.today()
    sent = fill(new, trainee=course.trainee.pk, kind="sick", since="2023-08-09", until="", reason="fever")
    for _twice in range(2):
        assert client.post(new, sent).url == reverse("trainees:cohort_excusals", args=[course.cohort.slug])
    excusal = Excusal.objects.get()
    assert (excusal.words, excusal.since, excusal.until) == ("sick: fever", datetime.date(2023, 8, 9), None)
    for where in (
        reverse("trainees:cohort_excusals", args=[course.cohort.slug]),
        course.trainee.get_absolute_url(),
        reverse("trainees:session_register", args=[course.session.pk]),
        course.session.get_absolute_url(),
    ):
        assert "sick: fever" in client.get(where).text
    history = client.get(course.trainee.get_absolute_url(), {"history": "newest"}).text
    assert "excused R-1 SOKIL, sick, from 9 Aug 2023 until further notice" in history


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"until": "2023-08-08"}, "The last day cannot be before the first."),
        ({"since": ""}, "Fill in “From”."),
        ({"kind": "lazy"}, "lazy is not one of"),
        ({"trainee": "0"}, "not one of the available choices"),
    ],
)
def test_an_excusal_that_cannot_be_is_refused(wrong, told, course, new, send):
    words = {"trainee": course.trainee.pk, "kind": "sick", "since": "2023-08-09", "until": "", "reason": "cold"}
    answer = send(new, **words | wrong)
    assert answer.status_code == 422 and told in answer.text and 'value="cold"' in answer.text
    assert not Excusal.objects.exists()


def test_nobody_of_another_cohort_can_be_chosen_and_nobody_without_a_place_is_excused(course, new, send):
    elsewhere = f.EnrolmentFactory().trainee
    assert send(new, trainee=elsewhere.pk, kind="sick", since="2023-08-09").status_code == 422
    with pytest.raises(ValidationError, match="has no place in this program"):
        services.create_excusal(**by(course.instructor), program=course.program, trainee=elsewhere, since=DAY)


def test_an_excusal_is_no_mark_until_the_rest_is_marked(course, sick, client):
    page = client.get(reverse("trainees:session_register", args=[course.session.pk]))
    assert "0 of 2 marked" in page.text and page.context["form"][f"m{course.trainee.pk}"].value() == ""
    services.mark_rest(**by(course.instructor), session=course.session)
    mark = Attendance.objects.get(trainee=course.trainee)
    assert (mark.status, mark.reason) == ("excused", "sick: fever")


def test_whoever_came_nevertheless_is_marked_as_they_were(course, sick, send):
    where = reverse("trainees:session_register", args=[course.session.pk])
    assert send(where, **{f"m{course.trainee.pk}": "present"}, then="rest").status_code == 302
    assert set(Attendance.objects.values_list("status", flat=True)) == {"present"}


def test_an_excusal_is_changed_and_a_stale_change_is_refused(course, sick, fill, send, client):
    words = {"kind": "duty", "since": "2023-08-10", "until": "2023-08-11", "reason": "guard"}
    late = fill(at("edit", sick), **words | {"reason": "kitchen"})
    assert send(at("edit", sick), **words).url == course.trainee.get_absolute_url()
    answer = client.post(at("edit", sick), late)
    assert answer.status_code == 409 and "guard" in answer.text
    sick.refresh_from_db()
    assert sick.words == "on other duty: guard"


def test_whoever_is_back_is_expected_again_from_the_next_day(course, sick, client, send, fill):
    proposed = client.get(at("end", sick)).context["form"]["until"].value()
    assert proposed == course.cohort.today() - datetime.timedelta(days=1)
    answer = send(at("end", sick), until="2023-08-09")
    assert answer.status_code == 422 and "It began on 10 Aug 2023." in answer.text
    assert send(at("end", sick), until="2023-08-10").status_code == 302
    assert list(Excusal.objects.all().on(DAY)) == [sick]
    assert not Excusal.objects.all().on(DAY + datetime.timedelta(days=1)).exists()


def test_what_was_entered_by_mistake_is_deleted_and_kept_in_the_trail(course, sick, send, client):
    services.mark_rest(**by(course.instructor), session=course.session)
    assert send(at("delete", sick)).status_code == 302
    assert not Excusal.objects.exists() and Attendance.objects.get(trainee=course.trainee).status == "excused"


def test_whoever_only_reads_excuses_nobody(course, sick):
    with pytest.raises(PermissionDenied):
        services.create_excusal(**by(course.viewer), program=course.program, trainee=course.second, since=DAY)
    for change in (services.update_excusal, services.delete_excusal):
        with pytest.raises(PermissionDenied):
            change(**by(course.viewer), excusal=sick, seen=sick.seen)
    with pytest.raises(PermissionDenied):
        services.end_excusal(**by(course.viewer), excusal=sick, seen=sick.seen, until=DAY)


def test_the_list_tells_today_from_earlier_and_later(course, sick, client):
    today = course.cohort.today()
    day = datetime.timedelta(days=1)
    services.end_excusal(**by(course.instructor), excusal=sick, seen=sick.seen, until=DAY)
    far = f.CohortFactory(program=course.program, starts_on=today, ends_on=today + 9 * day)
    who = f.EnrolmentFactory(cohort=far).trainee
    for since, until in ((today, None), (today + day, None), (today - day, today - day)):
        services.create_excusal(**by(course.instructor), program=course.program, trainee=who, since=since, until=until)
    parts = client.get(reverse("trainees:cohort_excusals", args=[far.slug])).context["parts"]
    assert [(str(words), len(of)) for words, of in parts] == [("Today", 1), ("To come", 1)]
    parts = client.get(reverse("trainees:cohort_excusals", args=[course.cohort.slug])).context["parts"]
    assert [(str(words), of) for words, of in parts] == [("Over", [sick])]
    assert "Nobody is excused" in client.get(reverse("trainees:cohort_excusals", args=[course.other.slug])).text
