"""Can they still finish, on pages and in files; remedial groups proposed, planned in one act, taken back."""

import csv
import datetime
import io
import uuid
import zoneinfo
from types import SimpleNamespace

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acts import add
from accounts.models import Act
from programs import services as teaching
from programs.access import EVERYBODY
from programs.models import Instructor, SkillModule
from tests import factories as f
from trainees import services
from trainees.models import Cohort, Excusal, SessionAudience, SessionStaff, Trainee, TrainingSession
from trainees.progress import Outcome
from trainees.selectors.finish import finish_of, finishes_of
from trainees.selectors.progress import cohort_view, cohort_views
from trainees.selectors.remedial import MOST, remedial_of

OSLO = zoneinfo.ZoneInfo("Europe/Oslo")
NOW = datetime.datetime(2023, 8, 21, 12, tzinfo=OSLO)  # a Monday
WORLD = ("R-1", "R-2", "R-3")


def at(day, hour):
    return datetime.datetime(2023, 8, day, hour, tzinfo=OSLO).astimezone(datetime.UTC)


@pytest.fixture
def plan(db):
    """Three trainees until 31 August, asked for MED, then SIM; their first week gives the hours, Monday to Friday, 8 to 12."""
    with time_machine.travel(NOW, tick=False):
        program = f.ProgramFactory(code="TRD")
        curriculum = f.CurriculumFactory(program=program)
        med = f.EntryFactory(curriculum=curriculum, position=1, module__code="MED", module__title="Casualty care")
        sim = f.EntryFactory(curriculum=curriculum, position=2, module__code="SIM", module__title="Simulation")
        f.link_prerequisite(sim, med)
        f.publish(curriculum)
        cohort = f.CohortFactory(program=program, code="C1")
        f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
        people = [f.EnrolmentFactory(cohort=cohort, trainee__roll_number=roll).trainee for roll in WORLD]
        for day in range(7, 12):
            f.TrainingSessionFactory(cohort=cohort, module=med.module, starts_at=at(day, 8), ends_at=at(day, 12))
        assessor = f.AssignmentFactory(program=program, instructor__call_sign="BJORK").instructor
        yield SimpleNamespace(
            program=program, curriculum=curriculum, cohort=cohort, med=med, sim=sim, people=people,
            assessor=assessor,
            coordinator=f.RoleFactory(program=program).user,
            viewer=f.RoleFactory(program=program, kind="viewer").user,
        )  # fmt: skip


def go(who, entry, kind="go", day=10):
    last = who.records.filter(module=entry.module).order_by("pk").last()
    by = Instructor.objects.get(call_sign="BJORK")
    more = {"previous": last, "holds_from": datetime.date(2023, 8, day), "assessor": by}
    return f.RecordFactory(trainee=who, entry=entry, kind=kind, **more)


def left(plan):
    """Somebody who has left: an assessment that was for them alone is nobody's chance."""
    return f.EnrolmentFactory(cohort=plan.cohort, trainee__roll_number="R-9", status="withdrawn", reason="left").trainee


def session(plan, entry, day, hour=8, kind="assessment", hours=2, staff=None, audience=(), cohort=None, **more):
    made = f.TrainingSessionFactory(
        cohort=cohort or plan.cohort,
        module=entry.module,
        kind=kind,
        starts_at=at(day, hour),
        ends_at=at(day, hour + hours),
        **more,
    )
    if staff:
        f.do(lambda act: add(SessionStaff(session=made, instructor=staff), act))
    for who in audience:
        f.do(lambda act, who=who: add(SessionAudience(session=made, trainee=who), act))
    return made


def made(plan):
    return plan.cohort.sessions.filter(starts_at__gt=NOW)


def outcomes(plan, **dates):
    found = finish_of(cohort_view(plan.cohort, EVERYBODY, **dates))
    return {one.person.roll_number: one.outcome.value for one in found.endings}


def proposed(plan):
    found = remedial_of(cohort_view(plan.cohort, EVERYBODY).now(), plan.coordinator)
    said = [
        (
            one.entry.code,
            [who.roll_number for who in one.people],
            f"{one.plan.starts_at.astimezone(OSLO):%d %H:%M}–{one.plan.ends_at.astimezone(OSLO):%H:%M}",
            one.assessor.call_sign,
        )
        for one in found.proposals
    ]
    return said, found


def groups_of(found):
    return [
        services.Group(
            module=SkillModule.objects.get(pk=one.entry.module),
            people=list(Trainee.objects.filter(pk__in=[who.id for who in one.people])),
            starts_at=one.plan.starts_at,
            ends_at=one.plan.ends_at,
            assessor=one.assessor,
            place=one.plan.place,
        )
        for one in found.proposals
    ]


