"""Who did what, by person, kind, object and day: administrators see everything, coordinators what was done in their programs."""

import csv
import datetime
import re
import uuid
from pathlib import Path

import pytest
import time_machine
from django.urls import reverse

from accounts.acts import add
from accounts.history import told
from accounts.models import Act, Change, User
from programs.models import Program, Role, Track
from tests import factories as f
from trainees import services
from trainees.models import Attendance, NameRead, TrainingSession
from trainees.words import DEEDS, THINGS, deed_of

pytestmark = pytest.mark.django_db
LIST = reverse("trainees:audit_list")
CANARY = "KANARI"
LIST_COSTS, ACT_COSTS, GONE_COSTS, FILE_COSTS = 14, 13, 9, 12


@pytest.fixture
def program():
    return f.ProgramFactory(code="HERE")


@pytest.fixture
def coordinator(program, client):
    user = f.RoleFactory(program=program, user__username="coordinator").user
    client.force_login(user)
    return user


@pytest.fixture
def boss(client):
    """The client, signed in as an administrator."""
    client.force_login(f.UserFactory(username="boss", is_superuser=True))
    return client


def act_of(program, *, user=None, kind="track.create", reason="", write=lambda act: None):
    user = user or f.UserFactory()
    return f.do(write, user=user, kind=kind, reason=reason, scope=program and program.pk)


def tracks(program, n, title="Medics"):
    """Write `n` tracks in one act."""
    return lambda act: [add(Track(program=program, code=f"{act.pk}-{i}", title=f"{title} {i}"), act) for i in range(n)]


def found(client, **asked):
    return [done.act for done in client.get(LIST, asked).context["acts"]]


def text_of(act, client, **asked):
    return client.get(reverse("trainees:audit_detail", args=[act.pk]), asked).text


# ---- who is told what


def test_a_coordinator_is_told_what_was_done_in_their_programs_and_nothing_else(program, coordinator, client):
    elsewhere = f.ProgramFactory(code=CANARY)
    stranger = f.RoleFactory(program=elsewhere, user__username=f"{CANARY}-user").user
    mine = act_of(program, user=coordinator, write=tracks(program, 1))
    others = [
        act_of(elsewhere, user=stranger, reason=CANARY, write=tracks(elsewhere, 1, CANARY)),
        act_of(None, user=stranger, kind=f"user.{CANARY}"),
    ]
    assert found(client) == [mine]
    page = client.get(LIST)
    assert CANARY not in page.text and "HERE" in page.text
    for act in others:
        assert client.get(reverse("trainees:audit_detail", args=[act.pk])).status_code == 404
    for asked in ({"program": "kanari"}, {"who": stranger.pk}):
        assert found(client, **asked) == [mine]  # no choice of theirs, so not asked for
    for about in (CANARY, f"accounts_user:{stranger.pk}", f"programs_program:{elsewhere.pk}"):
        assert found(client, about=about) == []


def test_a_role_lost_is_an_audit_lost(program, coordinator, client):
    act = act_of(program)
    f.do(lambda act: Role.objects.filter(user=coordinator).update(kind="instructor", act=act))
    assert client.get(LIST).status_code == 403
    assert client.get(reverse("trainees:audit_detail", args=[act.pk])).status_code == 404


def test_a_coordinator_is_not_told_of_programs_where_they_only_read(program, coordinator, client):
    other = f.RoleFactory(user=coordinator, kind="viewer", program__code=CANARY).program
    act_of(other)
    assert found(client) == [] and CANARY not in client.get(LIST).text


def test_an_act_that_reached_into_another_program_tells_only_its_own_half(program, coordinator, client, boss):
    elsewhere = f.ProgramFactory(code=CANARY)

    def both(act):
        tracks(elsewhere, 1, CANARY)(act)
        tracks(program, 1)(act)

    act = act_of(program, write=both)
    assert text_of(act, boss).count(CANARY) >= 1
    client.force_login(coordinator)
    page = text_of(act, client)
    assert CANARY not in page and CANARY not in client.get(LIST).text
    assert "Medics 0" in page and "1 row is not told here" in page


def test_what_points_to_something_that_is_not_to_be_told_says_only_its_number(program):
    role = f.RoleFactory(program=program, user__username=CANARY)
    changes = list(Change.objects.filter(table="programs_role", row=str(role.pk)).select_related("act"))
    f.do(lambda act: Role.objects.filter(pk=role.pk).update(user=f.UserFactory(), act=act))
    changes += Change.objects.filter(table="programs_role", row=str(role.pk), before__isnull=False)
    assert CANARY in str(told(changes, lambda row: True))
    sentences = told(changes, lambda row: not isinstance(row, User))
    assert CANARY not in str(sentences) and f"#{role.user_id}" in str(sentences)


