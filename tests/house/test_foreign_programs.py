"""What belongs to another program, asked for in every way there is: not found or refused, and no word of it in any answer."""

import re
import uuid
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from accounts import trail
from accounts.models import Act, Change, User
from programs.models import Curriculum, Instructor, Program, Track
from tests import factories as f
from tests.canaries import NOW, course_of, crowd_of, life_of
from tests.house.asking import text_of
from tests.house.test_access import TABLE, address
from tests.trainees.test_files import BOTH, body, where_of
from trainees.models import Attendance, Cohort, Enrolment, Excusal, Group, Record, Trainee, TrainingSession

WORD = "QXZVJKW"  # in every text of the other program; too long to come up in a token by chance
CODE = "ZWQXVK"  # of the program: it may stand where it was asked for
MEMBERS = ("coordinator", "recorder", "viewer")


@pytest.fixture
def worlds(db):
    """A program with one trainee, and another with everything in it: `here` and `there`."""
    with time_machine.travel(NOW, tick=False):
        here, there = course_of("Plain", "HERE"), course_of(WORD, CODE, catalogue="Shared")
        vars(here).update(vars(life_of(here, 1, "OWN", "Ukraine")))
        vars(there).update(vars(crowd_of(there, WORD, f"{WORD}land")[0]))
        # versions are chosen by number: one that `here` has not
        there.version = f.CurriculumFactory(program=there.program, number=9)
        f.EntryFactory(curriculum=there.version, position=1)
        f.publish(there.version)
        here.viewer = f.RoleFactory(program=here.program, kind="viewer").user
        yield SimpleNamespace(here=here, there=there)


ASKED = [  # what an address does not know it ignores, so several things are asked at once
    "",
    "?history=all&q=zvjkw&state=all&sort=-nation&place=zvjkw&module=SHARED-1&week=2023-W34",
    "?cohort={there.cohort.slug}&program={there.program.slug}&number={there.sheet.pk}&track=TRACK&group=GROUP&day=2023-08-21",
    "?t={there.trainee.pk}:{there.place.act.key}&voids={there.record.pk}&session={there.session.pk}&trainee={there.trainee.pk}",
]


def words_of(there):
    """What may stand in no answer."""
    return [WORD.lower(), CODE.lower(), *(str(life.trainee.uuid) for life in there.lives)]


@pytest.mark.parametrize("who", ["coordinator", "viewer"])
def test_no_answer_holds_a_word_of_another_program(who, worlds, client):
    client.force_login(getattr(worlds.here, who))
    words = words_of(worlds.there)
    for name in TABLE:
        for asked in ASKED:
            query = asked.format(there=worlds.there)
            for headers in ({}, {"HX-Request": "true"}) if "q=" in query else ({},):
                body = told(client.get(address(name, worlds.here) + query, headers=headers))
                assert not [word for word in words if word in body], name + query


def told(answer):
    """What an answer says, without what was asked: links to the same page have it."""
    body = text_of(answer).lower()
    for asked in re.findall(r"[\w-]{6,}", f"{answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}".lower()):
        body = body.replace(asked, "")
    return body


def test_no_file_holds_a_word_of_another_program(worlds, client):
    client.force_login(worlds.here.coordinator)
    words = words_of(worlds.there)
    for name, table in BOTH:
        for asked in ASKED:
            answer = client.get(
                f"{where_of(name, table, worlds.here)}&{asked.format(there=worlds.there).removeprefix('?')}"
            )
            text = body(answer).decode().partition("# filter: ")[2].partition("\n")[2].lower()  # but for what was asked
            assert not [word for word in words if word in text], f"{name} {table} {asked}"
        assert client.get(where_of(name, table, worlds.there)).status_code == (
            404 if address(name, worlds.here) != address(name, worlds.there) else 200
        )


OPEN = (
    "catalogue",
    "catalogue form",
    "catalogue press",
    "invitation",
)  # the catalogue is shared; whoever has the link may


@pytest.mark.parametrize("who", MEMBERS)
def test_everything_of_another_program_is_not_found(who, worlds, client):
    client.force_login(getattr(worlds.here, who))
    words, asked = words_of(worlds.there), 0
    for name in TABLE:
        where = address(name, worlds.there)
        if where == address(name, worlds.here) or TABLE[name] in OPEN:
            continue
        asked += 1
        for send in (client.get, client.post):
            for headers in ({}, {"Accept": "application/json"}):
                answer = send(where, headers=headers)
                assert answer.status_code in {404, 405}, where
                assert not [word for word in words if word in told(answer)], where
    assert asked > 90


