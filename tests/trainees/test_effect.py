"""What if the rule changes: what is shown before a version is published or followed is what the pages say afterwards."""

import csv
import datetime
import io
import uuid
from types import SimpleNamespace

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from programs.access import EVERYBODY
from programs.models import CurriculumEntry
from programs.services import create_curriculum
from tests import factories as f
from tests.trainees.crowd import cohorts_more, crowd
from trainees import services
from trainees.models import Completion
from trainees.progress import Share
from trainees.selectors.effect import digest_of, effects_of, may_follow
from trainees.selectors.progress import cohort_view

pytestmark = pytest.mark.django_db
TODAY = datetime.datetime(2023, 8, 20, 10, tzinfo=datetime.UTC)
DAY = datetime.date(2023, 8, 20)


@pytest.fixture(autouse=True)
def in_the_course():
    with time_machine.travel(TODAY, tick=False):
        yield


def by(user):
    return {"user": user, "key": uuid.uuid4()}


@pytest.fixture
def course(db):
    """Version 1 asks M1, M2 (needs M1) and M3 of everybody. A-1 has GO in M1, M2 and M3, A-2 in M1 and M2, A-3 in M4.

    Version 2, a draft: M1 is elective, M2 needs M4 too, M3 is gone, M4 is new; M1 has another pass mark.
    """
    program = f.ProgramFactory(code="P1")
    modules = {code: f.SkillModuleFactory(code=code) for code in ("M1", "M2", "M3", "M4")}
    first = f.CurriculumFactory(program=program, number=1)
    e = {
        code: f.EntryFactory(curriculum=first, module=modules[code], position=n)
        for n, code in enumerate(("M1", "M2", "M3"))
    }
    f.link_prerequisite(e["M2"], e["M1"])
    f.publish(first)
    cohort = f.CohortFactory(program=program, code="C1")
    followed = f.CohortCurriculumFactory(cohort=cohort, curriculum=first)
    judge = f.AssignmentFactory(program=program).instructor
    draft = f.CurriculumFactory(program=program, number=2)
    d = {
        "M4": f.EntryFactory(curriculum=draft, module=modules["M4"], position=1),
        "M1": f.EntryFactory(curriculum=draft, module=modules["M1"], position=2, required=False, pass_mark=70),
        "M2": f.EntryFactory(curriculum=draft, module=modules["M2"], position=3),
    }
    f.link_prerequisite(d["M2"], d["M1"])
    f.link_prerequisite(d["M2"], d["M4"])
    people = []
    for n, shown in enumerate((("M1", "M2", "M3"), ("M1", "M2"), ("M4",)), 1):
        who = f.EnrolmentFactory(cohort=cohort, trainee__roll_number=f"A-{n}").trainee
        people.append(who)
        for code in shown:
            f.RecordFactory(trainee=who, entry=e[code] if code in e else d[code], assessor=judge)
    return SimpleNamespace(
        program=program,
        cohort=cohort,
        first=first,
        followed=followed,
        draft=draft,
        entries=d,
        people=people,
        judge=judge,
        modules=modules,
        coordinator=f.RoleFactory(program=program).user,
        instructor=f.RoleFactory(program=program, kind="instructor").user,
    )


def effect_of(course, since=None):
    (found,) = effects_of([course.cohort], course.draft, EVERYBODY, since)
    return found


def told(effect):
    return [(one.person.roll_number, one.entry.code, one.before, one.after, one.required) for one in effect.cells]


