"""Data entry in the admin: a program from nothing to its numbers, each save one act."""

import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from accounts.acts import change
from accounts.models import Act, User
from programs.access import EVERYBODY
from programs.models import Curriculum, CurriculumEntry, Program, Role, SkillModule, Track
from tests import factories as f
from trainees.models import Cohort, Enrolment, Identity, Record, Trainee
from trainees.selectors.progress import cohort_view

from .conftest import address, client_of, filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(boss):
    """Fill in an add page, or a row's page, and send it: done, and exactly one act."""

    def _enter(model, row=None, query=None, **values):
        where = address(model, "change" if row else "add")
        url = reverse(where, args=[row.pk] if row else [])
        before = Act.objects.count()
        answer = boss.post(url, filled(boss.get(url, query or {}), **values))
        assert answer.status_code == 302, said(answer)
        assert Act.objects.count() == before + 1
        return model._default_manager.order_by("pk").last() if row is None else type(row).objects.get(pk=row.pk)

    return _enter


def said(answer):
    return answer.context["errors"] if answer.context else answer


def rows(prefix, *several, initial=0):
    """New rows of an inline."""
    data = {f"{prefix}-TOTAL_FORMS": initial + len(several), f"{prefix}-INITIAL_FORMS": initial}
    for n, row in enumerate(several, start=initial):
        data |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return data


def test_a_program_from_nothing_to_its_numbers(boss, enter):
    program = enter(
        Program,
        code="TRD-1",
        title="Combat lifesaver",
        host="Norway",
        **rows("tracks", {"code": "MED", "title": "Medic"}, {"code": "DRV", "title": "Driver"}),
    )
    assert program.tracks.count() == 2 and program.roles.count() == 1
    modules = [enter(SkillModule, code=code, title=f"Module {code}") for code in ("TQ", "AIR", "NAV")]
    instructor = f.AssignmentFactory(program=program).instructor

    curriculum = enter(Curriculum, program=program.pk, note="First")
    medic = program.tracks.get(code="MED")
    entries = [
        {"module": modules[0].pk, "required": "on", "hours": "8", "position": "3"},
        {"module": modules[1].pk, "required": "on", "hours": "4"},
        {"module": modules[2].pk, "required": "on", "hours": "4", "tracks": [str(medic.pk)]},
    ]
    enter(Curriculum, curriculum, **rows("entries", *entries))
    asked = CurriculumEntry.objects.filter(curriculum=curriculum)
    assert {entry.module.code: entry.position for entry in asked} == {"TQ": 3, "AIR": 4, "NAV": 5}
    assert asked.get(module=modules[2]).for_tracks.count() == 1

    publish = {"action": "publish", "_selected_action": [curriculum.pk]}
    boss.post(reverse(address(Curriculum, "changelist")), publish)
    curriculum.refresh_from_db()
    assert curriculum.published_at is not None

    cohort = enter(
        Cohort,
        program=program.pk,
        code="C1",
        starts_on="2023-08-07",
        ends_on="2023-08-31",
        **rows("curricula", {"curriculum": curriculum.pk, "since": "2023-08-07"}),
        **rows("groups", {"code": "A"}, {"code": "B"}),
    )
    place = {"cohort": cohort.pk, "since": "2023-08-07", "status": "active", "track": medic.pk}
    first, second = (
        enter(Trainee, roll_number=f"R-{n}", call_sign="SOKIL", family_name=f"Name{n}", **place) for n in (1, 2)
    )
    assert Identity.objects.count() == 2
    enter(Identity, trainee=first.pk, family_name="Renamed", given_name="")
    assert first.identities.count() == 2
    third = f.TraineeFactory()
    group = cohort.groups.get(code="A")
    there = {"trainee": third.pk, "group": group.pk, "status": "active", "since": "2023-08-07"}
    enter(Cohort, cohort, **rows("enrolments", there, initial=2))
    assert Enrolment.objects.filter(cohort=cohort).count() == 3

    def record(trainee, module, kind, day, **more):
        cell = {"trainee": trainee.pk, "program": program.pk, "module": module.pk}
        return enter(Record, query=cell, kind=kind, holds_from=day, assessor=instructor.pk, **more)

    for module in modules:
        record(first, module, "go", "2023-08-10")
    record(second, modules[0], "no_go", "2023-08-10")
    record(second, modules[0], "go", "2023-08-12")  # the retake
    record(third, modules[1], "go", "2023-08-11")
    wrong = record(third, modules[0], "go", "2023-08-11")
    void = enter(Record, query={"in_place_of": wrong.pk}, kind="void", reason="Another trainee")
    assert void.voids == wrong

    view = cohort_view(cohort, EVERYBODY, as_of=datetime.date(2023, 8, 31)).progress
    assert view.coverage == (5, 8)  # three asked of each medic, two of the third trainee
    assert [view.trainees[one.pk].share for one in (first, second, third)] == [(3, 3), (1, 3), (1, 2)]