def confirm(plan, found, key=None, user=None):
    by = {"user": user or plan.coordinator, "key": key or uuid.uuid4()}
    return services.plan_remedial(**by, cohort=plan.cohort, groups=groups_of(found))


def page(client, plan, query="", user=None, name="cohort_finish"):
    client.force_login(user or plan.viewer)
    return client.get(reverse(f"trainees:{name}", args=[plan.cohort.slug]) + query)


# ---- the outcomes


def test_every_counted_trainee_has_one_outcome_in_words_and_links(plan, client):
    one, two, three = plan.people
    for who in (one, two):
        go(who, plan.med)
    go(one, plan.sim)
    planned = session(plan, plan.sim, 24, audience=[two])
    assert outcomes(plan) == {"R-3": "extra", "R-2": "as_planned", "R-1": "met"}
    text = page(client, plan).text
    assert "Of 3 trainees, up to the last day, 31 Aug 2023:" in text
    for words in ("1 has met all", "1 can finish as planned", "1 needs an extra session"):
        assert words in text
    cell = reverse("trainees:cell", args=[three.uuid, "trd", "SIM"])
    assert f'href="{cell}?as_of=2023-08-21&amp;known=2023-08-21"' in text
    assert f'href="/sessions/{planned.pk}/">on 24 Aug</a>' in text
    assert "no session left up to 31 Aug" in text
    shown = page(client, plan, "?outcome=extra").text
    assert "R-3 SOKIL" in shown and "R-2 SOKIL" not in shown
    assert 'href="/cohorts/trd-c1/finish/remedial/"' not in text


def test_a_filter_without_anybody_and_one_that_makes_no_sense(plan, client):
    assert "Nobody." in page(client, plan, "?outcome=met").text
    assert "R-1 SOKIL" in page(client, plan, "?outcome=nonsense").text


def test_a_cancelled_session_and_one_for_others_do_not_count(plan):
    for who in plan.people:
        go(who, plan.med)
    one = session(plan, plan.sim, 24)
    assert set(outcomes(plan).values()) == {"as_planned"}
    services.cancel_session(user=plan.coordinator, key=uuid.uuid4(), session=one, seen=one.seen, reason="storm")
    assert set(outcomes(plan).values()) == {"extra"}
    session(plan, plan.sim, 25, audience=[plan.people[0]])
    assert outcomes(plan) == {"R-1": "as_planned", "R-2": "extra", "R-3": "extra"}


def test_the_outcome_of_an_earlier_day_is_told_as_it_was_known_then(plan):
    for who in plan.people:
        go(who, plan.med)
    one = session(plan, plan.sim, 24)
    with time_machine.travel(NOW + datetime.timedelta(days=2), tick=False):
        by = {"user": plan.coordinator, "key": uuid.uuid4()}
        services.cancel_session(**by, session=one, seen=one.seen, reason="storm")
        f.do(
            lambda act: add(
                Excusal(trainee=plan.people[0], program=plan.program, since=datetime.date(2023, 8, 24)), act
            ),
            scope=plan.program.pk,
        )
        day = datetime.date(2023, 8, 21)
        assert set(outcomes(plan).values()) == {"extra"}
        assert set(outcomes(plan, as_of=day, known=day).values()) == {"as_planned"}
        assert set(outcomes(plan, as_of=day).values()) == {"extra"}


def test_an_excusal_that_was_not_known_yet_counts_for_nothing(plan):
    for who in plan.people:
        go(who, plan.med)
    session(plan, plan.sim, 24)
    with time_machine.travel(NOW + datetime.timedelta(days=1), tick=False):
        away = Excusal(trainee=plan.people[0], program=plan.program, since=datetime.date(2023, 8, 24))
        f.do(lambda act: add(away, act), scope=plan.program.pk)
        day = datetime.date(2023, 8, 21)
        assert outcomes(plan)["R-1"] == "extra"
        assert outcomes(plan, as_of=day, known=day)["R-1"] == "as_planned"


def test_a_cohort_that_is_over_and_one_without_a_curriculum(plan, client):
    with time_machine.travel(datetime.datetime(2023, 9, 10, 12, tzinfo=OSLO), tick=False):
        assert set(outcomes(plan).values()) == {"cannot"}
        assert "The cohort is over on 31 Aug." in page(client, plan).text
        assert "Plan remedial groups" not in page(client, plan, user=plan.coordinator).text
    empty = f.CohortFactory(program=plan.program, code="C2")
    client.force_login(plan.viewer)
    assert "follows no curriculum yet" in client.get(reverse("trainees:cohort_finish", args=[empty.slug])).text


