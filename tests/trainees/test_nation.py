"""A liaison officer limited to one nation: trainees of others do not exist for them, and no number counts them."""

import datetime
import uuid
from types import SimpleNamespace

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse

from accounts import trail
from accounts.models import Change
from programs import services as teaching
from programs.access import EVERYBODY, AboutTrainee, fetch, limits_of
from programs.models import Role
from tests import factories as f
from tests.canaries import NOW, close_first, course_of, crowd_of, wrote
from tests.house.test_access import TABLE, WANTS, address
from tests.house.test_foreign_programs import admin_pages
from tests.trainees.test_files import BOTH, body, where_of
from trainees import services
from trainees.models import Cohort, Identity, NameRead, SessionAudience, Sheet, Trainee, TrainingSession, Unlisted
from trainees.selectors.board import board_of
from trainees.selectors.clashes import clashes_of_session, planned
from trainees.selectors.closing import closing_of
from trainees.selectors.completions import completions_on
from trainees.selectors.excusals import excusals_in
from trainees.selectors.home import home_of
from trainees.selectors.hours import hours_of
from trainees.selectors.loading import Moment
from trainees.selectors.matrix import Filters, matrix
from trainees.selectors.overview import overview_of
from trainees.selectors.paper import lines_of, with_printing
from trainees.selectors.progress import cohort_view
from trainees.selectors.roster import roster_of
from trainees.selectors.sessions import register_of
from trainees.selectors.strength import strength_of

# Words in every text about trainees of the reader's nation, and of others: too long to come up in a token by chance.
OURS, THEIRS = "OWNLYX", "QXZVJKW"
SAID = "only:</strong> your role in TRD is limited to them."


def by(user):
    return {"user": user, "key": uuid.uuid4()}


@pytest.fixture
def two(db):
    """A course of two nations, told in the middle of it: six trainees of Ukraine, six of another one."""
    with time_machine.travel(NOW - datetime.timedelta(days=4), tick=False) as clock:
        one = course_of("Plain", "TRD")
        crowd_of(one, OURS, "Ukraine")
        one.mine, one.theirs = one.lives[0], crowd_of(one, THEIRS, f"{THEIRS}land", start=6)[0]
        one.limited = f.RoleFactory(program=one.program, kind="viewer", nation="Ukraine", user__username="limited")
        one.viewer = f.RoleFactory(program=one.program, kind="viewer", user__username="whole").user
        clock.move_to(NOW)
        wrote(Unlisted(session=one.session, told=f"{THEIRS} who"), one.program.pk)
        seen = {mark.trainee_id: mark.seen for mark in one.sessions[2].attendance.select_related("act")}
        marks = dict.fromkeys(seen, ("late", ""))  # what pages of earlier days put back
        services.mark_attendance(**by(one.recorder), session=one.sessions[2], marks=marks, seen=seen)
        close_first(one)
        vars(one).update(vars(one.mine))
        one.invitation = f.InvitationFactory(program=one.program)
        yield one


def about(one, life):
    """The course, with another life for the addresses of what is about somebody."""
    return SimpleNamespace(**{**vars(one), **vars(life)})


