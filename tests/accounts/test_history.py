"""The history that people read tells who changed what, from, to, when and why."""

import datetime
import decimal

import pytest
from allauth.account.adapter import get_adapter
from django.template.loader import render_to_string

from accounts.acts import add, change, remove
from accounts.history import history_of
from programs.models import CurriculumEntry, Prerequisite, Program, Track
from tests import factories as f
from trainees.models import Identity

from . import rows

pytestmark = pytest.mark.django_db


def edit(row, *, user=None, reason="", **values):
    fresh = type(row).objects.get(pk=row.pk)

    def do(act):
        for name, value in values.items():
            setattr(fresh, name, value)
        change(fresh, act, seen=fresh.seen)

    f.do(do, user=user, reason=reason)
    return fresh


def sentences(entry):
    return [f"{line.thing}: {line.sentence}" if line.thing else line.sentence for line in entry.lines]


def test_a_change_is_told_with_who_what_from_to_and_why():
    program, user = f.ProgramFactory(title="Old"), f.UserFactory(display_name="COORD-1")
    edit(program, user=user, reason="It was wrong", title="New")

    newest, oldest = history_of(program)

    assert (newest.who, newest.why, sentences(newest)) == (
        "COORD-1",
        "It was wrong",
        ["changed title from “Old” to “New”"],
    )
    assert (oldest.who, oldest.why, sentences(oldest)) == ("the command line", "", ["created"])
    assert newest.at > oldest.at


def test_values_are_told_as_people_know_them():
    session = f.TrainingSessionFactory()
    colleague = f.InstructorFactory(call_sign="FJELL")
    entry = f.EntryFactory()
    cohort = edit(session.cohort, lead_instructor=colleague, practice=True, ends_on=datetime.date(2023, 9, 1))
    session = edit(session, kind="retake", place="Range 2")
    entry = edit(entry, pass_mark=decimal.Decimal("62.5"))
    entry = edit(entry, pass_mark=None)

    assert sentences(history_of(cohort)[0]) == [
        "changed last day from 31 Aug 2023 to 1 Sep 2023",
        "set lead instructor to FJELL",
        "changed for practice from no to yes",
    ]
    assert sentences(history_of(session)[0]) == [
        "changed kind from instruction to retake",
        "set location to “Range 2”",
    ]
    assert sentences(history_of(entry)[0]) == ["removed pass mark, which was 62.50"]


def test_times_are_told_in_the_current_time_zone(settings):
    settings.TIME_ZONE = "Europe/Oslo"
    session = f.TrainingSessionFactory()
    starts_at = session.starts_at - datetime.timedelta(hours=1)
    edit(session, starts_at=starts_at, postponed_from=session.starts_at, postponed_reason="Fog")
    assert sentences(history_of(session)[0])[0] == "changed starts from 10 Aug 2023, 10:00 to 10 Aug 2023, 09:00"


def test_the_parts_of_a_thing_belong_to_its_history_also_those_deleted_since():
    program = f.ProgramFactory()
    track = f.TrackFactory(program=program, title="Medic")
    f.TrackFactory(title="Of another program")
    f.do(lambda act: remove(track, seen=track.seen))

    assert [sentences(entry) for entry in history_of(program, parts=[Track])] == [
        ["track Medic: deleted"],
        ["track Medic: created"],
        ["created"],
    ]


def test_several_rows_have_one_entry_for_each_act():
    first, second = f.ProgramFactory(), f.SkillModuleFactory(code="M99", title="Drones")

    def both(act):
        for row in (first, second):
            row.title = "New"
            change(row, act, seen=row.seen)

    f.do(both)
    newest = history_of(first, second)[0]
    assert sentences(newest) == [
        "changed title from “Training program” to “New”",
        "module M99 New: changed title from “Drones” to “New”",
    ]


def test_names_are_never_told():
    trainee = f.TraineeFactory()
    f.do(lambda act: add(Identity(trainee=trainee, family_name="Shevchenko", given_name="Taras"), act))
    html = render_to_string("components/history.html", {"history": history_of(trainee, parts=[Identity])})
    assert "identity" in html
    assert "Shevchenko" not in html


