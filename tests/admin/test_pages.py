"""Every table has its pages; who is not meant to see them does not."""

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from accounts.acted_admin import ActedAdmin, ActedInline
from accounts.acts import change
from accounts.models import Act, Change, User
from programs.models import SkillModule
from tests import factories as f
from trainees.models import Attendance, Identity, NameRead, Record

from .conftest import OURS, address, client_of, page

pytestmark = pytest.mark.django_db
every_table = pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
FOR_ADMINISTRATORS = {User, Act, Change}


@every_table
def test_every_table_is_registered(model):
    assert admin.site.is_registered(model)


def test_every_page_writes_by_acts():
    for model, one in admin.site._registry.items():
        assert isinstance(one, ActedAdmin), model
        assert all(issubclass(inline, ActedInline) for inline in one.inlines), model


def test_every_list_is_searched(boss, world):
    """Who gets which page is told by docs/access.md, and held by its test."""
    for model in OURS:
        assert boss.get(reverse(address(model, "changelist")), {"q": "SOKIL ab"}).status_code == 200


@every_table
def test_a_coordinator_of_another_program_sees_nothing_of_it(model, world):
    client = client_of(f.RoleFactory(user__is_staff=True).user)
    if model in FOR_ADMINISTRATORS or model is SkillModule:
        return
    mine = page(model).visible(model._default_manager.all(), asking(world.user))
    pk = mine.values_list("pk", flat=True)[0]
    for name in ("change", "delete", "history"):
        response = client.get(reverse(address(model, name), args=[pk]))
        assert response.status_code in {302, 403}
    answer = client.get(reverse(address(model, "changelist")))
    assert not set(answer.context["cl"].queryset.values_list("pk", flat=True)) & set(mine.values_list("pk", flat=True))


def asking(user):
    return type("Request", (), {"user": user})()


@pytest.mark.parametrize("kind", ["viewer", "instructor"])
def test_others_do_not_get_in(kind, world):
    client = client_of(f.RoleFactory(program=world.program, kind=kind).user)
    assert client.get(reverse(address(Record, "changelist"))).status_code in {302, 403}
    assert client.get(reverse("admin:index")).status_code in {302, 403}


def test_staff_without_a_program_see_no_table(db):
    client = client_of(f.UserFactory(is_staff=True))
    assert client.get(reverse(address(Record, "changelist"))).status_code == 403
    assert client.get(reverse("admin:index")).context["app_list"] == []


def test_a_coordinator_of_one_program_looks_at_another_but_does_not_change_it(world):
    user = f.RoleFactory(user__is_staff=True).user
    f.RoleFactory(user=user, program=world.program, kind="viewer")
    client = client_of(user)
    url = reverse(address(type(world.cohort), "change"), args=[world.cohort.pk])
    shown = client.get(url)
    assert shown.status_code == 200
    assert not shown.context["has_change_permission"]
    assert client.post(url, {"title": "Mine"}).status_code == 403


def test_somebody_who_is_not_signed_in_goes_to_the_door(client):
    for url in (reverse("admin:index"), reverse(address(Record, "changelist"))):
        answer = client.get(url, follow=True)
        assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def test_no_page_shows_a_name(boss, world):
    row = Identity.objects.get()
    pages = [reverse(address(Identity, name)) for name in ("changelist", "add")]
    pages += [reverse(address(Identity, name), args=[row.pk]) for name in ("change", "history")]
    pages += [reverse(address(type(world.trainee), name), args=[world.trainee.pk]) for name in ("change", "history")]
    for one in Change.objects.filter(table="trainees_identity"):
        pages.append(reverse(address(Change, "change"), args=[one.pk]))
    for url in pages:
        text = boss.get(url).content.decode()
        assert "Secretname" not in text and "Hidden" not in text
    assert not boss.get(reverse(address(Identity, "changelist")), {"q": "Secretname"}).context["cl"].result_list
    assert boss.get(reverse(address(Identity, "changelist")), {"family_name__startswith": "S"}).status_code in {
        302,
        400,
    }


@pytest.mark.parametrize("model", [Identity, NameRead])
def test_who_read_a_name_is_told_to_those_who_run_every_program_of_the_trainee(model, boss, world):
    def told(client):
        return len(client.get(reverse(address(model, "changelist"))).context["cl"].result_list)

    client = client_of(world.user)
    assert told(client) == told(boss) == 1
    elsewhere = f.EnrolmentFactory(trainee=world.trainee)
    role = f.RoleFactory(user=world.user, program=elsewhere.program, kind="viewer")
    assert (told(client), told(boss)) == (0, 1)
    row = model._default_manager.get()
    assert client.get(reverse(address(model, "change"), args=[row.pk])).status_code == 302
    f.do(lambda act: change(role_as(role, "coordinator"), act, seen=role.seen))
    assert told(client) == 1


def role_as(role, kind):
    role.kind = kind
    return role


NO_IDS = ["9" * 19, "9" * 5000, "x"]