ASKED = {  # what else can be asked of an address; the letters of what others are called, never the whole word
    "cohort_progress": ["?sort=call_sign", "?show=not_met", "?show=provisional", "?group=GROUP&track=TRACK", "?status=no_go"],
    "cohort_roster": ["?q=WFOX", "?status=withdrawn", "?status=transferred", "?sort=-call_sign", "?group=GROUP"],
    "cohort_strength": [f"?day={NOW.date()}&show=all", "?day=2023-08-10&show=absent", "?day=2023-08-09&group=GROUP"],
    "cohort_changes": ["?since=2023-08-06", "?since=2023-08-12&as_of=2023-08-12", "?since=2023-08-15&show=gained"],
    "cohort_finish": ["?outcome=cannot", "?outcome=extra", "?as_of=2023-08-10"],
    "cohort_briefing": ["?as_of=2023-08-10", "?present=1"],
    "program_briefing": ["?as_of=2023-08-10", "?present=1"],
    "cohort_over_time": ["?as_of=2023-08-10", "?as_of=2023-08-01"],
    "cohort_board": [f"?day=2023-08-{day}" for day in ("08", "09", "10", "21", "22")],
    "program_board": [f"?day=2023-08-{day}" for day in ("08", "09", "10", "21", "22")],
    "cohort_schedule": ["?week=2023-W32", "?week=2023-W34", "?day=2023-08-21"],
    "instructor_schedule": ["?week=2023-W32", "?week=2023-W34"],
    "place_schedule": ["?week=2023-W32", "?week=2023-W34", "?place=Plain+range&day=2023-08-21"],
    "session_list": ["?state=results", "?state=open", "?state=held", "?state=coming", "?kind=retake&sort=-module"],
    "sheet_detail": ["?filled=1"],
    "sheet_list": ["?state=all", "?state=lost", "?number=1"],
    "trainee_list": ["?q=WFOX", "?q=wland", "?sort=-nation", "?sort=nation", "?cohort=trd-c1", "?cohort=trd-c2"],
    "trainee_create": ["?cohort=trd-c1"],
}  # fmt: skip
EVERYWHERE = ["", "?history=all", "?as_of=2023-08-12&known=2023-08-13"]


def answers_to(client, one):
    """Every answer of every address, as a page and as a fragment, however it is asked."""
    for name in TABLE:
        for asked in [*EVERYWHERE, *ASKED.get(name.partition(":")[2], [])]:
            for headers in ({}, {"HX-Request": "true"}) if asked != EVERYWHERE[-1] else ({},):
                where = address(name, one) + asked
                yield f"{where} {headers}", client.get(where, headers=headers)
        yield f"POST {name}", client.post(address(name, one), {"key": uuid.uuid4()})


def foreign(one):
    people = [life.trainee for life in one.lives if life.trainee.roll_number.startswith(THEIRS)]
    return [THEIRS.lower(), *(str(trainee.uuid) for trainee in people)]


def test_no_answer_holds_a_word_about_another_nation_s_trainees(two, client):
    client.force_login(two.limited.user)
    words, told = foreign(two), 0
    for where, answer in answers_to(client, two):
        body = answer.content.decode().lower()
        assert not [word for word in words if word in body], where
        told += OURS.lower() in body
    assert told > 100  # of the reader's own nation they tell


def test_whoever_is_not_limited_reads_about_both(two, client):
    client.force_login(two.viewer)
    shown = {name for name in TABLE if THEIRS in client.get(address(name, two), {"history": "all"}).text}
    expected = [
        "cohort_detail",
        "cohort_briefing",
        "cohort_attention",
        "cohort_finish",
        "cohort_progress",
        "cohort_roster",
        "cohort_closing",
        "cohort_roll",
        "cohort_excusals",
        "cohort_strength",
        "cohort_module",
        "session_detail",
        "sheet_detail",
        "trainee_list",
        "program_board",
        "cohort_board",
    ]
    assert {f"trainees:{name}" for name in expected} <= shown


def test_every_text_about_them_holds_the_word(two):
    """Otherwise the test above would look for nothing."""
    chosen = {"status", "kind", "outcome"}
    for model in about_trainees():
        texts = [
            field.attname
            for field in model._meta.concrete_fields
            if field.get_internal_type() in {"CharField", "TextField"} and field.attname not in chosen
        ]
        for text in texts:
            assert model._default_manager.filter(**{f"{text}__contains": THEIRS}).exists(), (model, text)


def about_trainees():
    return [model for model in apps.get_app_config("trainees").get_models() if points_to_trainee(model)]


def points_to_trainee(model):
    return model is not Trainee and any(field.related_model is Trainee for field in model._meta.concrete_fields)


