"""Remarks that may tell that somebody is ill are shown to those who record; a liaison officer sees "excused"."""

import datetime
import uuid

import pytest
from django.urls import reverse

from accounts.acts import add
from tests import factories as f
from trainees import services
from trainees.models import Attendance, Excusal

REMARK, FEVER, KNEE = "fever since Monday", "limping badly", "twisted knee"


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to("2023-08-10 15:00Z", tick=False)


@pytest.fixture
def ill(course):
    day = course.session.starts_on
    for who, kind in ((course.trainee, "sick"), (course.second, "leave")):
        excusal = Excusal(trainee=who, program=course.program, kind=kind, since=day, reason=REMARK)
        f.do(lambda act, excusal=excusal: add(excusal, act), scope=course.program.pk)
    by = {"user": course.instructor, "session": course.session, "trainee": course.second}
    first = services.mark_trainee(**by, key=uuid.uuid4(), status="excused", reason=FEVER, seen="")
    services.mark_trainee(**by, key=uuid.uuid4(), status="absent", reason=f"{FEVER} still", seen=first.key)
    return course


def pages(course):
    cohort = [course.cohort.slug]
    told = {"history": "all"}
    return [
        (course.session.get_absolute_url(), told),
        *((one.get_absolute_url(), told) for one in (course.trainee, course.second)),
        (reverse("trainees:cohort_excusals", args=cohort), {}),
        (reverse("trainees:cohort_strength", args=cohort), {"day": "2023-08-10", "show": "all"}),
        (reverse("trainees:cohort_board", args=cohort), {"day": "2023-08-10"}),
        (reverse("trainees:program_board", args=[course.program.slug]), {"day": "2023-08-10"}),
        (reverse("trainees:cohort_roster", args=cohort), {}),
        (reverse("trainees:cell", args=[course.trainee.uuid, course.program.slug, course.module.code]), told),
    ]


def told(course, client, who):
    client.force_login(getattr(course, who))
    found = {}
    for where, asked in pages(course):
        answer = client.get(where, asked)
        assert answer.status_code == 200, where
        text = answer.text.replace("Sick, excused", "")
        found[where] = {word for word in (REMARK, FEVER, "sick", "on leave") if word in text}
    return found


@pytest.mark.parametrize("who", ["instructor", "coordinator"])
def test_whoever_records_reads_the_remarks(who, ill, client):
    found = told(ill, client, who)
    assert found[ill.session.get_absolute_url()] == {REMARK, FEVER, "sick"}
    assert found[ill.second.get_absolute_url()] == {REMARK, FEVER, "on leave"}
    assert sum(REMARK in words for words in found.values()) >= 6


def test_a_liaison_officer_reads_none_of_them_on_any_page_or_in_a_history(ill, client):
    assert set().union(*told(ill, client, "viewer").values()) == set()


def files(course):
    cohort, person = [course.cohort.slug], [course.trainee.uuid]
    return [
        (course.session.get_absolute_url(), {}),
        (reverse("trainees:trainee_detail", args=person), {"table": "attendance"}),
        (reverse("trainees:trainee_detail", args=[course.second.uuid]), {"table": "attendance"}),
        (reverse("trainees:cohort_excusals", args=cohort), {}),
        (reverse("trainees:cohort_strength", args=cohort), {"day": "2023-08-10"}),
        (reverse("trainees:cohort_strength", args=cohort), {"day": "2023-08-10", "show": "all", "table": "people"}),
        (reverse("trainees:cohort_board", args=cohort), {"day": "2023-08-10"}),
        (reverse("trainees:program_board", args=[course.program.slug]), {"day": "2023-08-10"}),
    ]


@pytest.mark.parametrize(("who", "some"), [("viewer", False), ("instructor", True)])
def test_a_file_tells_them_to_those_who_record_alone(who, some, ill, client):
    client.force_login(getattr(ill, who))
    texts = []
    for where, asked in files(ill):
        answer = client.get(where, asked | {"format": "csv"})
        rows = b"".join(answer.streaming_content).decode().replace(",sick,excused", "")  # the heads of columns
        texts += [f"{where}: {word}" for word in (REMARK, FEVER, "sick", "leave") if word in rows]
    assert bool(texts) == some, texts
    assert len(texts) > 6 or not some