def test_a_trainee_s_own_page_says_it_in_a_sentence(plan, client):
    go(plan.people[0], plan.med)
    session(plan, plan.sim, 24)
    client.force_login(plan.viewer)
    text = client.get(plan.people[0].get_absolute_url()).text
    assert "Can finish as planned</a>: A session in time for SIM." in text and "on 24 Aug" in text
    text = client.get(plan.people[1].get_absolute_url()).text
    assert "Needs an extra session</a>: No session in time for MED. A session in time for SIM." in text


def test_the_files_say_what_the_page_says(plan, client):
    go(plan.people[0], plan.med)
    session(plan, plan.sim, 24, audience=[plan.people[0]])

    def rows(query):
        text = b"".join(page(client, plan, query)).decode("utf-8-sig")
        return [row for row in csv.reader(io.StringIO(text)) if row and row[0].startswith("R-")]

    assert rows("?format=csv&outcome=as_planned") == [
        ["R-1", "SOKIL", "as_planned", "can finish as planned", "SIM", "", "A session in time for SIM."]
    ]
    first = rows("?format=csv&table=modules")[0]
    assert [first[n] for n in (0, 2, 3, 4)] == ["R-2", "MED", "extra", "2023-08-22"]


# ---- remedial groups


def test_people_who_lack_the_same_module_are_put_together_on_the_first_free_day(plan):
    go(plan.people[2], plan.med)
    said, found = proposed(plan)
    assert said == [
        ("MED", ["R-1", "R-2"], "22 08:00–09:00", "BJORK"),
        ("SIM", ["R-1", "R-2", "R-3"], "23 08:00–09:00", "BJORK"),
    ]
    assert not found.unplaced and not found.more
    confirm(plan, found)
    assert set(outcomes(plan).values()) == {"as_planned"}


def test_a_group_lasts_as_long_as_the_assessments_and_is_where_they_were(plan):
    for who in plan.people:
        go(who, plan.med)
    session(plan, plan.sim, 9, 9, hours=3, place="Hall 2", audience=[left(plan)])
    said, found = proposed(plan)
    assert said == [("SIM", list(WORLD), "22 08:00–11:00", "BJORK")]
    assert found.proposals[0].plan.place == "Hall 2"


def test_a_slot_clashes_with_nothing_of_the_people_the_assessor_or_the_place(plan):
    for who in plan.people:
        go(who, plan.med)
    session(plan, plan.sim, 9, 8, hours=1, place="Hall 2", audience=[left(plan)])  # so long an assessment is, and there
    other = f.CohortFactory(program=plan.program, code="C2")
    session(plan, plan.med, 22, 8, kind="instruction", hours=1)  # the cohort, to nine
    session(plan, plan.med, 22, 9, kind="instruction", hours=1, cohort=other, staff=plan.assessor)  # to ten
    session(plan, plan.med, 22, 10, kind="instruction", hours=1, cohort=other, place="hall 2")  # to eleven
    assert proposed(plan)[0][0][2] == "22 11:00–12:00"
    session(plan, plan.med, 22, 11, kind="instruction", hours=1)
    assert proposed(plan)[0][0][2] == "23 08:00–09:00"


def test_whoever_is_excused_gets_a_group_of_their_own_later(plan):
    for who in plan.people:
        go(who, plan.med)
    days = {"since": datetime.date(2023, 8, 1), "until": datetime.date(2023, 8, 30)}
    f.do(lambda act: add(Excusal(trainee=plan.people[0], program=plan.program, **days), act))
    days = [(one[1], one[2][:2]) for one in proposed(plan)[0]]
    assert days == [(list(WORLD), "31")]
    days = {"since": datetime.date(2023, 8, 31), "until": None}
    f.do(lambda act: add(Excusal(trainee=plan.people[1], program=plan.program, **days), act))
    assert [(one[1], one[2][:2]) for one in proposed(plan)[0]] == [(["R-2", "R-3"], "22"), (["R-1"], "31")]


def test_only_who_may_assess_the_module_is_proposed_and_nobody_is_said(plan):
    for who in plan.people:
        go(who, plan.med)
    assignment = plan.program.assignments.select_related("act").get(instructor=plan.assessor)
    by = {"user": plan.coordinator, "key": uuid.uuid4(), "assignment": assignment, "seen": assignment.seen}
    teaching.limit_assessing(**by, modules=[plan.med.module])
    said, found = proposed(plan)
    assert said == [] and "Nobody in the program may assess it." in found.unplaced[0].words
    f.AssignmentFactory(program=plan.program, instructor__call_sign="ORRE")
    assert proposed(plan)[0][0][3] == "ORRE"


