"""The lists of programs, modules and instructors: search, filters, order, and what they cost."""

import pytest
from django.urls import reverse
from django.utils import timezone

from programs.models import SkillModule
from tests import factories as f

pytestmark = pytest.mark.django_db


def rows_of(answer):
    return [str(row) for row in answer.context["page"]]


def many_programs(user, count):
    for n in range(count):
        f.RoleFactory(user=user, program__code=f"P-{n:02}")


def many_modules(user, count):
    f.RoleFactory(user=user)
    f.SkillModuleFactory.create_batch(count)


def many_instructors(user, count):
    program = f.RoleFactory(user=user).program
    for instructor in f.InstructorFactory.create_batch(count):
        f.AssignmentFactory(program=program, instructor=instructor)


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(
    ("name", "make"),
    [("program_list", many_programs), ("module_list", many_modules), ("instructor_list", many_instructors)],
)
def test_a_list_costs_the_same_however_long_it_is(name, make, count, client, django_assert_max_num_queries):
    user = f.UserFactory()
    make(user, count)
    client.force_login(user)
    with django_assert_max_num_queries(6):
        answer = client.get(reverse(f"programs:{name}"))
    assert len(answer.context["page"]) == count
    with django_assert_max_num_queries(8):
        client.get(reverse(f"programs:{name}"), {"q": "a", "show": "all", "sort": "-code", "page": "1"})


@pytest.mark.parametrize("name", ["program_list", "module_list", "instructor_list"])
def test_an_empty_list_says_what_to_do_next(name, client):
    client.force_login(f.UserFactory(is_superuser=True))
    assert reverse(f"programs:{name}".replace("_list", "_create")) in client.get(reverse(f"programs:{name}")).text
    filtered = client.get(reverse(f"programs:{name}"), {"q": "nothing like this"})
    assert "The filters leave" in filtered.text


@pytest.mark.parametrize("name", ["program_list", "module_list", "instructor_list"])
def test_htmx_gets_the_rows_alone(name, world, client):
    client.force_login(world.coordinator)
    answer = client.get(reverse(f"programs:{name}"), headers={"HX-Request": "true"})
    assert "<html" not in answer.text and 'id="rows"' in answer.text
    assert "HX-Request" in answer["Vary"]


def test_a_list_shows_only_ones_own_programs(world, client):
    client.force_login(world.coordinator)
    assert rows_of(client.get(reverse("programs:program_list"))) == ["TRD-2023 Trondheim"]


def test_archived_programs_are_shown_when_asked_for_and_offer_the_way_back(world, client, send):
    client.force_login(world.coordinator)
    send(reverse("programs:program_archive", args=["trd-2023"]), world.program, archived="1")
    address = reverse("programs:program_list")
    assert rows_of(client.get(address)) == []
    archived = client.get(address, {"show": "archived"})
    assert rows_of(archived) == ["TRD-2023 Trondheim"]
    assert reverse("programs:program_archive", args=["trd-2023"]) in archived.text
    assert rows_of(client.get(address, {"show": "all"})) == ["TRD-2023 Trondheim"]


def test_a_list_is_sorted_both_ways(client):
    user = f.UserFactory(is_superuser=True)
    f.ProgramFactory(code="A", title="Zulu")
    f.ProgramFactory(code="B", title="Alfa")
    client.force_login(user)
    address = reverse("programs:program_list")
    assert rows_of(client.get(address)) == ["A Zulu", "B Alfa"]
    assert rows_of(client.get(address, {"sort": "title"})) == ["B Alfa", "A Zulu"]
    assert rows_of(client.get(address, {"sort": "-title"})) == ["A Zulu", "B Alfa"]
    assert rows_of(client.get(address, {"sort": "password"})) == ["A Zulu", "B Alfa"]


def test_modules_are_searched_and_filtered_by_kind(world, client):
    f.SkillModuleFactory(code="RADIO", title="Radio", kind=SkillModule.Kind.FOUNDATION)
    f.SkillModuleFactory(code="OLD", title="Old radio", archived_at=timezone.now())
    client.force_login(world.liaison)
    address = reverse("programs:module_list")
    assert rows_of(client.get(address, {"q": "radio"})) == ["RADIO Radio"]
    assert rows_of(client.get(address, {"kind": "foundation"})) == ["RADIO Radio"]
    assert rows_of(client.get(address, {"q": "radio", "show": "archived"})) == ["OLD Old radio"]


def test_an_instructor_is_found_in_any_script_and_case(world, client):
    client.force_login(world.liaison)
    address = reverse("programs:instructor_list")
    assert rows_of(client.get(address, {"q": "фьєль"})) == ["ФЬЄЛЬ"]
    assert rows_of(client.get(address, {"q": "sokil"})) == []


def test_instructors_are_filtered_by_nation_and_capacity(world, client):
    interpreter = f.InstructorFactory(call_sign="TOLK", nation="Ukraine", capacity="interpreter")
    f.AssignmentFactory(program=world.program, instructor=interpreter)
    f.InstructorFactory(call_sign="STRANGER", nation="Sweden")
    client.force_login(world.liaison)
    address = reverse("programs:instructor_list")
    assert rows_of(client.get(address, {"nation": "Ukraine"})) == ["TOLK"]
    assert rows_of(client.get(address, {"capacity": "instructor"})) == ["ФЬЄЛЬ"]
    assert "Sweden" not in client.get(address).text


def test_a_filter_that_makes_no_sense_is_told_apart_from_an_empty_list(world, client):
    client.force_login(world.coordinator)
    assert client.get(reverse("programs:program_list"), {"show": "rubbish"}).status_code == 200