def test_a_liaison_officer_reads_that_somebody_is_excused(ill, client):
    client.force_login(ill.viewer)
    for where in (
        ill.session.get_absolute_url(),
        ill.trainee.get_absolute_url(),
        reverse("trainees:cohort_excusals", args=[ill.cohort.slug]),
    ):
        assert "excused" in client.get(where).text, where
    asked = {"day": "2023-08-10", "show": "sick"}
    strength = client.get(reverse("trainees:cohort_strength", args=[ill.cohort.slug]), asked)
    assert strength.context["people"] == []
    assert [(state, n) for state, _words, n in strength.context["strength"].total.counts] == [
        ("present", 0),
        ("excused", 2),
        ("absent", 0),
        ("unmarked", 0),
    ]


def test_a_history_without_remarks_still_tells_that_a_mark_was_changed(ill, client):
    client.force_login(ill.viewer)
    page = client.get(ill.session.get_absolute_url(), {"history": "all"}).text
    assert "marked R-2 SOKIL excused" in page and "changed attendance from excused to absent" in page


@pytest.fixture
def visitor(ill):
    """A coordinator elsewhere who only reads here: the admin opens to them."""
    user = f.RoleFactory(user__is_staff=True).user
    f.RoleFactory(user=user, program=ill.program, kind="viewer")
    return user


def test_the_admin_shows_them_to_nobody_who_only_reads(ill, visitor, client):
    client.force_login(visitor)
    mark, excusal = Attendance.objects.get(), Excusal.objects.first()
    for name, args in (
        ("attendance_changelist", []),
        ("excusal_changelist", []),
        ("trainingsession_change", [ill.session.pk]),
        ("trainingsession_history", [ill.session.pk]),
    ):
        answer = client.get(reverse(f"admin:trainees_{name}", args=args))
        assert answer.status_code == 200 and REMARK not in answer.text and FEVER not in answer.text, name
    for name, row in (("attendance", mark), ("excusal", excusal)):
        assert client.get(reverse(f"admin:trainees_{name}_change", args=[row.pk])).status_code != 200


def test_the_admin_shows_them_to_whoever_runs_the_program(ill, client):
    f.do(lambda act: type(ill.coordinator).objects.filter(pk=ill.coordinator.pk).update(is_staff=True, act=act))
    client.force_login(ill.coordinator)
    for name, args, words in (
        ("attendance_changelist", [], FEVER),
        ("excusal_changelist", [], REMARK),
        ("trainingsession_change", [ill.session.pk], FEVER),
        ("trainingsession_history", [ill.session.pk], FEVER),
    ):
        assert words in client.get(reverse(f"admin:trainees_{name}", args=args)).text, name


# ---- why somebody has another place


@pytest.fixture
def hurt(course):
    """One is suspended, that entry corrected; another has left."""
    by = {"user": course.coordinator, "cohort": course.cohort, "since": datetime.date(2023, 8, 9)}
    seen = {who.pk: who.enrolments.get().act.key for who in (course.trainee, course.second)}
    for who, kind, status in ((course.trainee, "suspend", "suspended"), (course.second, "withdraw", "withdrawn")):
        one = {who.pk: seen[who.pk]}
        services.place(**by, key=uuid.uuid4(), kind=kind, seen=one, status=status, reason=f"{KNEE}, {status}")
    entry = course.trainee.enrolments.select_related("act").latest("pk")
    correction = {"correction": f"{KNEE}, the left one", "group": course.group}
    services.correct_place(user=course.coordinator, key=uuid.uuid4(), entry=entry, seen=entry.act.key, **correction)
    return course


@pytest.mark.parametrize(("who", "some"), [("viewer", False), ("instructor", True)])
def test_why_a_place_is_another_is_told_to_those_who_record_alone(who, some, hurt, client):
    client.force_login(getattr(hurt, who))
    cohort, person = [hurt.cohort.slug], [hurt.trainee.uuid]
    roster, detail = reverse("trainees:cohort_roster", args=cohort), reverse("trainees:trainee_detail", args=person)
    overview = reverse("trainees:cohort_detail", args=cohort)
    for where, asked in ((roster, {}), (detail, {}), (detail, {"history": "all"}), (overview, {"history": "all"})):
        assert (KNEE in client.get(where, asked).text) == some, (where, asked)
    for where, table in ((roster, ""), (detail, "places"), (detail, "history")):
        told = client.get(where, {"format": "csv", "table": table}).getvalue().decode()
        assert (KNEE in told) == some, (where, table)
    assert "withdrawn: 1" in client.get(overview).text
