"""The roster through the pages: who comes, what changes, what was wrong. The past stays."""

import datetime

import pytest
from django.urls import reverse

from programs.access import EVERYBODY
from tests import factories as f
from trainees.models import Enrolment, Trainee
from trainees.selectors.roster import roster_of


@pytest.fixture(autouse=True)
def signed_in(course, client):
    client.force_login(course.coordinator)


def last(trainee):
    return Enrolment.objects.filter(trainee=trainee).select_related("act").latest("pk")


def change(kind, course, *trainees):
    ticks = "&".join(f"t={one.pk}:{last(one).act.key}" for one in trainees)
    return reverse("trainees:roster_change", args=[course.cohort.slug, kind]) + f"?{ticks}"


@pytest.fixture
def add(course):
    return reverse("trainees:roster_add", args=[course.cohort.slug])


PLACE = {"status": "active", "since": "2023-08-07"}

# ---- who comes


def test_several_are_added_at_once_and_only_once(course, add, fill, client):
    lines = "N-1, SOKIL, Ukraine\nN-2; VOVK\n\nN-3\tLYS\tUkraine"
    sent = fill(add, lines=lines, track=course.track.pk, group=course.group.pk, **PLACE)
    for _ in range(2):
        assert client.post(add, sent).url == reverse("trainees:cohort_roster", args=[course.cohort.slug])
    new = Enrolment.objects.filter(trainee__roll_number__startswith="N-").order_by("trainee__roll_number")
    assert [(one.trainee.call_sign, one.trainee.nation) for one in new] == [
        ("SOKIL", "Ukraine"),
        ("VOVK", ""),
        ("LYS", "Ukraine"),
    ]
    assert {(one.track, one.group, one.status) for one in new} == {(course.track, course.group, "active")}
    assert len({one.act_id for one in new}) == 1


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "Enter at least one trainee."),
        ("N-1", "Line 1"),
        ("N-1, SOKIL\nN-2, A, B, C", "Line 2"),
        ("N-1, SOKIL\nn-1, VOVK", "stands here twice"),
        ("N-1, SOKIL\nR-1, VOVK", "Roll number R-1 is taken."),
    ],
)
def test_one_bad_line_and_nobody_is_added(lines, told, add, send):
    answer = send(add, lines=lines, **PLACE)
    assert answer.status_code == 422 and told in answer.text and answer.context["form"]["lines"].value() == lines
    assert not Trainee.objects.filter(roll_number__istartswith="n-").exists()


def test_trainees_of_one_s_other_programs_are_added_by_roll_number(course, add, send):
    hidden = f.EnrolmentFactory(trainee__roll_number="SECRET").trainee
    answer = send(add, known="SECRET", **PLACE)
    assert answer.status_code == 422 and "You coordinate no trainee" in answer.text
    role = f.RoleFactory(program=last(hidden).program, user=course.coordinator, kind="viewer")
    answer = send(add, known="SECRET", **PLACE)  # a place here would open the name to whoever only reads it there
    assert answer.status_code == 422 and "You coordinate no trainee" in answer.text
    f.do(lambda act: type(role).objects.filter(pk=role.pk).update(act=act, kind="coordinator"))
    assert send(add, known="SECRET", **PLACE).status_code == 302
    assert last(hidden).cohort == course.cohort
    answer = send(add, known="R-1", **PLACE)
    assert answer.status_code == 422 and "already has a place" in answer.text


def test_a_trainee_is_created_with_a_name_apart(course, send, client):
    where = reverse("trainees:trainee_create") + f"?cohort={course.cohort.slug}"
    words = {"roll_number": "N-9", "call_sign": "GRIM", "nation": "Ukraine", "family_name": "Kovalenko", **PLACE}
    answer = send(where, **words)
    new = Trainee.objects.get(roll_number="N-9")
    assert answer.url == new.get_absolute_url() and new.identities.get().family_name == "Kovalenko"
    assert "Kovalenko" not in client.get(answer.url).text
    again = send(where, **words)
    assert again.status_code == 422 and "This roll number is taken." in again.text


# ---- what changes


def test_whoever_was_expected_arrives(course, send):
    late = f.EnrolmentFactory(cohort=course.cohort, status="expected").trainee
    assert send(change("arrive", course, late), since="2023-08-09").status_code == 302
    assert (last(late).status, last(late).since) == ("active", datetime.date(2023, 8, 9))


@pytest.mark.parametrize(
    ("kind", "status"), [("suspend", "suspended"), ("withdraw", "withdrawn"), ("not-completed", "not_completed")]
)
def test_who_leaves_leaves_with_a_reason(kind, status, course, send, client):
    where = change(kind, course, course.trainee, course.second)
    answer = send(where, since="2023-08-16", reason="")
    assert answer.status_code == 422 and Enrolment.objects.count() == 2
    assert send(where, since="2023-08-16", reason="knee").status_code == 302
    assert {(last(one).status, last(one).reason) for one in (course.trainee, course.second)} == {(status, "knee")}
    assert last(course.trainee).act == last(course.second).act
    assert "knee" in client.get(reverse("trainees:cohort_roster", args=[course.cohort.slug])).text