def test_all_groups_are_one_act_and_the_same_key_again_makes_no_more(plan):
    go(plan.people[2], plan.med, "no_go")
    key, (_said, found) = uuid.uuid4(), proposed(plan)
    acts = Act.objects.count()
    act = confirm(plan, found, key)
    assert confirm(plan, found, key) == act
    assert Act.objects.count() == acts + 1
    assert [(one.module.code, one.kind, one.audience.count()) for one in made(plan)] == [
        ("MED", "assessment", 3), ("SIM", "assessment", 3)
    ]  # fmt: skip
    assert [row.duty for one in made(plan) for row in one.staff.all()] == ["assessor", "assessor"]
    assert set(outcomes(plan).values()) == {"as_planned"}


def test_where_everybody_has_tried_it_is_a_retake(plan):
    for who in plan.people:
        go(who, plan.med)
        go(who, plan.sim, "no_go")
    confirm(plan, proposed(plan)[1])
    assert plan.cohort.sessions.last().kind == "retake"


def test_what_clashes_since_is_refused_in_words_and_nothing_is_planned(plan):
    _said, found = proposed(plan)
    session(plan, plan.med, 23, 8, kind="instruction", staff=plan.assessor)
    before = TrainingSession.objects.count()
    with pytest.raises(ValidationError, match=r"This clashes"):
        confirm(plan, found)
    assert TrainingSession.objects.count() == before


def test_whoever_met_the_module_or_got_a_session_since_is_named(plan):
    for who in plan.people[1:]:
        go(who, plan.med)
    _said, found = proposed(plan)
    go(plan.people[0], plan.med)
    with pytest.raises(ValidationError, match="R-1 SOKIL: no extra session of MED is needed any more"):
        confirm(plan, found)
    assert not made(plan).exists()


@pytest.mark.parametrize("day", [21, 22])
def test_a_time_before_the_prerequisites_is_refused(plan, day):
    _said, found = proposed(plan)
    groups = groups_of(found)
    moved = services.Group(groups[1].module, groups[1].people, at(day, 5), at(day, 6), groups[1].assessor)
    by = {"user": plan.coordinator, "key": uuid.uuid4()}
    with pytest.raises(ValidationError, match="cannot meet SIM then"):
        services.plan_remedial(**by, cohort=plan.cohort, groups=[groups[0], moved])
    assert not made(plan).exists()


def test_only_coordinators_plan_and_take_back(plan):
    _said, found = proposed(plan)
    instructor = f.RoleFactory(program=plan.program, kind="instructor").user
    with pytest.raises(PermissionDenied):
        confirm(plan, found, user=instructor)
    act = confirm(plan, found)
    role = plan.coordinator.roles.get()

    def demote(act):  # whoever planned them and coordinates no longer does not take them back
        role.kind, role.act = "instructor", act
        role.save()

    f.do(demote)
    with pytest.raises(PermissionDenied):
        services.undo(user=plan.coordinator, key=uuid.uuid4(), act=act)


def test_planning_is_taken_back_as_one_and_what_went_on_stays(plan):
    act = confirm(plan, proposed(plan)[1])
    assert services.undo(user=plan.coordinator, key=uuid.uuid4(), act=act).rows == 2
    assert not made(plan).exists()
    assert set(outcomes(plan).values()) == {"extra"}
    act = confirm(plan, proposed(plan)[1])
    one = plan.cohort.sessions.select_related("act", "cohort__program", "module").last()
    by = {"user": plan.coordinator, "key": uuid.uuid4(), "session": one, "seen": one.seen}
    services.move_session(**by, starts_at=at(24, 8), ends_at=at(24, 9), reason="later")
    undone = services.undo(user=plan.coordinator, key=uuid.uuid4(), act=act)
    assert (undone.rows, undone.kept) == (1, (str(one),))
    assert one.audience.count() == 3 and one.staff.count() == 1


def send(client, plan, **changed):
    client.force_login(plan.coordinator)
    where = reverse("trainees:cohort_remedial", args=[plan.cohort.slug])
    form = client.get(where).context["form"]
    words = {"key": form["key"].value(), "groups": len(form.parts)}
    for part in form.parts:
        for name in part.fields:
            value = part[name].value()
            if value not in (None, "", []):
                words[part.add_prefix(name)] = value
    words["g0_x"] = ""
    return client.post(
        where, words | {name.replace("_", "-", 1): value for name, value in changed.items()}, follow=True
    )


