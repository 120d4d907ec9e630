"""The catalogue of modules, and the people who teach them."""

import uuid

import pytest
from django.urls import reverse

from programs.models import Assignment, Instructor, SkillModule
from tests import factories as f

PERSON = {"code": "I-77", "call_sign": "RAVN", "capacity": "instructor", "nation": "Norway"}


def at(name, *args):
    return reverse(f"programs:{name}", args=args)


@pytest.fixture(autouse=True)
def signed_in(world, client):
    client.force_login(world.coordinator)


# ---- modules


def test_a_module_sent_twice_is_made_once(send):
    key = uuid.uuid4()
    for _ in range(2):
        answer = send(at("module_create"), key=key, code="RADIO", title="Radio", kind="skill")
        assert answer.url == at("module_detail", "RADIO")
    assert SkillModule.objects.filter(code="RADIO").count() == 1


def test_a_module_code_is_there_once(send):
    for code in ("MED", "Med"):
        answer = send(at("module_create"), code=code, title="Again", kind="skill")
        assert answer.status_code == 422 and "already exists" in answer.text


def test_a_module_is_changed_and_its_history_tells(world, client, send):
    words = {"code": "MED", "title": "First aid", "kind": "skill", "standard": "Stops a bleeding."}
    assert send(at("module_edit", "MED"), world.module, **words).url == at("module_detail", "MED")
    page = client.get(at("module_detail", "MED"), {"history": "newest"}).text
    assert "<p>Stops a bleeding.</p>" in page and "set standard to" in page


def test_a_module_that_others_teach_is_not_changed_under_their_feet(world, send):
    f.EntryFactory(curriculum__program=world.elsewhere, module=world.module)
    answer = send(at("module_edit", "MED"), world.module, code="MED", title="Mine", kind="skill")
    assert answer.status_code == 422 and "Another program teaches this module too" in answer.text
    assert send(at("module_archive", "MED"), world.module, archived="1").status_code == 422


def test_a_module_is_archived_and_put_back(world, client, send):
    for archived, button in (("1", "Put it back"), ("0", "Archive")):
        send(at("module_archive", "MED"), world.module, archived=archived)
        assert bool(SkillModule.objects.get(code="MED").archived_at) is (archived == "1")
        assert button in client.get(at("module_detail", "MED")).text


def test_a_module_that_is_taught_is_not_deleted_and_one_that_is_not_is(world, send):
    answer = send(at("module_delete", "MED"), world.module)
    assert answer.status_code == 422 and "1 module of a curriculum" in answer.text
    spare = f.SkillModuleFactory(code="SPARE")
    assert send(at("module_delete", "SPARE"), spare).url == at("module_list")
    assert not SkillModule.objects.filter(code="SPARE").exists()


def test_a_module_names_only_the_programs_that_one_sees(world, client):
    f.EntryFactory(curriculum__program=world.elsewhere, module=world.module)
    page = client.get(at("module_detail", "MED")).text
    assert "TRD-2023 Trondheim" in page and "Elsewhere" not in page


def test_a_module_that_nobody_teaches_says_so(client):
    f.SkillModuleFactory(code="SPARE")
    assert "Not taught in your programs" in client.get(at("module_detail", "SPARE")).text


@pytest.mark.parametrize("more", [0, 30])
def test_a_module_costs_the_same_however_often_it_is_taught(more, world, client, django_assert_max_num_queries):
    for n in range(more):
        f.EntryFactory(curriculum__program=world.program, curriculum__number=n + 2, module=world.module)
    with django_assert_max_num_queries(8):
        answer = client.get(at("module_detail", "MED"))
    assert len(answer.context["entries"]) == 1 + more


# ---- instructors


def test_a_new_instructor_is_assigned_and_made_once(world, send):
    key = uuid.uuid4()
    for _ in range(2):
        answer = send(at("instructor_create"), key=key, program=world.program.pk, **PERSON)
        assert answer.url == at("instructor_detail", "I-77")
    assert Assignment.objects.get(instructor__code="I-77").program == world.program