def test_a_page_sent_twice_is_done_once(boss):
    url = reverse(address(Program, "add"))
    data = filled(boss.get(url), code="P-1", title="One", host="Norway", **rows("tracks", {"code": "A", "title": "A"}))
    before = Act.objects.count()
    assert [boss.post(url, data).status_code for _ in range(2)] == [302, 302]
    assert Program.objects.count() == 1 and Act.objects.count() == before + 1


def test_a_page_sent_again_after_its_row_was_deleted_makes_no_second_one(boss):
    url = reverse(address(SkillModule, "add"))
    data = filled(boss.get(url), code="TQ", title="Tourniquet")
    boss.post(url, data)
    module = SkillModule.objects.get()
    gone = reverse(address(SkillModule, "delete"), args=[module.pk])
    shown = boss.get(gone).context
    boss.post(gone, {"post": "yes", "key": shown["key"], "seen": shown["seen"]})
    assert boss.post(url, data).status_code == 302
    assert not SkillModule.objects.exists()


@pytest.mark.parametrize("key", ["", "nonsense"])
def test_without_a_key_nothing_is_written(boss, key):
    url = reverse(address(SkillModule, "add"))
    assert boss.post(url, filled(boss.get(url), code="TQ", title="Tourniquet", key=key)).status_code == 200
    assert not SkillModule.objects.exists()


def test_a_key_used_for_something_else_is_refused(boss):
    url = reverse(address(SkillModule, "add"))
    data = filled(boss.get(url), code="TQ", title="Tourniquet")
    boss.post(url, data)
    answer = boss.post(url, data | {"code": "AIR"})
    assert answer.status_code == 409 and SkillModule.objects.count() == 1
    assert boss.post(url, filled(answer)).status_code == 302
    assert SkillModule.objects.count() == 2


def test_a_change_that_deletes_a_row_sent_twice_is_done_once(boss):
    track = f.TrackFactory()
    url = reverse(address(Program, "change"), args=[track.program_id])
    data = filled(boss.get(url), **{"tracks-0-DELETE": "on"})
    before = Act.objects.count()
    assert [boss.post(url, data).status_code for _ in range(2)] == [302, 302]
    assert not track.program.tracks.exists() and Act.objects.count() == before + 1


def test_a_stale_page_is_refused_and_nothing_is_lost(boss):
    program = f.ProgramFactory()
    url = reverse(address(Program, "change"), args=[program.pk])
    mine, theirs = filled(boss.get(url), title="Mine"), filled(boss.get(url), title="Theirs")
    assert boss.post(url, theirs).status_code == 302
    answer = boss.post(url, mine)
    assert answer.status_code == 409
    assert "Theirs" in str(answer.context["errors"])
    assert answer.context["adminform"].form["title"].value() == "Mine"
    program.refresh_from_db()
    assert program.title == "Theirs"
    assert boss.post(url, filled(answer)).status_code == 302  # sent again, now with eyes open
    program.refresh_from_db()
    assert program.title == "Mine"


