"""Who may do what in a program, and who teaches there."""

import uuid

import pytest
from django.urls import reverse

from programs.models import Assignment, Instructor, Role
from tests import factories as f


def at(name, *args):
    return reverse(f"programs:{name}", args=["trd-2023", *args])


@pytest.fixture(autouse=True)
def signed_in(world, client):
    client.force_login(world.coordinator)


@pytest.mark.parametrize("more", [0, 30])
def test_the_page_costs_the_same_however_many_people(more, world, client, django_assert_max_num_queries):
    for n in range(more):
        f.RoleFactory(program=world.program, kind=Role.Kind.VIEWER)
        f.AssignmentFactory(program=world.program, instructor__code=f"MORE-{n}")
        f.InvitationFactory(program=world.program, invited_by=world.coordinator)
    with django_assert_max_num_queries(7):
        answer = client.get(at("program_people"))
    assert len(answer.context["roles"]) == 2 + more and "ФЬЄЛЬ" in answer.text


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", {"SOVA", "Олена", "petro"}),
        ("оЛЕна", {"Олена"}),
        ("pet", {"petro"}),
        ("sov", {"SOVA"}),
        ("sova petro", set()),
    ],
)
def test_people_are_found_by_call_sign_and_user_name_in_any_case(asked, found, htmx, client):
    program = f.ProgramFactory()
    f.AssignmentFactory(program=program, instructor__call_sign="SOVA")
    f.RoleFactory(program=program, user__username="o1", user__display_name="Олена", kind="viewer")
    client.force_login(f.RoleFactory(program=program, user__username="petro").user)
    where = reverse("programs:program_people", args=[program.slug])
    page = client.get(where, {"q": asked}, headers={"HX-Request": "true"} if htmx else {})
    rows = page.text.partition('id="rows"')[2]
    assert {name for name in ("SOVA", "Олена", "petro") if f">{name}<" in rows or f">{name} <" in rows} == found
    assert ("Nobody matches" in rows) == (len(found) < 3 and not {"SOVA", "petro"} <= found)
    assert ("<html" in page.text) != htmx


def test_a_program_without_people_says_so(client):
    f.ProgramFactory(code="BARE")
    client.force_login(f.UserFactory(is_superuser=True))
    answer = client.get(reverse("programs:program_people", args=["bare"]))
    assert "Nobody is assigned yet" in answer.text and "Nobody has a role yet" in answer.text


# ---- roles


def test_a_role_sent_twice_is_given_once(world, send):
    new, key = f.UserFactory(username="newcomer"), uuid.uuid4()
    for _ in range(2):
        assert send(at("role_create"), key=key, user="newcomer", kind="instructor").url == at("program_people")
    assert Role.objects.get(user=new).kind == "instructor"


@pytest.mark.parametrize("name", ["nobody", "NEWCOMER", "gone"])
def test_only_the_exact_name_of_an_active_user_is_taken(name, world, client, send):
    f.UserFactory(username="newcomer")
    f.UserFactory(username="gone", is_active=False)
    answer = send(at("role_create"), user=name, kind="viewer")
    assert answer.status_code == 422 and "No active user has this name." in answer.text
    assert "newcomer" not in client.get(at("role_create")).text


def test_nobody_has_two_roles_in_a_program(send):
    answer = send(at("role_create"), user="liaison", kind="coordinator")
    assert answer.status_code == 422 and "already has a role in this program" in answer.text


def test_a_role_is_changed(world, send):
    role = Role.objects.get(user=world.liaison)
    assert send(at("role_edit", role.pk), role, kind="coordinator").url == at("program_people")
    role.refresh_from_db()
    assert role.kind == "coordinator"


def test_the_last_coordinator_stays_one(world, send):
    role = Role.objects.get(user=world.coordinator)
    changed = send(at("role_edit", role.pk), role, kind="viewer")
    revoked = send(at("role_revoke", role.pk), role)
    for answer in (changed, revoked):
        assert answer.status_code == 422 and "keeps at least one coordinator" in answer.text
    role.refresh_from_db()
    assert role.kind == "coordinator"


def test_a_role_is_taken_away(world, send):
    role = Role.objects.get(user=world.liaison)
    assert send(at("role_revoke", role.pk), role).url == at("program_people")
    assert not Role.objects.filter(pk=role.pk).exists()


def test_who_takes_their_own_role_away_goes_where_they_may_go(world, client, send):
    f.RoleFactory(program=world.program)
    role = Role.objects.get(user=world.coordinator)
    answer = send(at("role_revoke", role.pk), role)
    assert client.get(answer.url).status_code == 200
    assert client.get(at("program_people")).status_code == 404


# ---- instructors of a program


def test_only_those_who_are_known_current_and_free_are_offered(world, client):
    other = f.RoleFactory(user=world.coordinator, program__code="OTHER").program
    for code, archived_at in (("KNOWN", None), ("ARCHIVED", "2024-01-01T00:00Z")):
        f.AssignmentFactory(program=other, instructor__call_sign=code, instructor__archived_at=archived_at)
    f.AssignmentFactory(program=world.elsewhere, instructor__call_sign="STRANGER")
    page = client.get(at("assignment_create")).text
    assert "KNOWN" in page
    assert not any(name in page for name in ("ARCHIVED", "STRANGER", "ФЬЄЛЬ"))


def test_an_assignment_sent_twice_is_made_once(world, send):
    other = f.RoleFactory(user=world.coordinator, program__code="OTHER").program
    instructor, key = f.AssignmentFactory(program=other).instructor, uuid.uuid4()
    for _ in range(2):
        answer = send(at("assignment_create"), key=key, instructor=instructor.pk)
        assert answer.status_code == 302 and answer.url == at("program_people")
    assert Assignment.objects.filter(program=world.program, instructor=instructor).count() == 1


def test_who_is_assigned_already_or_unknown_is_refused(world, send):
    assert "already assigned" in send(at("assignment_create"), instructor=world.instructor.pk).text
    stranger = f.AssignmentFactory(program=world.elsewhere).instructor
    assert send(at("assignment_create"), instructor=stranger.pk).status_code == 422
    assert not Assignment.objects.filter(program=world.program, instructor=stranger).exists()


def test_an_assignment_ends_and_the_instructor_stays(world, send):
    assert send(at("assignment_remove", world.assignment.pk), world.assignment).url == at("program_people")
    assert not Assignment.objects.exists() and Instructor.objects.exists()