def test_statuses_before_and_after_are_those_worked_out_by_hand(course):
    found = effect_of(course)
    optional = not_asked = (True, False)
    assert told(found) == [
        ("A-1", "M4", "", "not_started", (False, True)),
        ("A-1", "M1", "achieved", "achieved", optional),
        ("A-1", "M3", "achieved", "", not_asked),
        ("A-2", "M4", "", "not_started", (False, True)),
        ("A-2", "M1", "achieved", "achieved", optional),
        ("A-2", "M3", "not_started", "", not_asked),
        ("A-3", "M4", "", "achieved", (False, True)),
        ("A-3", "M1", "not_started", "not_started", optional),
        ("A-3", "M3", "not_started", "", not_asked),
    ]
    assert [(before, after) for _words, before, after in found.numbers][:2] == [
        (Share(5, 9), Share(3, 6)),  # M1, M2, M3 of three people; then M4 and M2
        (Share(1, 3), Share(0, 3)),  # A-1 met all, and lacks M4 then
    ]
    assert [[one.roll_number for one in of] for of in found.meeting] == [[], ["A-1"]]


def test_each_change_says_why_and_what_moves_no_status_is_told_apart(course):
    found = effect_of(course)
    why = {one.entry.code: one.why for one in found.cells}
    assert why == {
        "M4": "Asked: not asked → required",
        "M1": "Asked: required → elective",
        "M3": "Asked: required → not asked",
    }
    said = {
        one.entry.code: [(of.what, of.before, of.after, of.moves) for of in one.differences] for one in found.modules
    }
    assert said["M2"] == [("Needs", "M1", "M1, M4", True)]
    assert ("Pass mark", "–", "70", False) in said["M1"]
    assert {one.entry.code: one.statuses for one in found.modules} == {"M4": 3, "M1": 3, "M2": 0, "M3": 3}


def test_a_track_that_is_asked_otherwise_moves_only_its_own(course):
    medic, _other = f.TrackFactory(program=course.program, code="MED"), f.TrackFactory(program=course.program)
    f.link_track(course.entries["M2"], medic)
    found = effect_of(course)
    assert [(one.person.roll_number, one.after) for one in found.cells if one.entry.code == "M2"] == [
        ("A-1", ""), ("A-2", ""), ("A-3", ""),
    ]  # fmt: skip
    assert {one.why for one in found.cells if one.entry.code == "M2"} == {"Tracks: all → MED; Needs: M1 → M1, M4"}


def test_a_needed_module_that_is_not_met_blocks(course):
    f.RecordFactory(trainee=course.people[2], entry=course.first.entries.get(module__code="M1"), assessor=course.judge)
    third = f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="A-4").trainee
    f.RecordFactory(trainee=third, entry=course.first.entries.get(module__code="M1"), assessor=course.judge)
    found = [one for one in told(effect_of(course)) if one[1] == "M2"]
    assert found == [("A-4", "M2", "not_started", "blocked", (True, True))]  # A-3 has what M4 asks


def test_what_is_shown_is_what_the_pages_say_after_publishing_and_moving(course):
    shown = effect_of(course, since=DAY)
    expected = digest_of(effects_of([course.cohort], course.draft, EVERYBODY))
    said = {"curriculum": course.draft, "seen": course.draft.seen, "expected": expected}
    services.publish_curriculum(**by(course.coordinator), **said)
    assert cohort_view(course.cohort, EVERYBODY).progress == shown.before.progress  # publishing moves nobody
    services.follow_curriculum(
        **by(course.coordinator), cohort=course.cohort, curriculum=course.draft, since=DAY, expected=digest_of([shown])
    )
    after = cohort_view(course.cohort, EVERYBODY)
    assert after.progress == shown.after.progress and after.curriculum == 2


def test_of_a_day_to_come_it_is_told_by_what_is_recorded_now_and_nothing_changes_until_then(course):
    f.publish(course.draft)
    later = DAY + datetime.timedelta(days=3)
    shown = effect_of(course, since=later)
    assert shown.waits and shown.holds and told(shown) == told(effect_of(course))
    services.follow_curriculum(
        **by(course.coordinator),
        cohort=course.cohort,
        curriculum=course.draft,
        since=later,
        expected=digest_of([shown]),
    )
    assert cohort_view(course.cohort, EVERYBODY).progress == shown.before.progress
    with time_machine.travel(TODAY + datetime.timedelta(days=3), tick=False):
        after = cohort_view(course.cohort, EVERYBODY).progress
        assert after.coverage == shown.after.progress.coverage


