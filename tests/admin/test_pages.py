"""The admin has a list, a form and a history for every table, and shows each to whom it belongs."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.models import Role
from tests import factories as f

pytestmark = pytest.mark.django_db
OURS = [model for label in ("accounts", "programs", "trainees") for model in apps.get_app_config(label).get_models()]
READ = {"act", "change", "nameread", "stepmark", "completion"}
ADDED_TO = {"record", "enrolment", "commanderrating", "identity"}
ADMINISTRATORS = {"user", "act", "change"}


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def world():
    """One row of nearly every table, in a program."""
    program = f.ProgramFactory(code="TRD")
    track = f.TrackFactory(program=program)
    f.AssignmentFactory(program=program)
    curriculum = f.CurriculumFactory(program=program)
    first, second = f.EntryFactory(curriculum=curriculum), f.EntryFactory(curriculum=curriculum)
    f.link_track(first, track)
    f.link_prerequisite(second, first)
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    group = f.GroupFactory(cohort=cohort)
    enrolment = f.EnrolmentFactory(cohort=cohort, group=group, track=track)
    f.TrainingSessionFactory(cohort=cohort, module=first.module)
    f.RecordFactory(trainee=enrolment.trainee, entry=first)
    return program


@pytest.fixture
def coordinator(world):
    return f.RoleFactory(program=world, user__is_staff=True).user


def test_every_table_is_registered():
    assert [model for model in OURS if model not in admin.site._registry] == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_an_administrator_sees_every_table(model, world, client):
    client.force_login(f.UserFactory(is_staff=True, is_superuser=True))
    name = model._meta.model_name
    assert client.get(address(model, "changelist"), {"q": "a"}).status_code == 200
    assert client.get(address(model, "add")).status_code == (403 if name in READ else 200)
    row = model._default_manager.first()
    if row is not None:
        assert client.get(address(model, "change", row.pk)).status_code == 200
        assert client.get(address(model, "history", row.pk)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_a_coordinator_sees_the_rows_of_their_own_programs_only(model, world, client):
    name = model._meta.model_name
    stranger = f.RoleFactory(user__is_staff=True).user
    client.force_login(stranger)
    page = client.get(address(model, "changelist"))
    if name in ADMINISTRATORS:
        assert page.status_code == 403
        return
    assert page.status_code == 200
    seen = set(page.context["cl"].queryset.values_list("pk", flat=True))
    if name not in {"skillmodule", "program", "role"}:
        assert seen == set()
    row = model._default_manager.first()
    if row is not None and row.pk not in seen:
        assert client.get(address(model, "change", row.pk)).status_code == 302  # there is no such row, it says


@pytest.mark.parametrize("kind", [Role.Kind.INSTRUCTOR, Role.Kind.VIEWER])
def test_instructors_and_liaison_officers_do_not_get_in(kind, world, client):
    client.force_login(f.RoleFactory(program=world, kind=kind).user)
    assert client.get("/admin/").status_code == 302


def test_somebody_unknown_is_sent_to_the_one_door(client, db):
    answer = client.get("/admin/login/")
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, reverse("account_login"))


@pytest.mark.parametrize("name", sorted(READ | ADDED_TO))
def test_what_is_only_added_to_is_neither_changed_nor_deleted(name, world, client):
    client.force_login(f.UserFactory(is_staff=True, is_superuser=True))
    model = next(one for one in OURS if one._meta.model_name == name)
    row = model._default_manager.first()
    if row is None:
        pytest.fail("no row") if name in {"record", "enrolment", "act", "change"} else None
        return
    assert client.post(address(model, "change", row.pk), {"reason": "x"}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.model_name)
def test_a_list_costs_the_same_for_many_rows(model, world, client):
    client.force_login(f.UserFactory(is_staff=True, is_superuser=True))
    with CaptureQueriesContext(connection) as few:
        client.get(address(model, "changelist"))
    for _ in range(5):
        enrolment = f.EnrolmentFactory(cohort__program=world)
        f.TrainingSessionFactory(cohort=enrolment.cohort)
        f.TrackFactory(program=world)
    with CaptureQueriesContext(connection) as many:
        client.get(address(model, "changelist"))
    assert len(many) == len(few) <= 12


def test_a_password_is_changed_on_the_page_that_does_it_as_an_act(coordinator, client):
    client.force_login(coordinator)
    assert client.get("/admin/password_change/").url == reverse("account_change_password")
    words = {"oldpassword": f.PASSWORD, "password1": "ridge birch field", "password2": "ridge birch field"}
    assert client.post(reverse("account_change_password"), words).status_code == 302
    assert client.login(username=coordinator.username, password="ridge birch field")
