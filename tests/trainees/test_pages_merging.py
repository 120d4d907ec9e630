"""The pages on which two numbers become one person."""

import uuid

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.acts import add
from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.forms.people import EnrolNewForm
from trainees.models import Attendance, Identity, Record, Trainee
from trainees.selectors.paper import lines_of
from trainees.selectors.person import held_about

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
        entry = client.get(who.get_absolute_url(), {"history": "1"}).context["history"][0]
        assert "set merged into to R-1 SOKIL" in [line.sentence for line in entry.lines]
        assert entry.why == "Same voice"


# ---- afterwards


@pytest.fixture
def merged(course):
    """The second trainee goes on as the first."""
    said = {"user": course.coordinator, "kept": course.trainee, "old": course.second}
    report = services.rehearse_merging(**said)
    seen = {"seen_kept": course.trainee.seen, "seen_old": course.second.seen}
    services.merge_trainees(key=uuid.uuid4(), expected=report.digest, reason="Twice", **seen, **said)
    return course


def test_lists_show_one_person_who_is_found_by_either_number(merged, client):
    client.force_login(merged.viewer)
    for query in ({}, {"q": "R-1"}, {"q": "r-2 sokil"}):
        page = client.get(reverse("trainees:trainee_list"), query).context["page"]
        assert [str(one) for one in page] == ["R-1 SOKIL"]


def test_the_roster_and_the_register_have_one_line(merged, client):
    client.force_login(merged.coordinator)
    rows = client.get(reverse("trainees:cohort_roster", args=[merged.cohort.slug]))
    assert "R-2" not in rows.text
    register = client.get(reverse("trainees:session_register", args=[merged.session.pk]))
    assert "R-2" not in register.text


def test_a_mark_made_before_is_written_for_the_kept_number(merged, client):
    client.force_login(merged.instructor)
    where = reverse("trainees:attendance_mark", args=[merged.session.pk, merged.second.uuid])
    assert client.post(where, {"key": uuid.uuid4(), "seen": "", "status": "late"}).status_code == 200
    assert Attendance.objects.get().trainee == merged.trainee
    mine = f.InstructorFactory(account=merged.instructor)
    f.AssignmentFactory(program=merged.program, instructor=mine)
    where = reverse("trainees:result_mark", args=[merged.second.uuid, merged.program.slug, "MED"])
    sent = {"key": uuid.uuid4(), "seen": "", "kind": "no_go", "assessed_on": "2023-08-10", "assessor": mine.pk}
    assert client.post(where, sent).status_code == 200
    assert Record.objects.get().trainee == merged.trainee


def test_what_is_entered_for_the_old_number_is_refused_naming_the_kept_one(merged, client):
    client.force_login(merged.coordinator)
    where = reverse("trainees:record_create", args=[merged.second.uuid, merged.program.slug, "MED"])
    answer = client.get(where)
    assert answer.status_code == 422
    assert "R-2 SOKIL goes on as R-1 SOKIL. Write it there." in answer.text


def test_a_cell_tells_what_was_first_written_for_the_old_number(course, page, client, looked):
    f.RecordFactory(trainee=course.second, entry=course.entry, assessor=course.assessor)
    client.post(page, looked())
    kept, old = (
        client.get(reverse("trainees:cell", args=[who.uuid, course.program.slug, "MED"])).text
        for who in (course.trainee, course.second)
    )
    assert "for R-2" in kept
    assert "Void" in kept
    assert "R-2 was merged into another number" in old
    assert "record/?voids=" not in old


def test_a_sheet_printed_before_is_entered_for_the_kept_number(course, client):
    sheet = services.print_sheet(user=course.instructor, key=uuid.uuid4(), session=course.session, kind="register")
    f.do(lambda act: Trainee.objects.filter(pk=course.second.pk).update(act=act, merged_into=course.trainee))
    assert [str(line.trainee) for line in lines_of(sheet, EVERYBODY)] == ["R-1 SOKIL", "R-2 SOKIL"]
    third = f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="R-3").trainee
    f.do(lambda act: Trainee.objects.filter(pk=course.trainee.pk).update(act=act, merged_into=third))
    assert [str(line.trainee) for line in lines_of(sheet, EVERYBODY)] == ["R-3 SOKIL", "R-2 SOKIL"]


def test_somebody_unlisted_who_told_the_old_number_is_known(merged):
    said = {"user": merged.instructor, "key": uuid.uuid4(), "session": merged.session}
    with pytest.raises(ValidationError, match="R-1 SOKIL is on this register"):
        services.add_unlisted(told="r-2", **said)


def test_whoever_enrols_the_old_number_enrols_the_kept_one(merged, client):
    other = f.CohortFactory(code="C9")
    f.RoleFactory(user=merged.coordinator, program=other.program)
    form = EnrolNewForm(
        {"key": uuid.uuid4(), "known": "R-2, R-1", "status": "active", "since": "2023-08-10"},
        cohort=other,
        user=merged.coordinator,
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data["known"] == [merged.trainee]


def test_the_handout_tells_of_both_numbers(course):
    f.RecordFactory(trainee=course.second, entry=course.entry, assessor=course.assessor)
    services.read_names(user=course.coordinator, key=uuid.uuid4(), trainees=[course.second], reason="Papers")
    f.do(lambda act: Trainee.objects.filter(pk=course.second.pk).update(act=act, merged_into=course.trainee))
    told = held_about(course.trainee)
    assert [one["roll number"] for one in told["trainees"]] == ["R-1", "R-2"]
    assert len(told["records"]) == 1
    assert len(told["readings of names"]) == 1
    assert "Papers" in [one["why"] for one in told["history"]]


def test_erasing_the_kept_number_erases_the_old_one_too(course, client):
    f.do(lambda act: add(Identity(trainee=course.second, family_name="Koval"), act))
    f.RecordFactory(trainee=course.second, entry=course.entry, reason="Limped", assessor=course.assessor)
    f.do(lambda act: Trainee.objects.filter(pk=course.second.pk).update(act=act, call_sign="ZHAYVORONOK"))
    course.second.refresh_from_db()
    report = services.rehearse_merging(user=course.coordinator, kept=course.trainee, old=course.second)
    seen = {"seen_kept": course.trainee.seen, "seen_old": course.second.seen}
    said = {"user": course.coordinator, "reason": "Twice"}
    services.merge_trainees(
        key=uuid.uuid4(), expected=report.digest, kept=course.trainee, old=course.second, **seen, **said
    )
    with pytest.raises(ValidationError, match="goes on as R-1 SOKIL"):
        services.erase_person(
            key=uuid.uuid4(), trainee=course.second, seen=course.second.seen, roll_number="R-2", **said
        )
    services.erase_person(key=uuid.uuid4(), trainee=course.trainee, seen=course.trainee.seen, roll_number="R-1", **said)
    everything = "\n".join(
        str(row) for model in apps.get_models(include_auto_created=True) for row in model._base_manager.values()
    )
    for word in ("Koval", "Limped", "ZHAYVORONOK", "zhayvoronok"):
        assert word not in everything
    assert Record.objects.count() == 2
    assert set(Trainee.objects.values_list("call_sign", flat=True)) == {"[erased]"}