def test_a_version_that_a_later_one_has_overtaken_changes_nothing_now(course):
    f.publish(course.draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=course.first, since=datetime.date(2023, 8, 15))
    found = effect_of(course, since=datetime.date(2023, 8, 12))
    assert not found.holds and found.cells == [] and found.before.progress == found.after.progress


def test_whoever_has_completed_keeps_the_snapshot(course, client):
    place = course.people[0].enrolments.get()
    f.EnrolmentFactory(cohort=course.cohort, trainee=course.people[0], previous=place, status="completed", since=DAY)
    found = effect_of(course)
    assert [one.roll_number for one in found.completed] == ["A-1"]
    assert {one.person.roll_number for one in found.cells if one.completed} == {"A-1"}
    snapshot = {"modules": [], "satisfied": 3, "required": 3, "attended": [0, 0], "expected": 0}
    row = Completion(
        trainee=course.people[0], program=course.program, cohort=course.cohort, completed_on=DAY, snapshot=snapshot
    )
    row = f.do(lambda act: f.add(row, act)).made(Completion)
    f.publish(course.draft)
    services.follow_curriculum(**by(course.coordinator), cohort=course.cohort, curriculum=course.draft, since=DAY)
    row.refresh_from_db()
    assert row.snapshot == snapshot


def test_only_cohorts_that_are_not_over_and_follow_an_older_version_are_asked_about(course):
    over = f.CohortFactory(
        program=course.program, starts_on=datetime.date(2023, 7, 1), ends_on=datetime.date(2023, 7, 9)
    )
    away = f.CohortFactory(program=course.program, archived_at=TODAY)
    ahead = f.CohortFactory(program=course.program)
    for one in (over, away):
        f.CohortCurriculumFactory(cohort=one, curriculum=course.first)
    f.publish(course.draft)
    f.CohortCurriculumFactory(cohort=ahead, curriculum=course.draft)
    f.CohortFactory(program=course.program)  # follows nothing
    assert may_follow(course.program, course.draft) == [course.cohort]
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=course.draft, since=DAY)
    assert may_follow(course.program, course.draft) == []


# ---- the pages


@pytest.fixture
def move(course, client):
    """The page between choosing a version and following it."""
    client.force_login(course.coordinator)
    f.publish(course.draft)
    where = reverse("trainees:cohort_follow", args=[course.cohort.slug]) + "?curriculum=2&since=2023-08-20"

    def post(page, **words):
        return client.post(where, {"key": uuid.uuid4(), "expected": page.context["form"]["expected"].value()} | words)

    return SimpleNamespace(where=where, get=lambda more="": client.get(where + more), post=post)


def test_choosing_shows_what_changes_confirming_does_it_and_it_is_taken_back(course, move, client):
    bare = reverse("trainees:cohort_follow", args=[course.cohort.slug])
    assert "Show what changes" in client.get(bare).text
    page = move.get()
    assert "9 statuses" in page.text and "Asked: not asked → <b>required</b>" in page.text
    assert "1 trainee would no longer meet all requirements" in page.text
    assert course.cohort.curricula.count() == 1  # looking changes nothing
    assert move.post(page).url == course.cohort.get_absolute_url()
    line = course.cohort.curricula.get(curriculum=course.draft)
    undo = reverse("trainees:cohort_unfollow", args=[course.cohort.slug, line.pk])
    client.post(undo, {"key": uuid.uuid4(), "seen": line.seen})
    assert cohort_view(course.cohort, EVERYBODY).curriculum == 1


def test_where_something_else_would_change_by_now_it_is_shown_anew(course, move):
    page = move.get()
    f.RecordFactory(trainee=course.people[1], entry=course.first.entries.get(module__code="M3"), assessor=course.judge)
    answer = move.post(page)
    assert answer.status_code == 422 and "It is shown anew below" in answer.text
    assert "2 trainees would no longer meet all requirements" in answer.text
    assert course.cohort.curricula.count() == 1
    assert move.post(answer).status_code == 302 and course.cohort.curricula.count() == 2