def test_a_stale_row_of_an_inline_is_refused_and_nothing_is_lost(boss):
    track = f.TrackFactory()
    url = reverse(address(Program, "change"), args=[track.program_id])
    mine, theirs = (filled(boss.get(url), **{"tracks-0-title": title}) for title in ("Mine", "Theirs"))
    assert boss.post(url, theirs).status_code == 302
    answer = boss.post(url, mine | {"title": "Also lost otherwise"})
    assert answer.status_code == 409
    track.refresh_from_db()
    assert track.title == "Theirs" and track.program.title != "Also lost otherwise"
    assert boss.post(url, filled(answer)).status_code == 302
    track.refresh_from_db()
    assert track.title == "Mine"


def test_what_somebody_did_to_another_row_stays_when_a_page_is_saved(boss):
    track = f.TrackFactory()
    other = f.TrackFactory(program=track.program)
    url = reverse(address(Program, "change"), args=[track.program_id])
    data = filled(boss.get(url), **{"tracks-0-title": "Mine"})
    before = other.act_id
    assert boss.post(url, data).status_code == 302
    other.refresh_from_db()
    assert other.act_id == before


@pytest.mark.parametrize("seen", ["", "nonsense", "6f1a2f0e-8f0b-5c39-9b60-6f2b8f1f2023"])
def test_without_the_version_nothing_is_written(boss, seen):
    program = f.ProgramFactory()
    url = reverse(address(Program, "change"), args=[program.pk])
    assert boss.post(url, filled(boss.get(url), title="Other", seen=seen)).status_code == 409
    program.refresh_from_db()
    assert program.title == "Training program"


@pytest.mark.parametrize("model", [Record, Enrolment, Identity, Act])
def test_what_is_only_added_to_cannot_be_changed_or_deleted(model, boss, world):
    row = model._default_manager.first()
    for name in ("change", "delete"):
        assert boss.post(reverse(address(model, name), args=[row.pk]), {"post": "yes"}).status_code == 403


def test_a_result_over_one_that_was_not_seen_is_told_first(boss, world):
    url = reverse(address(Record, "add"))
    values = {"trainee": world.trainee.pk, "program": world.program.pk, "module": world.entry.module_id}
    values |= {"kind": "no_go", "holds_from": "2023-08-12", "assessor": world.instructor.pk}
    answer = boss.post(url, filled(boss.get(url), **values))
    assert answer.status_code == 409 and "GO" in str(answer.context["errors"])
    assert Record.objects.count() == 1
    assert boss.post(url, filled(answer)).status_code == 302
    assert Record.objects.count() == 2


def test_rules_are_told_in_the_form(boss, world):
    url = reverse(address(Record, "add"))
    cell = {"trainee": world.trainee.pk, "program": world.program.pk, "module": world.entry.module_id}
    cell["reason"] = "Its prerequisite was met elsewhere"
    answer = boss.post(url, filled(boss.get(url, cell), kind="go", holds_from="2023-08-12"))
    assert answer.status_code == 422, said(answer)
    assert "assessor" in answer.context["adminform"].form.errors
    answer = boss.post(
        url, filled(boss.get(url, cell), kind="go", holds_from="2923-08-12", assessor=world.instructor.pk)
    )
    assert "holds_from" in answer.context["adminform"].form.errors or "had no place" in str(answer.context["errors"])
    answer = boss.post(
        url, filled(boss.get(url, cell), kind="credit", holds_from="2023-08-12", score="80", authority="HQ")
    )
    assert "score" in answer.context["adminform"].form.errors


def test_what_the_database_refuses_is_told_in_the_form(boss, world):
    url = reverse(address(Program, "add"))
    answer = boss.post(url, filled(boss.get(url), code=world.program.code, title="Twin", host="Norway"))
    assert answer.status_code == 422 and "already" in str(answer.context["errors"])
    url = reverse(address(Track, "add"))
    twin = {"program": world.program.pk, "code": world.track.code, "title": "Twin"}
    answer = boss.post(url, filled(boss.get(url), **twin))
    assert answer.status_code == 422 and "already has a track with this code" in str(answer.context["errors"])


def test_a_service_s_refusal_stands_beside_its_row(boss, world):
    url = reverse(address(Cohort, "change"), args=[world.cohort.pk])
    there = {"trainee": world.trainee.pk, "status": "active", "since": "2023-08-07"}
    answer = boss.post(url, filled(boss.get(url), **rows("enrolments", there, initial=1)))
    assert answer.status_code == 422
    inline = next(one for one in answer.context["inline_admin_formsets"] if one.formset.prefix == "enrolments")
    assert "already has a place" in str(inline.formset.forms[1].errors)