def test_every_table_about_trainees_knows_whose_nation_decides():
    behind_a_reason = {Identity, NameRead}  # seen by nobody who does not run every program of the trainee
    for model in set(about_trainees()) - behind_a_reason:
        assert isinstance(model._default_manager.all(), AboutTrainee), model


def test_what_is_about_another_nation_s_trainee_is_not_found(two, client):
    client.force_login(two.limited.user)
    here, there = about(two, two.mine), about(two, two.theirs)
    theirs = [name for name in WANTS if address(name, here) != address(name, there)]
    assert len(theirs) > 15
    for name in theirs:
        got = {client.get(address(name, there)).status_code, client.post(address(name, there), {}).status_code}
        assert got <= ({403, 405} if name == "trainees:attendance_mark" else {404, 405}), name
        assert {client.get(address(name, here)).status_code, client.post(address(name, here)).status_code} & {200, 403}


def test_somebody_without_a_nation_is_nobody_s(two, client):
    nobody = two.lives[-1].trainee
    assert nobody.nation == ""
    client.force_login(two.limited.user)
    assert client.get(nobody.get_absolute_url()).status_code == 404
    assert nobody.roll_number not in client.get(reverse("trainees:trainee_list")).text


# ---- numbers


def told_to(user, one):
    """Everything that pages of the course count and list, as `user` may see it; without one, all of it."""

    def fetched(rows, **which):
        return fetch(rows, user, **which)

    cohort = fetched(Cohort.objects.select_related("program"), slug=one.cohort.slug)
    session = fetched(planned(), pk=one.session.pk)
    sheet = fetched(Sheet.objects.select_related("session__cohort__program"), pk=one.sheet.pk)
    limits, moment = limits_of(cohort), Moment.of(one.program)
    told = {}
    for known in (None, NOW.date().replace(day=19), NOW.date().replace(day=1)):
        view = cohort_view(cohort, limits, None, known)
        told |= {
            f"progress {known}": view.progress,
            f"names {known}": (view.names.people, view.names.tracks, view.names.groups, view.evidence),
            f"matrix {known}": matrix(view, Filters()),
            f"overview {known}": overview_of(view),
            f"then {known}": view.on(NOW.date().replace(day=12)).progress,
        }
    view = cohort_view(cohort, limits)
    told["closing"] = closing_of(view)
    told["hours"] = hours_of(view)
    told["roster"] = roster_of(cohort, moment, limits)
    told["strength"] = [strength_of(cohort, NOW.date().replace(day=day), limits) for day in (8, 10, 20)]
    told["register"] = [register_of(fetched(planned(), pk=pk.pk), limits) for pk in one.sessions]
    told["excusals"] = excusals_in(cohort, limits)
    told["roll"] = completions_on(moment, limits, view.evidence, cohort=cohort)
    told["paper"] = lines_of(sheet, limits), with_printing(Sheet.objects.filter(pk=sheet.pk), user).get().lines
    told["clashes"] = [clashes_of_session(fetched(planned(), pk=pk.pk), user) for pk in one.sessions]
    told["for"] = [str(part) for pk in one.sessions for part in fetched(planned(), pk=pk.pk).audience_seen]
    told["unlisted"] = list(session.unlisted.within(limits))
    told["board"] = [
        (card.session, card.ready, card.blocked, card.expired, card.met, card.not_asked, card.away, card.no_go, card.clashes)
        for day in (9, 10, 21, 22)
        for card in board_of([view.now()], NOW.date().replace(day=day), user)
    ]  # fmt: skip
    told["home"] = [
        (desk.view.cohort, desk.view.progress, desk.now.progress, desk.headline, desk.today, desk.items)
        for desk in home_of(user)
    ]
    return told