def test_nobody_confirms_what_they_have_not_seen(course, move, client):
    assert client.post(move.where, {"key": uuid.uuid4()}).status_code == 422
    assert course.cohort.curricula.count() == 1
    with pytest.raises(ValidationError):
        services.follow_curriculum(
            **by(course.coordinator), cohort=course.cohort, curriculum=course.draft, since=DAY, expected="x"
        )


def test_a_day_on_which_it_changes_already_is_refused_before_anything_is_shown(course, move, client):
    answer = client.get(move.where.replace("2023-08-20", course.followed.since.isoformat()))
    assert "already changes its curriculum on this day" in answer.text


def test_every_count_opens_to_as_many_rows(course, move):
    page = move.get()
    assert page.context["page"].paginator.count == 9
    for line in page.context["shown"].modules:
        if line.statuses:
            assert f"module={line.entry.code}#statuses" in page.text
            assert move.get(f"&module={line.entry.code}").context["page"].paginator.count == line.statuses


def test_what_changes_is_a_file_too_with_the_rows_of_the_page(course, move, client):
    def rows(more):
        sent = b"".join(client.get(move.where + more).streaming_content).decode("utf-8-sig")
        return [line for line in csv.reader(io.StringIO(sent)) if not line[0].startswith("#")][1:]

    assert "curriculum=2&amp;since=2023-08-20&amp;format=csv" in move.get().text
    assert [row[1] for row in rows("&format=csv")] == [one.person.roll_number for one in effect_of(course).cells]
    assert {row[3] for row in rows("&format=csv&module=M4")} == {"M4"}
    met = next(row for row in rows("&format=csv&table=numbers") if row[2] == "Requirements met")
    assert met[3:7] == ["5", "9", "3", "6"]


def test_a_draft_is_published_from_the_page_that_shows_what_it_would_change(course, client):
    client.force_login(course.coordinator)
    where = reverse("trainees:curriculum_effect", args=[course.program.slug, 2])
    assert where in client.get(course.draft.get_absolute_url()).text
    page = client.get(where)
    assert "Publishing moves nobody." in page.text and "Move it…" not in page.text
    assert len(page.context["shown"].cells) == 9
    said = {name: page.context["form"][name].value() for name in ("seen", "expected")}
    f.EnrolmentFactory(cohort=course.cohort)
    answer = client.post(where, {"key": uuid.uuid4()} | said)
    assert answer.status_code == 422 and "It is shown anew below" in answer.text
    course.draft.refresh_from_db()
    assert course.draft.published_at is None
    said["expected"] = answer.context["form"]["expected"].value()
    assert client.post(where, {"key": uuid.uuid4()} | said).url == course.draft.get_absolute_url()
    page = client.get(where).text
    assert "Move it…" in page and f"{reverse('trainees:cohort_follow', args=[course.cohort.slug])}?curriculum=2" in page


def test_only_who_runs_the_program_sees_what_would_change(course, client):
    client.force_login(course.instructor)
    assert client.get(reverse("trainees:curriculum_effect", args=[course.program.slug, 2])).status_code == 403


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_a_move_is_shown_with_as_many_questions_for_any_number_of_trainees(trainees, client):
    one = crowd(trainees, modules=4)
    new = f.publish(_otherwise(one))
    client.force_login(one.coordinator)
    where = reverse("trainees:cohort_follow", args=[one.cohort.slug]) + f"?curriculum={new.number}&since=2023-08-20"
    client.get(where)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(where).context["shown"].cells
    assert len(asked) == 12


@pytest.mark.parametrize(("trainees", "cohorts"), [(1, 10), (30, 10), (30, 30), (200, 10)])
def test_a_version_is_shown_with_as_many_questions_for_any_number_of_cohorts(trainees, cohorts, client):
    one = crowd(trainees, modules=4)
    cohorts_more(one, cohorts)
    new = _otherwise(one)
    client.force_login(one.coordinator)
    where = reverse("trainees:curriculum_effect", args=[one.program.slug, new.number])
    client.get(where)
    with CaptureQueriesContext(connection) as asked:
        assert len(client.get(where).context["effects"]) == cohorts + 1
    assert len(asked) == 13