# ---- choices


def chosen_from(field, there):
    """What a form would send that chooses something of the other program, for a field that chooses rows; nothing for others."""
    rows = getattr(field, "queryset", None)
    if rows is None:
        return None
    of = {
        Program: [there.program],
        Cohort: [there.cohort],
        Curriculum: [there.version],
        Track: [there.track],
        Group: [there.group],
        Trainee: [there.trainee],
        Instructor: [there.instructor],
        TrainingSession: [there.session],
    }.get(rows.model, [])
    values = [field.prepare_value(one) for one in of]
    return values if values and isinstance(field, forms.ModelMultipleChoiceField) else next(iter(values), None)


FILLED = {"ResultForm": {"kind": "go", "assessed_on": "2023-08-14"}}  # what the database decides comes after the form


def forms_of(client, here):
    """Each page with a form: its address, the form, what the page would send as it is."""
    asked = {
        "trainees:cohort_create": ["", f"?program={here.program.slug}"],
        "trainees:trainee_create": ["", f"?cohort={here.cohort.slug}"],
        "trainees:roster_change": [f"?t={here.trainee.pk}:{here.place.act.key}"],
    }
    kinds = ("track", "group", "transfer", "suspend")
    for name in TABLE:
        for query in asked.get(name, [""]):
            wheres = [address(name, here) + query]
            if name == "trainees:roster_change":
                wheres = [where.replace("/suspend/", f"/{kind}/") for where in wheres for kind in kinds]
            for where in wheres:
                context = client.get(where).context or {}
                form = context.get("form")
                if form is not None:
                    yield (
                        where,
                        form,
                        {bound.html_name: value for bound in form if (value := bound.value()) not in (None, [])},
                    )


def test_nothing_of_another_program_can_be_chosen_in_any_form(worlds, client):
    client.force_login(worlds.here.coordinator)
    words, tried = words_of(worlds.there), set()
    for where, form, sent in forms_of(client, worlds.here):
        for name, field in form.fields.items():
            value = chosen_from(field, worlds.there)
            if name.startswith("who_") or (name == "assessor" and value is None):
                value = worlds.there.instructor.pk
            if value is None:
                continue
            before = Act.objects.count()
            if "key" in form.fields:
                answer = client.post(
                    where, {**sent, **FILLED.get(type(form).__name__, {}), "key": uuid.uuid4(), name: value}
                )
            else:
                answer = client.get(where, {**sent, name: value})
            tried.add((type(form).__name__, name))
            body = told(answer)
            assert name in answer.context["form"].errors, (where, name)
            assert answer.status_code in {200, 422} and Act.objects.count() == before, (where, name)
            assert not [word for word in words if word in body], (where, name)
    assert {
        "ResultForm",
        "SessionForm",
        "NewSessionForm",
        "CohortForm",
        "ChangeForm",
        "EnrolNewForm",
        "ExcusalNewForm",
    } <= {form for form, _name in tried}
    assert len(tried) > 25


def test_nobody_of_another_program_comes_onto_a_roster_by_number(worlds, client):
    """That a roll number is taken may be learned; nothing else."""
    client.force_login(worlds.here.coordinator)
    where = reverse("trainees:roster_add", args=[worlds.here.cohort.slug])
    form = client.get(where).context["form"]
    sent = {bound.html_name: value for bound in form if (value := bound.value()) is not None}
    asked = worlds.there.trainee.roll_number
    answer = client.post(where, sent | {"key": uuid.uuid4(), "lines": f"{asked}, GRANIT"})
    assert answer.status_code == 422
    assert WORD.lower() not in answer.text.replace(asked, "").lower()
    assert not worlds.here.cohort.enrolments.filter(trainee=worlds.there.trainee).exists()


# ---- marks


def post(client, where, **words):
    return client.post(where, {"key": uuid.uuid4(), "seen": ""} | words, headers={"Accept": "application/json"})


def mark_at(session, trainee):
    return reverse("trainees:attendance_mark", args=[session.pk, trainee.uuid])