def take_away(one):
    """As if the others had never been: the trail holds nobody back here, and the test rolls it all back."""
    trail.uninstall()
    others = [str(pk) for pk in Trainee.objects.exclude(nation="Ukraine").values_list("pk", flat=True)]
    with connection.constraint_checks_disabled():
        for model in [*about_trainees(), apps.get_model("trainees", "StepMark")]:
            path = "record__trainee" if model.__name__ == "StepMark" else "trainee"
            gone = model._base_manager.filter(**{f"{path}__in": others})
            if model.__name__ == "Unlisted":
                gone = gone | model._base_manager.filter(trainee=None)
            ids = list(gone.values_list("pk", flat=True))
            Change.objects.filter(table=model._meta.db_table, row__in=map(str, ids))._raw_delete("default")
            model._base_manager.filter(pk__in=ids)._raw_delete("default")
        Trainee.objects.filter(pk__in=others)._raw_delete("default")


def test_numbers_are_those_of_a_cohort_that_the_others_were_never_in(two):
    limited, whole = told_to(two.limited.user, two), told_to(two.viewer, two)
    before_anything = {name for name in limited if name.endswith("2023-08-01")}
    assert {name for name in limited if limited[name] == whole[name]} <= {"hours", *before_anything}  # they are missed
    with transaction.atomic():
        deferred(connection)
        take_away(two)
        alone = told_to(two.viewer, two)
        transaction.set_rollback(True)
    assert {name: found for name, found in limited.items() if found != alone[name]} == {}


def deferred(connection):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    "name",
    [
        "cohort_detail",
        "cohort_briefing",
        "cohort_attention",
        "cohort_finish",
        "cohort_progress",
        "cohort_roster",
        "cohort_closing",
        "cohort_roll",
        "cohort_excusals",
        "cohort_strength",
        "cohort_module",
        "cohort_hours",
        "cohort_board",
        "session_list",
        "session_detail",
        "sheet_detail",
        "sheet_list",
        "trainee_list",
        "program_detail",
        "program_briefing",
        "program_board",
        "program_attention",
        "program_outstanding",
        "cohort_outstanding",
        "home",
    ],
)
def test_the_page_says_whose_numbers_these_are(name, two, client):
    client.force_login(two.limited.user)
    shown = client.get(address(f"trainees:{name}", two)).text
    assert "Trainees of Ukraine only" in shown and shown.count(SAID) == 1
    client.force_login(two.viewer)
    assert SAID not in client.get(address(f"trainees:{name}", two)).text


def test_the_page_of_the_program_counts_whom_its_reader_sees(two, client):
    client.force_login(two.limited.user)
    [here] = [view for view in client.get(two.program.get_absolute_url()).context["views"] if view.cohort == two.cohort]
    assert here.progress == cohort_view(two.cohort, {two.program.pk: "Ukraine"}).progress
    assert here.progress != cohort_view(two.cohort, EVERYBODY).progress


def test_the_nation_is_the_present_one_on_pages_of_earlier_days_too(two, client):
    client.force_login(two.limited.user)
    where = reverse("trainees:cohort_roster", args=[two.cohort.slug])
    asked = {"as_of": "2023-08-14", "known": "2023-08-20"}
    assert two.mine.trainee.roll_number in client.get(where, asked).text
    f.do(lambda act: Trainee.objects.filter(pk=two.mine.trainee.pk).update(nation="Norway", act=act))
    assert two.mine.trainee.roll_number not in client.get(where, asked).text


def test_what_a_reader_sees_of_somebody_in_one_program_tells_nothing_of_them_in_another(two, client):
    """In the second program the reader is limited to nobody: the trainee is there, and only there."""
    there = course_of("Second", "SEC")
    life = two.theirs.trainee
    f.EnrolmentFactory(trainee=life, cohort=there.cohort)
    f.RoleFactory(program=there.program, kind="viewer", user=two.limited.user)
    client.force_login(two.limited.user)
    page = client.get(life.get_absolute_url(), {"history": "all"})
    assert page.status_code == 200 and "SEC-C1" in page.text
    assert "TRD-C1" not in page.text and f"{THEIRS} place" not in page.text and f"{THEIRS} mark" not in page.text
    assert client.get(reverse("trainees:cell", args=[life.uuid, "trd", two.module.code])).status_code == 404
    found = client.get(reverse("trainees:trainee_list"), {"cohort": "trd-c1"}).text
    assert life.roll_number not in found
    assert life.roll_number in client.get(reverse("trainees:trainee_list"), {"cohort": "sec-c1"}).text
    assert life.roll_number not in client.get(reverse("trainees:cohort_roster", args=["trd-c1"])).text