def _otherwise(one):
    """A draft that asks one module less than what the cohort follows."""
    new = create_curriculum(**by(one.coordinator), program=one.program, copy_of=one.curriculum)
    f.do(lambda act: CurriculumEntry.objects.filter(curriculum=new).order_by("position")[0].delete())
    return new


# ---- for all small worlds

CODES = ("A", "B", "C")
VERSION = st.fixed_dictionaries(
    {
        "asked": st.lists(st.sampled_from(CODES), min_size=1, unique=True),
        "elective": st.sets(st.sampled_from(CODES)),
        "track": st.sets(st.sampled_from(CODES)),
        "needs": st.sets(st.sampled_from([("B", "A"), ("C", "A"), ("C", "B")])),
    }
)
PERSON = st.fixed_dictionaries(
    {"track": st.booleans(), "status": st.sampled_from(["active", "expected"]),
     "shown": st.dictionaries(st.sampled_from(CODES), st.sampled_from(["go", "no_go", "credit", "exemption"]))}
)  # fmt: skip


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(VERSION, VERSION, st.lists(PERSON, min_size=1, max_size=3), st.sampled_from([-15, -12, -5, 0]), st.booleans())
def test_whatever_is_asked_what_is_shown_is_what_comes(db, old, new, people, days, published):
    program = f.ProgramFactory()
    track = f.TrackFactory(program=program)
    f.TrackFactory(program=program)
    modules = {code: f.SkillModuleFactory() for code in CODES}
    versions = [_version(program, number, of, modules, track) for number, of in enumerate((old, new), 1)]
    f.publish(versions[0])
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=versions[0])
    judge = f.AssignmentFactory(program=program).instructor
    for one in people:
        who = f.EnrolmentFactory(cohort=cohort, status=one["status"], track=track if one["track"] else None).trainee
        for code, kind in one["shown"].items():
            entries = CurriculumEntry.objects.filter(curriculum__program=program, module=modules[code])
            if entry := entries.order_by("pk").first():
                f.RecordFactory(
                    trainee=who, entry=entry, kind=kind, assessor=judge, authority="Board", reason="Known before"
                )
    if published:
        f.publish(versions[1])
    since = DAY + datetime.timedelta(days=days)
    (shown,) = effects_of([cohort], versions[1], EVERYBODY, since)
    changed = {(one.person.id, one.entry.module) for one in shown.cells}
    if not published:
        f.publish(versions[1])
    f.CohortCurriculumFactory(cohort=cohort, curriculum=versions[1], since=since)
    before, after = shown.before.progress, cohort_view(cohort, EVERYBODY).progress
    assert after == shown.after.progress
    for trainee, now in after.trainees.items():
        for module in {**now.standings, **before.trainees[trainee].standings}:
            was, is_ = before.trainees[trainee].standings.get(module), now.standings.get(module)
            same = bool(was and is_) and (was.need, was.status, was.blocked) == (is_.need, is_.status, is_.blocked)
            if not same and (was is None or is_ is None or (was.need, was.status) != (is_.need, is_.status)):
                assert (trainee, module) in changed
            if same:
                assert (trainee, module) not in changed
    assert sum(one.statuses for one in shown.modules) == len(shown.cells)


def _version(program, number, of, modules, track):
    curriculum = f.CurriculumFactory(program=program, number=number)
    entries = {
        code: f.EntryFactory(
            curriculum=curriculum, module=modules[code], position=n, required=code not in of["elective"]
        )
        for n, code in enumerate(sorted(of["asked"]))
    }
    for code in of["track"] & set(entries):
        f.link_track(entries[code], track)
    for code, needs in of["needs"]:
        if {code, needs} <= set(entries):
            f.link_prerequisite(entries[code], entries[needs])
    return curriculum