def test_the_program_in_the_address_is_chosen_already(world, client):
    page = client.get(at("instructor_create"), {"program": "trd-2023"})
    assert page.context["form"]["program"].value() == world.program.pk
    assert client.get(at("instructor_create"), {"program": "else"}).context["form"]["program"].value() is None


def test_nobody_is_put_into_a_program_that_one_does_not_run(world, send):
    assert send(at("instructor_create"), program=world.elsewhere.pk, **PERSON).status_code == 422


def test_an_account_is_given_by_its_exact_name(world, send):
    user = f.UserFactory(username="ravn")
    refused = send(at("instructor_edit", "I-1"), world.instructor, **PERSON | {"account": "RAVN"})
    assert refused.status_code == 422 and "No active user has this name." in refused.text
    send(at("instructor_edit", "I-1"), world.instructor, **PERSON | {"account": "ravn"})
    assert Instructor.objects.get(pk=world.instructor.pk).account == user


def test_the_account_stands_in_the_form_again_and_can_be_taken_away(world, client, send):
    user = f.UserFactory(username="ravn")
    f.AssignmentFactory(program=world.program, instructor__code="I-8", instructor__account=user)
    instructor = Instructor.objects.get(code="I-8")
    assert client.get(at("instructor_edit", "I-8")).context["form"]["account"].value() == "ravn"
    assert send(at("instructor_edit", "I-8"), instructor, **PERSON).status_code == 302
    assert Instructor.objects.get(pk=instructor.pk).account is None


def test_an_account_belongs_to_one_instructor(world, send):
    user = f.UserFactory(username="ravn")
    f.InstructorFactory(code="I-8", account=user)
    words = PERSON | {"account": "ravn"}
    for answer in (
        send(at("instructor_edit", "I-1"), world.instructor, **words),
        send(at("instructor_create"), program=world.program.pk, **words),
    ):
        assert answer.status_code == 422 and "already signs in with this account" in answer.text


def test_an_instructor_with_an_account_sent_twice_is_made_once(world, send):
    f.UserFactory(username="ravn")
    key = uuid.uuid4()
    words = PERSON | {"account": "ravn", "program": world.program.pk}
    assert {send(at("instructor_create"), key=key, **words).status_code for _ in range(2)} == {302}


def test_only_their_coordinators_see_how_an_instructor_signs_in_and_did(world, client, send):
    f.UserFactory(username="secretname")
    send(at("instructor_edit", "I-1"), world.instructor, **PERSON | {"account": "secretname"})
    assert "secretname" in client.get(at("instructor_detail", "I-77")).text
    send(at("instructor_edit", "I-77"), world.instructor, **PERSON)
    assert "secretname" in client.get(at("instructor_detail", "I-77"), {"history": "newest"}).text
    client.force_login(world.liaison)
    assert "secretname" not in client.get(at("instructor_detail", "I-77"), {"history": "newest"}).text


def test_an_instructor_is_archived_and_put_back(world, client, send):
    for archived, button in (("1", "Put them back"), ("0", "Archive")):
        send(at("instructor_archive", "I-1"), world.instructor, archived=archived)
        assert bool(Instructor.objects.get(code="I-1").archived_at) is (archived == "1")
        assert button in client.get(at("instructor_detail", "I-1")).text


def test_an_instructor_who_never_taught_is_deleted(world, send):
    assert send(at("instructor_delete", "I-1"), world.instructor).url == at("instructor_list")
    assert not Instructor.objects.exists()


def test_an_instructor_who_assessed_is_not_deleted(world, send):
    f.RecordFactory(entry=f.EntryFactory(curriculum=world.draft), assessor=world.instructor)
    answer = send(at("instructor_delete", "I-1"), world.instructor)
    assert answer.status_code == 422 and "Archive it instead" in answer.text


def test_an_instructor_names_only_the_programs_that_one_sees(world, client):
    f.AssignmentFactory(program=world.elsewhere, instructor=world.instructor)
    page = client.get(at("instructor_detail", "I-1")).text
    assert "TRD-2023 Trondheim" in page and "Elsewhere" not in page