def test_a_session_for_others_only_does_not_seem_to_be_for_all(two, client):
    session = two.sessions[5]
    wrote(SessionAudience(session=session, trainee=two.theirs.trainee))
    client.force_login(two.limited.user)
    shown = client.get(session.get_absolute_url()).text
    assert "others of the cohort" in shown and "the whole cohort" not in shown


def test_limits_cost_a_page_one_query_and_nobody_else_any(two, client, django_assert_num_queries):
    where = reverse("trainees:cohort_progress", args=[two.cohort.slug])
    counts = {}
    for user in (two.viewer, two.limited.user):
        client.force_login(user)
        client.get(where)
        with django_assert_num_queries(8 if user == two.limited.user else 7) as counted:
            client.get(where)
        counts[user] = len(counted)


# ---- the role itself


def role_of(user, program):
    return Role.objects.select_related("act", "user", "program").get(user=user, program=program)


@pytest.mark.parametrize("kind", ["coordinator", "instructor"])
def test_only_a_liaison_officer_is_limited_to_a_nation(kind, two):
    to = f.UserFactory()
    with pytest.raises(ValidationError, match="Only a liaison officer is limited to a nation"):
        teaching.grant_role(**by(two.coordinator), program=two.program, to=to, kind=kind, nation="Ukraine")
    assert not to.roles.exists()


def test_a_role_is_given_limited_changed_and_told(two, client):
    new = f.UserFactory(username="newcomer")
    client.force_login(two.coordinator)
    where = reverse("programs:role_create", args=[two.program.slug])
    sent = {"key": uuid.uuid4(), "user": "newcomer", "kind": "viewer", "nation": " Ukraine "}
    assert client.post(where, sent).status_code == 302
    assert role_of(new, two.program).nation == "Ukraine"
    people = reverse("programs:program_people", args=[two.program.slug])
    assert "trainees of Ukraine only" in client.get(people).text
    role = role_of(new, two.program)
    edit = reverse("programs:role_edit", args=[two.program.slug, role.pk])
    sent = {"key": uuid.uuid4(), "seen": role.seen, "kind": "instructor", "nation": "Ukraine"}
    refused = client.post(edit, sent)
    assert refused.status_code == 422 and "Only a liaison officer is limited to a nation." in refused.text
    assert client.post(edit, sent | {"key": uuid.uuid4(), "kind": "viewer", "nation": ""}).status_code == 302
    assert role_of(new, two.program).nation == ""
    told = client.get(reverse("trainees:program_detail", args=[two.program.slug]), {"history": "all"}).text
    assert "removed limited to the trainees of, which was “Ukraine”" in told


# ---- at once: what changes about a role or an account holds on the very next request


def open_register(one):
    return reverse("trainees:session_register", args=[one.sessions[2].pk])


def mark(client, one):
    where = reverse("trainees:attendance_mark", args=[one.sessions[2].pk, one.mine.trainee.uuid])
    sent = {"key": uuid.uuid4(), "seen": "", "status": "present"}
    return client.post(where, sent, headers={"Accept": "application/json"})


def test_a_role_taken_away_is_gone_on_the_next_request(two, client):
    client.force_login(two.viewer)
    assert client.get(two.cohort.get_absolute_url()).status_code == 200
    role = role_of(two.viewer, two.program)
    teaching.revoke_role(**by(two.coordinator), role=role, seen=role.seen)
    for where in (two.cohort.get_absolute_url(), two.program.get_absolute_url(), two.mine.trainee.get_absolute_url()):
        assert client.get(where).status_code == 404
    assert two.cohort.slug not in client.get("/").text