def test_a_published_curriculum_is_only_looked_at(boss, world):
    url = reverse(address(Curriculum, "change"), args=[world.curriculum.pk])
    assert not boss.get(url).context["has_change_permission"]
    assert boss.post(url, {"note": "Other"}).status_code == 403


def test_what_others_hang_on_is_not_deleted(boss, world):
    url = reverse(address(Program, "delete"), args=[world.program.pk])
    shown = boss.get(url)
    data = {"post": "yes", "key": shown.context["key"], "seen": shown.context["seen"]}
    answer = boss.post(url, data, follow=True)
    assert "still used by" in answer.content.decode()
    assert Program.objects.filter(pk=world.program.pk).exists()


def test_deleting_is_one_act_and_needs_the_version(boss):
    program = f.ProgramFactory()
    url = reverse(address(Program, "delete"), args=[program.pk])
    shown = boss.get(url)
    before = Act.objects.count()
    boss.post(url, {"post": "yes", "key": shown.context["key"], "seen": ""})
    assert Program.objects.exists() and Act.objects.count() == before
    boss.post(url, {"post": "yes", "key": shown.context["key"], "seen": shown.context["seen"]})
    assert not Program.objects.exists() and Act.objects.count() == before + 1


def test_places_go_on_and_are_corrected(boss, enter, world):
    first = f.EnrolmentFactory(cohort=world.cohort, group=world.cohort.groups.get(), track=world.track)
    query = {"trainee": first.trainee_id}
    left = enter(Enrolment, query=query, status="withdrawn", since="2023-08-20", reason="Called home")
    assert left.previous is not None and left.group == left.previous.group
    right = enter(Enrolment, query={"in_place_of": left.pk}, since="2023-08-21", correction="A day later")
    assert (right.voids, right.status, right.since.day) == (left, "withdrawn", 21)
    gone = enter(Enrolment, query={"in_place_of": right.pk}, mistaken="on", correction="Another trainee")
    assert (gone.voids, gone.status) == (right, "void")
    left = enter(Enrolment, query=query, status="withdrawn", since="2023-08-22", reason="Called home again")
    assert (left.previous, left.group) == (gone, first.group)


def test_whose_only_place_was_a_mistake_gets_another(enter, world):
    wrong = f.EnrolmentFactory(cohort=world.cohort)
    gone = enter(Enrolment, query={"in_place_of": wrong.pk}, mistaken="on", correction="Another trainee")
    query = {"trainee": wrong.trainee_id, "cohort": world.cohort.pk}
    again = enter(Enrolment, query=query, status="active", since="2023-08-09")
    assert (again.previous, again.status, again.voids) == (gone, "active", None)


def test_no_place_is_completed_or_void_by_choosing_so(boss, world):
    add = reverse(address(Enrolment, "add"))
    query = {"trainee": world.trainee.pk}
    wrong = {"in_place_of": Enrolment.objects.get().pk}
    cohort = reverse(address(Cohort, "change"), args=[world.cohort.pk])
    for url, given, prefix in ((add, query, ""), (add, wrong, ""), (cohort, {}, "enrolments-1-")):
        for status in ("completed", "void"):
            new = (
                rows("enrolments", {"trainee": f.TraineeFactory().pk, "since": "2023-08-07"}, initial=1)
                if prefix
                else {}
            )
            values = new | {f"{prefix}status": status, f"{prefix}since": "2023-08-20", f"{prefix}reason": "So"}
            answer = boss.post(url, filled(boss.get(url, given), **values))
            assert answer.status_code == 200 and "not one of the available choices" in answer.content.decode()
    assert Enrolment.objects.count() == 1