def test_the_suspended_resume_and_the_withdrawn_return(course, send):
    send(change("suspend", course, course.trainee), since="2023-08-10", reason="ill")
    assert send(change("resume", course, course.trainee), since="2023-08-12").status_code == 302
    send(change("withdraw", course, course.trainee), since="2023-08-14", reason="home")
    assert send(change("return", course, course.trainee), since="2023-08-20", reason="").status_code == 422
    assert send(change("return", course, course.trainee), since="2023-08-20", reason="back").status_code == 302
    line = Enrolment.objects.filter(trainee=course.trainee).order_by("pk")
    assert [one.status for one in line] == ["active", "suspended", "active", "withdrawn", "active"]


def test_a_transfer_leaves_the_group_and_stays_on_the_old_roster(course, send, client):
    send(change("group", course, course.trainee), since="2023-08-08", group=course.group.pk)
    where = change("transfer", course, course.trainee)
    assert send(where, since="2023-08-15", to=course.other.pk, reason="").status_code == 422
    assert send(where, since="2023-08-15", to=course.cohort.pk, reason="x").status_code == 422
    assert send(where, since="2023-08-15", to=course.other.pk, reason="language").status_code == 302
    assert (last(course.trainee).cohort, last(course.trainee).group) == (course.other, None)
    roster = client.get(reverse("trainees:cohort_roster", args=[course.cohort.slug]))
    seats = {seat.entry.trainee.roll_number: seat for seat in roster.context["seats"]}
    assert seats["R-1"].words == "transferred to TRD-C2" and not seats["R-1"].here


def test_a_track_and_a_group_are_given_and_taken(course, send):
    for what, row in (("track", course.track), ("group", course.group)):
        for chosen in (row, None):
            answer = send(
                change(what, course, course.trainee), since="2023-08-09", **{what: chosen.pk if chosen else ""}
            )
            assert answer.status_code == 302 and getattr(last(course.trainee), what) == chosen


@pytest.mark.parametrize(
    ("since", "told"),
    [("2100-01-01", "has not come yet"), ("2023-08-01", "already has a later entry"), ("", "required")],
)
def test_a_day_that_cannot_be_is_refused(since, told, course, send):
    answer = send(change("suspend", course, course.trainee), since=since, reason="ill")
    assert answer.status_code == 422 and told in answer.text and Enrolment.objects.count() == 2


def test_nobody_ticked_is_told(course, client):
    where = reverse("trainees:roster_change", args=[course.cohort.slug, "suspend"])
    stranger = f.EnrolmentFactory().trainee
    for ticks in ("", "?t=x", f"?t={stranger.pk}:{last(stranger).act.key}"):
        answer = client.get(where + ticks)
        assert answer.status_code == 422 and "Tick at least one" in answer.text
    assert client.get(reverse("trainees:roster_change", args=[course.cohort.slug, "promote"])).status_code == 404


def test_a_change_is_done_once(course, fill, client):
    where = change("suspend", course, course.trainee)
    sent = fill(where, since="2023-08-10", reason="ill")
    for _ in range(2):
        assert client.post(where, sent).status_code == 302
    assert Enrolment.objects.filter(trainee=course.trainee).count() == 2


def test_a_change_overtaken_changes_nobody_and_keeps_what_was_entered(course, fill, send, client):
    where = change("suspend", course, course.trainee, course.second)
    sent = fill(where, since="2023-08-10", reason="both ill")
    send(change("suspend", course, course.second), since="2023-08-09", reason="home")
    answer = client.post(where, sent)
    assert answer.status_code == 409 and "both ill" in answer.text
    assert last(course.trainee).status == "active" and last(course.second).reason == "home"
    form = answer.context["form"]
    again = sent | {name: form[name].value() for name in ("key", "seen")}
    assert client.post(where, again).status_code == 302  # as the page offers
    assert {last(one).reason for one in (course.trainee, course.second)} == {"both ill"}


# ---- what was wrong


def test_an_entry_is_corrected_with_a_reason_and_the_wrong_one_stays(course, send, client):
    wrong = last(course.trainee)
    where = reverse("trainees:place_correct", args=[wrong.pk])
    words = {"status": "active", "since": "2023-08-09", "track": course.track.pk}
    assert send(where, **words, correction="").status_code == 422
    assert send(where, **words, correction="came late").url == course.trainee.get_absolute_url()
    right = last(course.trainee)
    assert (right.voids, right.since, right.track) == (wrong, datetime.date(2023, 8, 9), course.track)
    assert "came late" in client.get(course.trainee.get_absolute_url()).text
    assert send(where, **words, correction="again").status_code == 409


def test_an_entry_made_by_mistake_leaves_the_roster(course, send, client):
    where = reverse("trainees:place_correct", args=[last(course.trainee).pk])
    answer = send(where, mistaken="on", status="active", since="2023-08-07", correction="somebody else")
    assert answer.status_code == 302 and last(course.trainee).status == "void"
    moment = client.get(reverse("trainees:cohort_roster", args=[course.cohort.slug])).context["moment"]
    assert [seat.entry.trainee for seat in roster_of(course.cohort, moment, EVERYBODY)] == [course.second]