def test_a_limit_holds_on_the_next_request(two, client):
    client.force_login(two.viewer)
    where = reverse("trainees:cohort_progress", args=[two.cohort.slug])
    assert THEIRS in client.get(where).text
    role = role_of(two.viewer, two.program)
    teaching.change_role(**by(two.coordinator), role=role, seen=role.seen, kind="viewer", nation="Ukraine")
    shown = client.get(where).text
    assert THEIRS not in shown and OURS in shown and SAID in shown


def test_whoever_is_deactivated_is_signed_out_on_the_next_request(two, client):
    client.force_login(two.recorder)
    assert client.get(open_register(two)).status_code == 200
    assert mark(client, two).status_code != 401
    f.do(lambda act: type(two.recorder).objects.filter(pk=two.recorder.pk).update(is_active=False, act=act))
    gone = client.get(open_register(two))
    assert gone.status_code == 302 and gone.url.startswith(reverse("account_login"))
    refused = mark(client, two)
    assert refused.status_code == 401 and refused.json()["signin"] == reverse("account_login")


def test_a_coordinator_who_became_a_reader_writes_nothing_on_the_next_request(two, client):
    f.RoleFactory(program=two.program)  # somebody else goes on
    client.force_login(two.coordinator)
    edit, admin = (
        reverse("trainees:cohort_edit", args=[two.cohort.slug]),
        reverse("admin:trainees_cohort_change", args=[two.cohort.pk]),
    )
    assert [client.get(where).status_code for where in (edit, admin)] == [200, 200]
    role = role_of(two.coordinator, two.program)
    teaching.change_role(**by(two.coordinator), role=role, seen=role.seen, kind="viewer", nation="")
    before = TrainingSession.objects.count(), Cohort.objects.get(pk=two.cohort.pk).act_id
    key = {"key": uuid.uuid4()}
    assert client.post(edit, key | {"seen": two.cohort.seen, "code": "X"}).status_code == 403
    assert client.get(edit).status_code == 403
    assert mark(client, two).status_code == 403
    assert client.get(open_register(two)).status_code == 403
    assert client.post(admin, key).status_code in {302, 403}  # 302: to the admin's sign-in, they run nothing any more
    assert client.get(admin).status_code in {302, 403}
    assert (TrainingSession.objects.count(), Cohort.objects.get(pk=two.cohort.pk).act_id) == before


# ---- the admin: whoever coordinates another program gets in there


def test_in_the_admin_other_nations_trainees_do_not_exist_either(two, client):
    there = course_of("Second", "SEC")
    f.RoleFactory(program=there.program, user=two.limited.user)
    f.do(lambda act: type(two.viewer).objects.filter(pk=two.limited.user.pk).update(is_staff=True, act=act))
    client.force_login(two.limited.user)
    words, pages = foreign(two), 0
    for where in admin_pages():
        body = client.get(where).content.decode().lower()
        assert not [word for word in words if word in body], where
        pages += OURS.lower() in body
    assert pages > 15


def test_no_file_holds_a_word_about_them_and_each_with_numbers_says_whose_they_are(two, client):
    client.force_login(two.limited.user)
    words, told, said = foreign(two), 0, set()
    for name, table in BOTH:
        for asked in ["", *EVERYWHERE[1:], *ASKED.get(name.partition(":")[2], [])]:
            answer = client.get(f"{where_of(name, table, two)}&{asked.removeprefix('?')}")
            if answer.status_code != 200:
                continue  # a sheet to write on, a page that is not theirs
            text = body(answer).decode().lower()
            assert not [word for word in words if word in text], f"{name} {table} {asked}"
            told += OURS.lower() in text
            if "# only trainees of ukraine\r\n" in text:
                said.add(name.partition(":")[2])
    assert told > 60
    assert {
        "cohort_progress",
        "cohort_roster",
        "cohort_detail",
        "session_list",
        "session_detail",
        "trainee_list",
    } <= said