def test_a_trainee_of_others_gets_no_place_through_the_page_of_a_cohort(world):
    stranger = f.EnrolmentFactory().trainee
    f.RoleFactory(user=world.user, program=stranger.enrolments.get().program, kind="viewer")
    client = client_of(world.user)
    url = reverse(address(Cohort, "change"), args=[world.cohort.pk])
    there = {"trainee": stranger.pk, "status": "active", "since": "2023-08-07"}
    assert client.post(url, filled(client.get(url), **rows("enrolments", there, initial=1))).status_code == 403
    assert stranger.enrolments.count() == 1


def test_a_session_with_its_staff_audience_and_attendance(boss, enter, world):
    session, trainee = world.session, world.trainee
    session = enter(
        type(session), session, place="Range", **rows("attendance", initial=1), **{"attendance-0-status": "late"}
    )
    assert session.place == "Range" and session.attendance.get().status == "late"
    other = f.AssignmentFactory(program=world.program).instructor
    enter(type(session), session, **rows("staff", {"instructor": other.pk, "duty": "assistant"}, initial=1))
    assert session.staff.count() == 2
    enter(type(session), session, **{"staff-1-DELETE": "on", "staff-0-duty": "assessor"})
    assert [row.duty for row in session.staff.all()] == ["assessor"]
    enter(type(session), session, **rows("audience", {"track": world.track.pk}, initial=1))
    assert session.audience.count() == 2 and session.audience.filter(trainee=trainee).exists()


def test_a_session_is_moved_in_the_admin_only_with_a_reason(boss, enter, world):
    session = f.TrainingSessionFactory(cohort=world.cohort, module=world.entry.module)
    url = reverse(address(type(session), "change"), args=[session.pk])
    starts, ends = session.starts_at, session.ends_at + datetime.timedelta(hours=1)
    later = {"ends_at_0": f"{ends:%Y-%m-%d}", "ends_at_1": f"{ends:%H:%M:%S}"}
    refused = boss.post(url, filled(boss.get(url), **later))
    assert refused.status_code == 422 and "Say why the session is moved." in refused.text
    session.refresh_from_db()
    assert session.ends_at != ends
    session = enter(type(session), session, reason="Fog", clash_reason="So be it", **later)
    assert (session.ends_at, session.postponed_from, session.postponed_reason) == (ends, starts, "Fog")
    session = enter(type(session), session, place="Range")  # that needs none
    assert session.postponed_reason == "Fog" and session.act.reason == ""


def test_an_entry_with_its_checklist(boss, enter):
    entry = f.EntryFactory()
    needed = f.EntryFactory(curriculum=entry.curriculum)
    steps = rows("steps", {"position": 2, "title": "Second"}, {"position": 1, "title": "First", "critical": "on"})
    enter(CurriculumEntry, entry, prerequisites=[needed.pk], **steps)
    assert [(step.title, step.critical) for step in entry.steps.all()] == [("First", True), ("Second", False)]
    assert entry.prerequisites.get().needs == needed
    enter(CurriculumEntry, entry, **{"steps-0-DELETE": "on"})
    assert [step.title for step in entry.steps.all()] == ["Second"]


def test_users_are_made_and_changed_by_acts(boss, enter):
    password = "a long enough pass phrase"
    user = enter(User, username="kari", display_name="KARI", password1=password, password2=password)
    assert user.check_password(password) and user.is_active and not user.is_staff
    user = enter(User, user, is_staff="on")
    assert user.is_staff and user.check_password(password)
    before = Act.objects.count()
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    new = "another quite long phrase"
    bad = boss.post(url, {"password1": new, "password2": "x", "usable_password": "true"})
    assert bad.status_code == 200 and Act.objects.count() == before
    boss.post(url, {"password1": new, "password2": new, "usable_password": "true"})
    user.refresh_from_db()
    assert user.check_password(new) and Act.objects.count() == before + 1


def test_whoever_is_deactivated_is_out_at_the_next_request_and_nothing_else_ends(enter, world):
    world.instructor.account = world.user
    f.do(lambda act: change(world.instructor, act, seen=world.instructor.seen))
    client = client_of(world.user)
    assert client.get("/").status_code == 200
    enter(User, world.user, is_active=None)
    assert client.get("/").status_code == 302 and client.get(reverse("admin:index")).status_code == 302
    assert world.user.roles.count() == 1
    world.instructor.refresh_from_db()
    assert world.instructor.account == world.user
    enter(User, world.user, is_active="on")
    assert Program.objects.run_by(User.objects.get(pk=world.user.pk)).exists()