@every_table
def test_what_is_no_id_in_an_address_is_no_fault(model, boss, world):
    url, action = reverse(address(model, "changelist")), (page(model).actions or [""])[0]
    shown = boss.get(url).context["cl"]
    asked = {name for spec in shown.filter_specs for name in spec.expected_parameters()}
    asked |= {name for f in model._meta.fields if f.is_relation for name in (f.name, f"{f.name}__id__exact")}
    for text in NO_IDS:
        for name in asked:
            assert boss.get(url, {name: text}).status_code in {200, 302, 400}, name
        assert boss.post(url, {"action": action, "_selected_action": text}).status_code in {200, 302, 400, 403}
        if page(model).create is not None:
            add = reverse(address(model, "add"))
            fields = dict.fromkeys(boss.get(add).context["adminform"].form.fields, text)
            assert boss.get(add, fields).status_code == 200
            assert boss.post(add, fields).status_code == 200


def test_what_one_person_may_choose_is_kept_for_nobody_else(boss, world):
    page_of_version = page(type(world.curriculum))
    boss.get(reverse(address(type(world.curriculum), "add")))
    assert not page_of_version.form.base_fields["copy_of"].queryset.exists()
    assert not page(type(world.entry)).form.base_fields["tracks"].queryset.exists()


def test_history_tells_the_trail(boss, world):
    answer = boss.get(reverse(address(type(world.record), "history"), args=[world.record.pk]))
    assert "recorded GO" in answer.content.decode()


def test_search_knows_no_case_in_any_script(boss):
    f.TraineeFactory(call_sign="ОЛЕНА")
    answer = boss.get(reverse("admin:trainees_trainee_changelist"), {"q": "олена"})
    assert len(answer.context["cl"].result_list) == 1


def test_choices_are_those_of_ones_own_program(world):
    other = f.CohortFactory()
    client = client_of(world.user)
    what = {"app_label": "trainees", "model_name": "enrolment", "field_name": "cohort", "term": ""}
    found = {row["id"] for row in client.get(reverse("admin:autocomplete"), what).json()["results"]}
    assert str(world.cohort.pk) in found and str(other.pk) not in found


MANY = 30


@pytest.mark.parametrize("who", ["boss", "coordinator"])
def test_lists_ask_the_same_for_one_row_and_for_many(who, boss, world, django_assert_max_num_queries):
    client = boss if who == "boss" else client_of(world.user)
    for n in range(MANY):
        trainee = f.EnrolmentFactory(cohort=world.cohort).trainee
        f.RecordFactory(
            trainee=trainee, entry=world.entry, assessor=f.AssignmentFactory(program=world.program).instructor
        )
        f.TrainingSessionFactory(cohort=world.cohort)
        f.GroupFactory(cohort=world.cohort)
        f.TrackFactory(program=world.program)
        f.EntryFactory(curriculum=f.CurriculumFactory(program=world.program, number=10_000 + n))
    for model in OURS:
        if who == "coordinator" and model in FOR_ADMINISTRATORS:
            continue
        with django_assert_max_num_queries(12, info=model):
            assert client.get(reverse(address(model, "changelist"))).status_code == 200


PAGES = ["program", "instructor", "curriculum", "entry", "cohort", "trainingsession", "trainee"]


@pytest.mark.parametrize("name", PAGES)
def test_pages_ask_the_same_for_few_rows_and_for_many(name, boss, world, django_assert_max_num_queries):
    session = f.TrainingSessionFactory(cohort=world.cohort)
    draft = f.CurriculumFactory(program=world.program, number=20_000)
    for _ in range(MANY):
        f.EntryFactory(curriculum=draft)
        trainee = f.EnrolmentFactory(cohort=world.cohort).trainee
        f.do(lambda act, who=trainee: Attendance(act=act, session=session, trainee=who, status="present").save())
        place = f.EnrolmentFactory(trainee=world.trainee)
        f.AssignmentFactory(instructor=world.instructor, program=place.program)
        f.AssignmentFactory(program=world.program)
        f.RoleFactory(program=world.program)
        f.TrackFactory(program=world.program)
        f.GroupFactory(cohort=world.cohort)
    row = {"curriculum": draft, "cohort": world.cohort, "trainingsession": session, "program": world.program}
    row |= {"instructor": world.instructor, "entry": draft.entries.first(), "trainee": world.trainee}
    row = row[name]
    coordinator = client_of(world.user)
    for client in (boss, coordinator):
        with django_assert_max_num_queries(20):
            assert client.get(reverse(address(type(row), "change"), args=[row.pk])).status_code == 200


def test_no_address_leads_to_any_row_by_its_number(boss, world):
    """Django's own would tell whoever gets into the admin the code of each program, cohort and trainee there is."""
    kind = ContentType.objects.get_for_model(type(world.cohort))
    for client in (boss, client_of(f.RoleFactory(user__is_staff=True).user)):
        assert client.get(f"/admin/r/{kind.pk}/{world.cohort.pk}/").status_code == 404
    shown = boss.get(reverse(address(type(world.cohort), "change"), args=[world.cohort.pk])).text
    assert f'href="{world.cohort.get_absolute_url()}"' in shown and "/admin/r/" not in shown