def test_the_page_proposes_and_one_confirmation_plans_them_with_the_button_that_takes_it_back(plan, client):
    assert "Plan remedial groups" in page(client, plan, user=plan.coordinator).text
    answer = send(client, plan, g1_starts="10:00", g1_ends="11:30", g0_place="Hall 9")
    assert answer.status_code == 200 and "2 sessions are planned." in answer.text
    found = [(one.place, f"{one.starts_at.astimezone(OSLO):%d %H:%M}") for one in made(plan)]
    assert found == [("Hall 9", "22 08:00"), ("", "23 10:00")]
    assert "Remedial groups were planned" in answer.text
    act = Act.objects.get(kind="session.remedial")
    undone = client.post(reverse("trainees:act_undo", args=[act.key]), {"key": uuid.uuid4(), "next": "/"}, follow=True)
    assert "Taken back: 2 sessions." in undone.text
    assert "Remedial groups were planned" not in page(client, plan, user=plan.coordinator).text


def test_people_and_groups_can_be_left_out(plan, client):
    for who in plan.people:
        go(who, plan.med)
    answer = send(client, plan, g0_without=[plan.people[1].pk])
    assert "1 session is planned." in answer.text
    assert outcomes(plan) == {"R-2": "extra", "R-1": "as_planned", "R-3": "as_planned"}
    answer = send(client, plan, g0_take="")
    assert answer.status_code == 422 and "Choose at least one group." in answer.text


def test_what_is_wrong_stands_with_the_module_and_what_was_entered_stays(plan, client):
    answer = send(client, plan, g0_ends="07:00")
    assert answer.status_code == 422 and "MED: Ends: The end has to be after the start." in answer.text
    assert 'value="07:00"' in answer.text
    answer = send(client, plan, g0_without=[who.pk for who in plan.people])
    assert answer.status_code == 422 and "Nobody is left in the group" in answer.text
    answer = send(client, plan, g0_module="NONE")
    assert answer.status_code == 422 and "The group has changed since." in answer.text
    answer = send(client, plan, g1_day="2023-08-22", g1_starts="08:00", g1_ends="09:00")
    assert answer.status_code == 422 and "This clashes." in answer.text


def test_where_nobody_needs_one_the_page_says_so(plan, client):
    for who in plan.people:
        go(who, plan.med)
    session(plan, plan.sim, 24)
    assert "Nobody needs an extra session." in page(client, plan, user=plan.coordinator, name="cohort_remedial").text


# ---- costs


def asked(call):
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


@pytest.mark.parametrize("more", [0, 29, 60])
def test_proposals_cost_the_same_for_any_number_of_trainees(plan, more, client):
    for n in range(more):
        f.EnrolmentFactory(cohort=plan.cohort, trainee__roll_number=f"M-{n:03}")
    f.tell_the_planner()
    view = cohort_view(plan.cohort, EVERYBODY).now()
    assert asked(lambda: remedial_of(view, plan.coordinator)) == REMEDIAL_COST
    assert asked(lambda: finish_of(view)) == 1


REMEDIAL_COST = 9


def test_many_cohorts_cost_what_one_does(plan):
    for n in range(4):
        cohort = f.CohortFactory(program=plan.program, code=f"D{n}")
        f.CohortCurriculumFactory(cohort=cohort, curriculum=plan.curriculum)
        f.EnrolmentFactory(cohort=cohort)
    views = cohort_views(list(Cohort.objects.filter(program=plan.program).select_related("program")), EVERYBODY)
    assert asked(lambda: finishes_of(views)) == 1
    assert sum(sum(one.counts.values()) for one in finishes_of(views)) == 3 + 4


def test_no_more_than_a_dozen_groups_are_proposed_at_once(db):
    with time_machine.travel(NOW, tick=False):
        program = f.ProgramFactory()
        curriculum = f.CurriculumFactory(program=program)
        for _n in range(MOST + 1):
            f.EntryFactory(curriculum=curriculum)
        f.publish(curriculum)
        cohort = f.CohortFactory(program=program)
        f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
        f.EnrolmentFactory(cohort=cohort)
        f.AssignmentFactory(program=program)
        found = remedial_of(cohort_view(cohort, EVERYBODY).now(), f.RoleFactory(program=program).user)
    assert len(found.proposals) == MOST and found.more


def test_the_outcomes_divide_everybody_counted(plan):
    go(plan.people[0], plan.med)
    found = finish_of(cohort_view(plan.cohort, EVERYBODY))
    assert set(found.counts) == set(Outcome) and sum(found.counts.values()) == 3