def test_whose_role_ends_sees_nothing_at_the_next_request(boss, world):
    other = f.RoleFactory(program=world.program, user__is_staff=True)
    client, url = client_of(other.user), reverse(address(Cohort, "change"), args=[world.cohort.pk])
    assert client.get(url).status_code == 200
    gone = reverse(address(Role, "delete"), args=[other.pk])
    shown = boss.get(gone).context
    boss.post(gone, {"post": "yes", "key": shown["key"], "seen": shown["seen"]})
    assert client.get(url).status_code == 403


def test_a_second_factor_that_was_lost_is_taken_away_as_an_act(boss, world):
    Authenticator.objects.create(user=world.user, type="totp", data={})
    url, before = reverse(address(User, "changelist")), Act.objects.count()
    boss.post(url, {"action": "remove_second_factor", "_selected_action": [world.user.pk]})
    assert not Authenticator.objects.exists() and Act.objects.count() == before + 1
    world.user.refresh_from_db()
    assert world.user.act.kind == "user.remove_second_factor"


def test_nobody_shuts_themselves_out(boss):
    me = User.objects.get(username="boss")
    url = reverse(address(User, "change"), args=[me.pk])
    data = filled(boss.get(url))
    data.pop("is_superuser")
    assert boss.post(url, data).status_code == 422
    me.refresh_from_db()
    assert me.is_superuser
    url = reverse("admin:auth_user_password_change", args=[me.pk])
    boss.post(url, {"usable_password": "false", "unset-password": "1"})
    me.refresh_from_db()
    assert me.has_usable_password()


def test_putting_away_and_bringing_back(boss):
    program = f.ProgramFactory()
    url = reverse(address(Program, "changelist"))
    boss.post(url, {"action": "put_away", "_selected_action": [program.pk]})
    program.refresh_from_db()
    assert program.archived_at is not None
    boss.post(url, {"action": "bring_back", "_selected_action": [program.pk]})
    program.refresh_from_db()
    assert program.archived_at is None


# ---- coordinators


def test_a_coordinator_enters_results_of_their_own_program(world):
    client = client_of(world.user)
    url = reverse(address(Record, "add"))
    cell = {"trainee": world.trainee.pk, "module": world.entry.module_id, "program": world.program.pk}
    values = {"kind": "no_go", "holds_from": "2023-08-12", "assessor": world.instructor.pk, "reason": "Too slow"}
    assert client.post(url, filled(client.get(url, cell), **values)).status_code == 302
    assert Record.objects.latest("pk").act.user == world.user
    assert Record.objects.latest("pk").act.scope == world.program.pk


def test_a_coordinator_chooses_no_other_program(world):
    other = f.ProgramFactory()
    client = client_of(world.user)
    url = reverse(address(Track, "add"))
    answer = client.post(url, filled(client.get(url), program=other.pk, code="X", title="X"))
    assert "program" in answer.context["adminform"].form.errors
    assert not other.tracks.exists()


def test_a_coordinator_does_not_end_what_an_instructor_does_elsewhere(world):
    elsewhere = f.AssignmentFactory(instructor=world.instructor)
    f.RoleFactory(user=world.user, program=elsewhere.program, kind="viewer")
    client = client_of(world.user)
    url = reverse(address(type(world.instructor), "change"), args=[world.instructor.pk])
    shown = client.get(url)
    forms = shown.context["inline_admin_formsets"][0].formset.initial_forms
    row = next(form.prefix for form in forms if form.instance == elsewhere)
    answer = client.post(url, filled(shown) | {f"{row}-DELETE": "on"})
    assert answer.status_code == 403
    assert type(elsewhere).objects.filter(pk=elsewhere.pk).exists()