def test_an_administrator_is_told_everything_also_kinds_without_words_of_ours(boss):
    program, user = f.ProgramFactory(), f.UserFactory()
    acts = [act_of(None, user=user, kind="user.sign_in"), act_of(program, user=user), f.do(lambda act: None)]
    assert found(boss)[:3] == acts[::-1]
    page = boss.get(LIST).text
    assert "user: sign in" in page and "the command line" in page


def test_the_way_there_is_shown_to_those_who_may_go_it(program, coordinator, client):
    page = client.get(program.get_absolute_url()).text
    assert "/audit/?program=here" in page and 'href="/audit/"' not in page
    client.force_login(f.RoleFactory(program=program, kind="viewer").user)
    assert "/audit/" not in client.get(program.get_absolute_url()).text
    client.force_login(f.UserFactory(is_superuser=True))
    assert 'href="/audit/"' in client.get("/").text


# ---- by person, kind, object, day


def test_by_person(program, coordinator, client):
    other = f.UserFactory(username="instructor")
    mine, theirs = act_of(program, user=coordinator), act_of(program, user=other)
    assert found(client, who=other.pk) == [theirs] and found(client, who=coordinator.pk) == [mine]
    assert [str(user) for user in client.get(LIST).context["filter"].form["who"].field.queryset] == [
        "coordinator",
        "instructor",
    ]


def test_what_was_recorded_is_told_with_of_whom(program, coordinator, client):
    entry = f.EntryFactory(curriculum__program=program, module__code="MED")
    f.publish(entry.curriculum)
    trainee = f.TraineeFactory(roll_number="A-01")
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    f.EnrolmentFactory(trainee=trainee, cohort=cohort)
    services.record_result(
        user=coordinator, key=uuid.uuid4(), trainee=trainee, program=program, module=entry.module, seen="", kind="go",
        assessed_on=datetime.date(2023, 8, 10), assessor=f.AssignmentFactory(program=program).instructor,
    )  # fmt: skip
    [line] = [done.first for done in client.get(LIST).context["acts"]]
    assert all(word in line.thing for word in ("A-01", "MED")) and line.sentence.startswith("recorded GO")


def test_by_kind_the_thing_or_the_thing_and_what_was_done_to_it(program, coordinator, client):
    move, cancel, undo = (act_of(program, kind=kind) for kind in ("session.move", "session.cancel", "undo"))
    assert found(client, kind="session") == [cancel, move]
    assert found(client, kind="session.move") == [move] and found(client, kind="undo") == [undo]
    assert "session: move" in client.get(LIST, {"kind": "session.move"}).text


def test_by_program(boss):
    here, there = f.ProgramFactory(code="HERE"), f.ProgramFactory(code="THERE")
    act, _other = act_of(here), act_of(there)
    assert found(boss, program="here") == [act]


def test_by_object_with_what_points_to_it(boss):
    session = f.TrainingSessionFactory()
    trainee, other = f.TraineeFactory(roll_number="A-01"), f.TraineeFactory(roll_number="A-02")
    for one in (trainee, other):
        services.mark_attendance(
            user=f.RoleFactory(program=f.EnrolmentFactory(trainee=one, cohort=session.cohort).program).user,
            key=uuid.uuid4(), session=session, marks={one.pk: ("present", "")}, seen={},
        )  # fmt: skip
    marks = dict(Attendance.objects.values_list("trainee__roll_number", "act"))
    for asked in ("a-01", f"trainees_trainee:{trainee.pk}"):
        acts = [act.pk for act in found(boss, about=asked)]
        assert marks["A-01"] in acts and marks["A-02"] not in acts and trainee.act_id in acts
    assert {*marks.values(), session.act_id} <= {
        act.pk for act in found(boss, about=f"trainees_trainingsession:{session.pk}")
    }


def test_by_the_code_of_a_program_cohort_module_or_instructor(boss):
    cohort, module = f.CohortFactory(slug="here-1"), f.SkillModuleFactory(code="MED")
    instructor, user = f.InstructorFactory(code="I-9"), f.UserFactory(username="anna")
    program = f.ProgramFactory(code="ANEW")
    for words, row in (("HERE-1", cohort), ("med", module), ("i-9", instructor), ("Anna", user), ("anew", program)):
        assert row.act in found(boss, about=words)


@pytest.mark.parametrize(
    "about", ["nobody", "x:1", "accounts_act:1", "trainees_trainee:x", "²", "trainees_trainee:" + "9" * 18]
)
def test_an_object_that_is_not_there_has_no_acts(about, boss):
    f.TraineeFactory()
    assert found(boss, about=about) == []
    assert "Nothing was done that fits" in boss.get(LIST, {"about": about}).text