def test_whom_a_session_is_not_for_is_not_marked_there(worlds, client):
    client.force_login(worlds.here.recorder)
    another = f.EnrolmentFactory(cohort=worlds.here.cohort).trainee
    session = worlds.here.sessions[3]  # for the first trainee by name
    with time_machine.travel(session.starts_at, tick=False):
        client.force_login(worlds.here.recorder)
        before = Attendance.objects.count()
        refused = post(client, mark_at(session, another), status="present")
        assert refused.status_code == 422
        assert post(client, mark_at(session, worlds.there.trainee), status="present").status_code == 404
        form = {"key": uuid.uuid4(), "seen": session.seen, f"m{another.pk}": "present"}
        for trainee in (another, worlds.there.trainee):
            form[f"m{trainee.pk}"] = "present"
        client.post(reverse("trainees:session_register", args=[session.pk]), form)
        assert Attendance.objects.count() == before
        assert post(client, mark_at(session, worlds.here.trainee), status="present").status_code == 200


def test_nobody_of_another_program_gets_a_result_here(worlds, client):
    client.force_login(worlds.here.recorder)
    before = Record.objects.count()
    theirs, module = worlds.there.trainee, worlds.here.module
    for name in ("result_mark", "record_create"):
        where = reverse(f"trainees:{name}", args=[theirs.uuid, worlds.here.program.slug, module.code])
        assert post(client, where, kind="go", assessor=worlds.here.instructor.pk).status_code == 404
    where = reverse("trainees:session_results", args=[worlds.here.session.pk])
    client.post(where, {"key": uuid.uuid4(), "seen": worlds.here.session.seen, f"kind_{theirs.pk}": "go"})
    assert Record.objects.count() == before


# ---- what is on no form


def forged(worlds):
    """What a form never has, as somebody would name it who knows the tables."""
    there = worlds.there
    ids = {
        "user": there.coordinator.pk,
        "recorded_by": there.coordinator.pk,
        "created_by": there.coordinator.pk,
        "act": there.place.act_id,
        "program": there.program.pk,
        "cohort": there.other.pk,
        "scope": there.program.pk,
        "previous": there.record.pk,
        "entry": there.entries[0].pk,
        "sheet": there.sheet.pk,
    }
    words = {
        "at": "1999-01-01",
        "added_at": "1999-01-01",
        "slug": "forged",
        "search": "forged",
        "id": 987654,
        "pk": 987654,
    }
    return ids | {f"{name}_id": value for name, value in ids.items()} | words | {"archived_at": "1999-01-01"}