def test_a_coordinator_gives_a_role(world):
    other = f.UserFactory()
    client = client_of(world.user)
    url = reverse(address(Program, "change"), args=[world.program.pk])
    role = rows("roles", {"user": other.username, "kind": "viewer"}, initial=1)
    assert client.post(url, filled(client.get(url), **role)).status_code == 302
    assert other.roles.get().kind == "viewer"
    url = reverse(address(Role, "add"))
    third = f.UserFactory()
    new = {"user": third.username, "kind": "viewer", "program": world.program.pk}
    assert client.post(url, filled(client.get(url), **new)).status_code == 302
    assert third.roles.get().program == world.program


def test_a_coordinator_is_shown_no_accounts_and_chooses_none(boss, world):
    other = f.UserFactory(display_name="HEMMELIG")
    what = {"app_label": "programs", "model_name": "role", "field_name": "user", "term": ""}
    client = client_of(world.user)
    assert client.get(reverse("admin:autocomplete"), what).status_code == 403
    assert str(other.pk) in {row["id"] for row in boss.get(reverse("admin:autocomplete"), what).json()["results"]}
    for url, name in (
        (reverse(address(Program, "change"), args=[world.program.pk]), "roles-1-user"),
        (reverse(address(Role, "add")), "user"),
    ):
        text = client.get(url, {"user": other.pk}).content.decode()
        assert "HEMMELIG" not in text and other.username not in text
        role = {"user": other.pk, "kind": "viewer"}
        values = rows("roles", role, initial=1) if "-" in name else role | {"program": world.program.pk}
        assert "No active user has this name." in client.post(url, filled(client.get(url), **values)).content.decode()
    assert not other.roles.exists()


def test_a_role_is_changed_and_ends_on_the_page_of_the_program(boss, world):
    other = f.RoleFactory(program=world.program, kind="viewer", user__is_active=False)
    client = client_of(world.user)
    url = reverse(address(Program, "change"), args=[world.program.pk])
    forms = client.get(url).context["inline_admin_formsets"][2].formset.initial_forms
    row = next(form.prefix for form in forms if form.instance == other)
    assert client.post(url, filled(client.get(url), **{f"{row}-kind": "instructor"})).status_code == 302
    other.refresh_from_db()
    assert other.kind == "instructor"
    assert client.post(url, filled(client.get(url), **{f"{row}-DELETE": "on"})).status_code == 302
    assert not Role.objects.filter(pk=other.pk).exists()


def test_rows_that_are_never_changed_go_from_the_page_they_stand_on(enter, world):
    assigned = f.AssignmentFactory(program=world.program, instructor=f.InstructorFactory())
    forms = client_of(world.user).get(reverse(address(Program, "change"), args=[world.program.pk]))
    forms = forms.context["inline_admin_formsets"][3].formset.initial_forms
    row = next(form.prefix for form in forms if form.instance == assigned)
    enter(Program, world.program, **{f"{row}-DELETE": "on"})
    assert not type(assigned).objects.filter(pk=assigned.pk).exists()
    since = world.cohort.starts_on + datetime.timedelta(days=5)
    later = f.CohortCurriculumFactory(cohort=world.cohort, curriculum=world.curriculum, since=since)
    enter(Cohort, world.cohort, **{"curricula-1-DELETE": "on"})
    assert later not in world.cohort.curricula.standing() and world.cohort.curricula.standing().count() == 1
    shown = client_of(world.user).get(reverse(address(Cohort, "change"), args=[world.cohort.pk]))
    assert "curricula-1-since" not in shown.content.decode()


def test_a_program_keeps_a_coordinator(world):
    client = client_of(world.user)
    url = reverse(address(Role, "change"), args=[world.pk])
    answer = client.post(url, filled(client.get(url), kind="viewer"))
    assert answer.status_code == 422 and "at least one coordinator" in str(answer.context["errors"])


def test_a_new_trainee_s_group_and_track_are_told_with_whose_they_are(boss):
    groups = [f.GroupFactory(title="Group A"), f.GroupFactory(title="Group A")]
    track = f.TrackFactory(title="Medic")
    page = boss.get(reverse(address(Trainee, "add"))).text
    for one in groups:
        assert f">{one.cohort}: Group A</option>" in page
    assert f">{track.program.slug.upper()}: Medic</option>" in page
