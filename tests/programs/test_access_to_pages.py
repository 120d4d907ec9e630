"""Who gets which page: coordinators all, liaison officers what is to be read, outsiders nothing."""

import pytest
from django.urls import get_resolver, reverse

from tests import factories as f

READ = ["program_curriculum", "program_people", "curriculum_detail", "instructor_detail"]
FORMS = [
    "program_edit",
    "program_weights",
    "program_delete",
    "track_create",
    "track_edit",
    "track_delete",
    "role_create",
    "role_edit",
    "invitation_create",
    "invitation_renew",
    "assignment_create",
    "assignment_edit",
    "curriculum_create",
    "curriculum_edit",
    "curriculum_delete",
    "entry_create",
    "entry_edit",
    "instructor_edit",
    "instructor_delete",
]
BUTTONS = [
    "program_archive",
    "track_archive",
    "role_revoke",
    "invitation_withdraw",
    "assignment_remove",
    "entry_move",
    "entry_remove",
    "instructor_archive",
]
ELSEWHERE = {"invitation_accept"}  # for those who have no role yet: test_invitations
LISTS = ["program_list", "module_list", "instructor_list"]
SHARED_FORMS = ["program_create", "module_create", "instructor_create"]  # of whoever coordinates some program
CATALOGUE = ["module_detail", "module_edit", "module_delete", "module_archive"]  # read by everybody with a role


def address(name, world):
    """The page `name` of the thing of its kind in `world`."""
    about = name.partition("_")[0]
    slug = {"slug": world.program.slug}
    version = slug | {"number": world.draft.number}
    wants = {
        "program": slug,
        "track": slug | {"code": world.track.code},
        "role": slug | {"pk": world.program.roles.get(user=world.liaison).pk},
        "assignment": slug | {"pk": world.assignment.pk},
        "curriculum": version,
        "entry": version | {"pk": world.entry.pk},
        "module": {"code": world.module.code},
        "instructor": {"code": world.instructor.code},
    }.get(about)
    if about == "invitation":
        wants = slug | {"pk": f.InvitationFactory(program=world.program).pk}
    if name.endswith("_create"):
        wants = {"entry": version, "program": {}, "module": {}, "instructor": {}}.get(about, slug)
    return reverse(f"programs:{name}", kwargs={} if name in LISTS else wants)


def test_every_address_is_looked_at_here():
    names = {name for name in get_resolver("programs.urls").reverse_dict if isinstance(name, str)}
    assert names == {*READ, *FORMS, *BUTTONS, *LISTS, *SHARED_FORMS, *CATALOGUE, *ELSEWHERE}


@pytest.mark.parametrize(
    "name", [*READ, *FORMS, *LISTS, *SHARED_FORMS, "module_detail", "module_edit", "module_delete"]
)
def test_a_coordinator_gets_the_page(name, world, client):
    client.force_login(world.coordinator)
    assert client.get(address(name, world)).status_code == 200


@pytest.mark.parametrize("name", [*READ, *LISTS, "module_detail"])
def test_a_liaison_officer_reads_the_page(name, world, client):
    client.force_login(world.liaison)
    assert client.get(address(name, world)).status_code == 200


@pytest.mark.parametrize("name", [*FORMS, *SHARED_FORMS, "module_edit", "module_delete"])
def test_a_liaison_officer_is_refused_the_form(name, world, client):
    client.force_login(world.liaison)
    assert client.get(address(name, world)).status_code == 403
    assert client.post(address(name, world)).status_code == 403


@pytest.mark.parametrize("name", [*BUTTONS, "module_archive"])
def test_a_liaison_officer_is_refused_the_button(name, world, client):
    client.force_login(world.liaison)
    assert client.post(address(name, world)).status_code == 403


@pytest.mark.parametrize("name", [*READ, *FORMS])
def test_an_outsider_does_not_learn_that_the_page_exists(name, world, client):
    client.force_login(world.outsider)
    assert client.get(address(name, world)).status_code == 404


@pytest.mark.parametrize("name", BUTTONS)
def test_an_outsider_does_not_learn_that_the_button_exists(name, world, client):
    client.force_login(world.outsider)
    assert client.post(address(name, world)).status_code == 404


@pytest.mark.parametrize("name", [*BUTTONS, "module_archive"])
def test_a_button_is_not_pressed_by_a_link(name, world, client):
    client.force_login(world.coordinator)
    assert client.get(address(name, world)).status_code == 405


@pytest.mark.parametrize("name", [*BUTTONS, "module_archive"])
def test_a_button_without_its_key_does_nothing(name, world, client):
    client.force_login(world.coordinator)
    assert client.post(address(name, world)).status_code == 422


@pytest.mark.parametrize("name", [*LISTS, *READ])
def test_whoever_is_not_signed_in_is_asked_to(name, world, client):
    answer = client.get(address(name, world))
    assert answer.status_code == 302 and answer.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("name", ["program_list", *READ, "module_detail"])
def test_only_coordinators_see_what_they_can_press(name, world, client):
    client.force_login(world.liaison)
    page = client.get(address(name, world)).content.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "act-button" not in main and "btn primary" not in main and "/edit/" not in main