PRESSED = {  # an address, what somebody enters there, and the table that gets a row
    "trainees:excusal_create": (Excusal, lambda here: {"trainee": here.trainee.pk, "kind": "sick", "since": "2023-08-20"}),
    "trainees:group_create": (Group, lambda here: {"code": "NEW-1", "title": "New"}),
    "programs:track_create": (Track, lambda here: {"code": "NEW-1", "title": "New"}),
    "trainees:session_create": (
        TrainingSession,
        lambda here: {
            "module": here.module.pk, "kind": "instruction", "day": "2023-08-29", "starts": "18:00", "ends": "19:00",
            "clash_reason": "as it is",
        },
    ),
    "trainees:roster_add": (
        Enrolment,
        lambda here: {"lines": "NEW-1, GRANIT", "since": "2023-08-20", "status": "active", "nation": "Norway"},
    ),
    "trainees:record_create": (
        Record,
        lambda here: {"kind": "go", "assessed_on": "2023-08-14", "assessor": here.instructor.pk},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRESSED)
def test_fields_that_are_on_no_form_change_nothing_and_the_recorder_is_who_signed_in(name, worlds, client):
    here = worlds.here
    model, words = PRESSED[name]
    client.force_login(here.coordinator)
    where = address(name, here)
    form = client.get(where).context["form"]
    sent = {bound.html_name: value for bound in form if (value := bound.value()) is not None}
    sent |= {key: value for key, value in forged(worlds).items() if key not in form.fields}
    answer = client.post(where, sent | {"key": (key := uuid.uuid4())} | words(here))
    assert answer.status_code == 302, answer.context["form"].errors
    act = Act.objects.get(key=key)
    assert (act.user, act.at, act.scope) == (here.coordinator, NOW, here.program.pk)
    row = act.made(model)
    assert row.pk != 987654 and row.act == act
    assert here.program in {getattr(row, "program", None), getattr(getattr(row, "cohort", None), "program", None)}
    assert all("forged" not in str(change.after) for change in act.changes.all())
    assert not model._default_manager.filter(act=act).exclude(pk=row.pk).exists()


def test_a_mark_s_recorder_is_who_signed_in(worlds, client):
    here = worlds.here
    client.force_login(here.recorder)
    mark = here.sessions[2].attendance.select_related("act").get(trainee=here.trainee)
    answer = post(
        client, mark_at(here.sessions[2], here.trainee), **forged(worlds) | {"status": "late", "seen": mark.seen}
    )
    assert answer.status_code == 200
    mark.refresh_from_db()
    assert (mark.act.user, mark.act.at, mark.status, mark.session) == (here.recorder, NOW, "late", here.sessions[2])
    where = reverse("trainees:result_mark", args=[here.trainee.uuid, here.program.slug, here.modules[1].code])
    sent = forged(worlds) | {"kind": "go", "day": "2023-08-14", "assessor": here.instructor.pk}
    last = Record.objects.filter(trainee=here.trainee, module=here.modules[1]).latest("pk")
    before = set(Record.objects.values_list("pk", flat=True))
    answer = post(client, where, **sent | {"seen": str(last.act.key)})
    made = Record.objects.exclude(pk__in=before)
    if answer.status_code == 200:
        assert [(one.act.user, one.program, one.trainee, one.act.at) for one in made] == [
            (here.recorder, here.program, here.trainee, NOW)
        ]
    else:
        assert answer.status_code == 422 and not made.exists()


# ---- the admin

TABLES = [model for model in [*trail.models_in_trail(), Act, Change] if not model._meta.auto_created]


def admin_pages():
    """The lists of the admin, searched and sorted, the pages of some rows of each program, and each list of choices."""
    for model in TABLES:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_changelist") + "?q=zvjkw"
        yield reverse(f"{name}_changelist") + "?o=-1"
        yield reverse(f"{name}_add")
        ids = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
        for pk in {*ids[:2], *ids[-3:]}:
            for page in ("change", "history", "delete"):
                yield reverse(f"{name}_{page}", args=[pk])
        for field in admin.site.get_model_admin(model).autocomplete_fields:
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
            for term in ("", "zvjkw"):
                yield reverse("admin:autocomplete", query=asked | {"term": term})


def test_the_admin_holds_no_word_of_another_program(worlds, client):
    client.force_login(worlds.here.coordinator)
    words, of_ours = words_of(worlds.there), 0
    for where in admin_pages():
        body = client.get(where, follow=True).content.decode().lower()
        assert not [word for word in words if word in body], where
        of_ours += "own" in body
    assert of_ours > 50


def test_lists_of_the_admin_filtered_by_another_program_are_empty_or_refused(worlds, client):
    client.force_login(worlds.here.coordinator)
    there = worlds.there
    asked = {"in_program": there.program.pk, "in_cohort": there.cohort.pk, "trainee__id__exact": there.trainee.pk}
    for model in TABLES:
        where = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name, value in asked.items():
            answer = client.get(where, {name: value}, follow=True)
            assert CODE.lower() not in answer.text.lower() and WORD.lower() not in answer.text.lower(), (where, name)


def test_every_text_of_the_other_program_holds_the_word(worlds):
    """Otherwise the tests above would look for nothing."""
    chosen = {
        "status",
        "kind",
        "outcome",
        "capacity",
        "band",
        "time_zone",
        "duty",
        "slug",
        "code",
        "search",
        "roll_number",
    }
    left = {User, Act, Change, apps.get_model("programs", "SkillModule")}  # no program's own, or the shared catalogue's
    for model in set(TABLES) - left:
        for field in model._meta.concrete_fields:
            if field.get_internal_type() in {"CharField", "TextField"} and field.name not in chosen:
                where = {f"{field.name}__contains": WORD}
                if not model._default_manager.filter(**where).exists():
                    assert (model.__name__, field.name) in NOT_WRITTEN, (model, field.name)


NOT_WRITTEN = {  # what no row of the course has, and is told beside what it has
    ("Role", "nation"),
    ("Invitation", "nation"),
    ("Invitation", "token_hash"),
    ("TrainingSession", "cancelled_reason"),
    ("TrainingSession", "postponed_reason"),
    ("SessionStaff", "reason"),
    ("CurriculumEntry", "standard"),
    ("Lesson", "state"),
    ("Lesson", "outcome"),
}