def test_by_day_the_first_and_the_last_within(program, coordinator, client):
    acts = []
    for hour in ("09T23:59", "10T00:00", "11T23:59", "12T00:00"):
        with time_machine.travel(datetime.datetime.fromisoformat(f"2023-08-{hour}+00:00"), tick=False):
            acts.append(act_of(program))
    with time_machine.travel("2023-08-12T01:00+00:00"):
        client.force_login(coordinator)
        assert found(client, since="2023-08-10", until="2023-08-11") == acts[2:0:-1]


@pytest.mark.parametrize(
    "asked",
    [
        *({"who": nonsense} for nonsense in ("x", "9" * 30)),
        *({"before": nonsense} for nonsense in ("²", "-1", "9" * 19)),
        {"after": "x"}, {"kind": "x"}, {"since": "soon"}, {"program": "%"}, {"about": "\x00"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_asks_for_nothing(asked, program, coordinator, client):
    act = act_of(program)
    assert found(client, **asked) == [act]


def test_reads_of_names_with_their_reason(program, coordinator, client):
    trainee = f.EnrolmentFactory(cohort=f.CohortFactory(program=program), trainee__roll_number="A-01").trainee
    act_of(program)
    read = services.read_names(
        user=coordinator, key=uuid.uuid4(), trainees=[trainee], reason="A call from home", scope=program.pk
    )
    assert found(client, kind="names-read") == [read] and NameRead.objects.get().act == read
    page = client.get(LIST, {"kind": "names-read"}).text
    assert "read the name of A-01" in page and "Why: A call from home" in page


def test_a_filter_may_be_asked_by_htmx_for_the_rows_alone(program, coordinator, client):
    act_of(program)
    part = client.get(LIST, {"kind": "track"}, headers={"HX-Request": "true"}).text
    assert part.strip().startswith('<div id="rows"') and "track: create" in part


# ---- an act and its rows


def test_a_bulk_act_is_one_entry_that_opens_into_its_rows(program, coordinator, client):
    act = act_of(program, reason="All at once", write=tracks(program, 60))
    [done] = client.get(LIST).context["acts"]
    assert (done.act, done.rows, done.what, done.program) == (act, 60, "track: create", "HERE")
    some, everything = text_of(act, client), text_of(act, client, rows="all")
    assert (some.count("<li><div>"), everything.count("<li><div>")) == (50, 60)
    assert "Show all 60" in some and "Show all" not in everything and "60 rows" in some and "All at once" in some


def test_an_act_that_wrote_nothing_says_so(program, coordinator, client):
    assert "It wrote no row." in text_of(act_of(program), client)


def test_what_was_undone_says_by_whom_and_leads_there_and_back(program, coordinator, client):
    session = f.TrainingSessionFactory(cohort__program=program)
    f.EnrolmentFactory(cohort=session.cohort)
    act = services.mark_rest(user=coordinator, key=uuid.uuid4(), session=session)
    services.undo(user=coordinator, key=uuid.uuid4(), act=act)
    undoing = Act.objects.get(undoes=act)
    assert "undone by coordinator" in client.get(LIST).text
    assert "Undone by coordinator" in text_of(act, client)
    assert reverse("trainees:audit_detail", args=[undoing.pk]) in text_of(act, client)
    assert reverse("trainees:audit_detail", args=[act.pk]) in text_of(undoing, client)


def test_what_an_object_s_page_offers_leads_to_its_acts(program, coordinator, client):
    session = f.TrainingSessionFactory(cohort__program=program)
    f.do(lambda act: TrainingSession.objects.filter(pk=session.pk).update(place="Range", act=act), scope=program.pk)
    [way] = re.findall(r'href="/audit/\?(about=[^"]+)"', client.get(session.get_absolute_url()).text)
    assert "set location to “Range”" in client.get(f"{LIST}?{way}").text
    client.force_login(f.RoleFactory(program=program, kind="instructor").user)
    assert "/audit/" not in client.get(session.get_absolute_url()).text


# ---- a page after the other


def test_older_and_newer_pages_meet_and_leave_nothing_out(program, coordinator, client):
    acts = [act_of(program, user=coordinator) for _ in range(120)][::-1]
    seen, where = [], LIST
    while where:
        page = client.get(where)
        seen += [done.act for done in page.context["acts"]]
        older = page.context["page"].older
        last, where = where, older and f"{LIST}?before={older}"
    assert seen == acts
    page = client.get(f"{LIST}?after={client.get(last).context['page'].newer}")
    assert [done.act for done in page.context["acts"]] == acts[50:100]
    assert page.context["page"].older == acts[99].pk
    page = client.get(f"{LIST}?after={page.context['page'].newer}")
    assert [done.act for done in page.context["acts"]] == acts[:50] and page.context["page"].newer is None


def test_after_the_last_page_there_is_still_a_way_back(program, coordinator, client):
    act = act_of(program)
    page = client.get(LIST, {"before": act.pk})
    assert page.context["acts"] == [] and page.context["page"].newer == act.pk - 1
    assert found(client, after=act.pk - 1) == [act]


# ---- what it costs


@pytest.mark.parametrize("acts", [1, 10])
@pytest.mark.parametrize("rows", [1, 30, 200])
def test_the_list_costs_the_same_however_much_was_done(
    acts, rows, program, coordinator, client, django_assert_num_queries
):
    for _ in range(acts):
        act_of(program, user=coordinator, write=tracks(program, rows))
    client.get(LIST)
    with django_assert_num_queries(LIST_COSTS):
        client.get(LIST)


@pytest.mark.parametrize("rows", [1, 30, 200])
def test_an_act_costs_the_same_however_many_rows_it_wrote(
    rows, program, coordinator, client, django_assert_num_queries
):
    act = act_of(program, write=tracks(program, rows))
    text_of(act, client)
    with django_assert_num_queries(ACT_COSTS):
        text_of(act, client, rows="all")


def test_rows_whose_parent_is_gone_cost_no_question_each(program, boss, django_assert_num_queries):
    made = f.do(tracks(program, 200), scope=program.pk)
    gone = f.do(lambda act: [rows.delete() for rows in (program.tracks.all(), Program.objects.filter(pk=program.pk))])
    assert Change.objects.filter(act=made).count() == 200 and not Program.objects.filter(pk=program.pk).exists()
    with django_assert_num_queries(GONE_COSTS):
        assert text_of(gone, boss, rows="all").count("<li><div>") == 201


# ---- words


def test_every_kind_of_act_in_the_code_has_words():
    root = Path(__file__).parents[2]
    code = "\n".join(
        path.read_text()
        for floor in ("accounts", "programs", "trainees")
        for path in (root / floor).rglob("*.py")
        if "migrations" not in path.parts
    )
    kinds = set(re.findall(r'kind ?= ?f?"([a-z_]+)\.([a-z_]+)"', code)) | set(
        re.findall(r'else "([a-z]+)\.([a-z_]+)"', code)
    )
    assert len(kinds) > 60
    assert {thing for thing, _deed in kinds} - THINGS.keys() == set()
    assert {deed for _thing, deed in kinds} - DEEDS.keys() == set()


def test_a_kind_is_told_in_words():
    assert deed_of("session.move") == "session: move" and deed_of("undo") == "undoing"
    assert deed_of("novel.do_that") == "novel: do that"


# ---- as files


def rows_of(answer):
    return list(csv.reader(answer.getvalue().decode().splitlines()))


def test_the_list_as_a_file_has_every_act_that_the_filters_leave(program, coordinator, client):
    acts = [act_of(program, user=coordinator, write=tracks(program, 2), reason=f"Reason {n}") for n in range(60)]
    act_of(program, kind="role.grant")
    act_of(f.ProgramFactory(code="ELSE"), reason=CANARY)
    answer = client.get(LIST, {"format": "csv", "kind": "track.create"})
    told = rows_of(answer)
    assert told[3] == ["# filter: kind=track.create"] and CANARY not in str(told)
    head = told[4]
    assert [row[head.index("act")] for row in told[5:]] == [str(act.pk) for act in reversed(acts)]
    assert {(row[head.index("rows")], row[head.index("who")]) for row in told[5:]} == {("2", "coordinator")}
    assert told[5][head.index("why")] == "Reason 59" and "Medics 0" in told[5][head.index("first")]


def test_one_act_as_a_file_has_all_its_lines_that_may_be_told(program, coordinator, client):
    elsewhere = f.ProgramFactory(code="ELSE")

    def write(act):
        tracks(program, 60)(act)
        tracks(elsewhere, 1, title=CANARY)(act)

    act = act_of(program, write=write)
    told = rows_of(client.get(reverse("trainees:audit_detail", args=[act.pk]), {"format": "csv"}))
    assert told[4] == ["thing", "what"] and len(told) == 5 + 60 and CANARY not in str(told)
    assert told[5] == ["track Medics 0", "created"]


@pytest.mark.parametrize("acts", [2, 40])
def test_the_list_as_a_file_costs_the_same_for_every_page_of_it(
    acts, program, coordinator, client, django_assert_num_queries
):
    for _n in range(acts):
        act_of(program, user=coordinator, write=tracks(program, 2))
    client.get(LIST, {"format": "csv"}).getvalue()
    with django_assert_num_queries(FILE_COSTS):
        client.get(LIST, {"format": "csv"}).getvalue()