def test_a_changed_password_is_told_and_not_shown():
    user = f.UserFactory()
    get_adapter().set_password(user, "another quite long one")
    assert sentences(history_of(user)[0]) == ["set the password"]


def test_the_history_of_evidence_tells_the_result():
    entry = f.EntryFactory()
    go = f.RecordFactory(entry=entry)
    wrong = f.RecordFactory(
        entry=entry, trainee=go.trainee, previous=go, voids=go, kind="no_go", reason="Mixed up with another trainee"
    )
    void = f.RecordFactory(
        entry=entry,
        trainee=go.trainee,
        previous=wrong,
        voids=wrong,
        kind="void",
        assessor=None,
        reason="Not him at all",
    )
    newest, correction, first = history_of(go, wrong, void)
    assert sentences(first) == ["recorded GO, assessed on 10 Aug 2023"]
    assert sentences(correction) == ["corrected GO of 10 Aug 2023 to NO-GO, assessed on 10 Aug 2023"]
    assert (sentences(newest), newest.why) == (["voided NO-GO of 10 Aug 2023"], "Not him at all")


def test_places_and_attendance_are_told_as_sentences():
    enrolment = f.EnrolmentFactory(cohort__slug="trd-c1", trainee__roll_number="R-1")
    assert sentences(history_of(enrolment)[0]) == ["placed R-1 SOKIL in TRD-C1, active, since 7 Aug 2023"]


@pytest.mark.parametrize("model", rows.MAKE, ids=lambda model: model._meta.db_table)
def test_the_history_of_every_table_can_be_told(model):
    row = rows.written(rows.MAKE[model]())
    (entry,) = history_of(row)
    assert all(sentence and "None" not in sentence and "#" not in sentence for sentence in sentences(entry))
    assert "<li>" in render_to_string("components/history.html", {"history": [entry]})


def test_what_is_not_set_is_not_told_as_none():
    session = f.TrainingSessionFactory()
    moment = datetime.datetime(2023, 8, 10, 12, tzinfo=datetime.UTC)
    session = edit(session, cancelled_at=moment, cancelled_reason="Fog")
    assert sentences(history_of(session)[0]) == [
        "set cancelled to 10 Aug 2023, 12:00",
        "set why it was cancelled to “Fog”",
    ]


@pytest.mark.parametrize("acts", [2, 12])
def test_the_number_of_queries_does_not_grow_with_the_history(acts, django_assert_num_queries):
    cohort = f.CohortFactory()
    for _number in range(acts):
        cohort = edit(cohort, lead_instructor=f.InstructorFactory())
    with django_assert_num_queries(3):  # the changes, the program pointed to, the instructors pointed to
        history_of(cohort)


def test_the_page_shows_every_entry_and_escapes_what_people_wrote():
    program = f.ProgramFactory()
    edit(program, title="<script>", reason="<b>")
    html = render_to_string("components/history.html", {"history": history_of(program)})
    assert "&lt;script&gt;" in html and "Why: &lt;b&gt;" in html and "<script>" not in html


def test_parts_of_parts_belong_to_it_those_deleted_since_too():
    entry = f.EntryFactory()
    curriculum, needs = entry.curriculum, f.EntryFactory(curriculum=entry.curriculum)
    link = f.link_prerequisite(entry, needs)
    f.do(lambda act: link.delete())
    found = history_of(curriculum, parts=(CurriculumEntry, Prerequisite))
    sentences = [line.sentence for one in found for line in one.lines if line.thing.startswith("prerequisite")]
    assert sentences == ["deleted", "created"]


def test_the_newest_are_told_first_and_all_when_asked():
    program = f.ProgramFactory()
    for n in range(4):
        f.do(lambda act, n=n: Program.objects.filter(pk=program.pk).update(title=f"Title {n}"))
    assert [one.lines[0].sentence for one in history_of(program, newest=2)] == [
        "changed title from “Title 2” to “Title 3”",
        "changed title from “Title 1” to “Title 2”",
    ]
    assert len(history_of(program)) == 5
