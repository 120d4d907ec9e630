"""Setting up a program and its tracks."""

import uuid

import pytest
from django.urls import reverse

from programs.models import Program, Role, Track
from tests import factories as f

WORDS = {
    "code": "NEW-2024",
    "title": "A new one",
    "host": "Norway",
    "partner": "Ukraine",
    "time_zone": "Europe/Oslo",
    "trained_from": "90",
    "practised_from": "60",
}


def at(name, *args):
    return reverse(f"programs:{name}", args=["trd-2023", *args])


@pytest.fixture(autouse=True)
def signed_in(world, client):
    client.force_login(world.coordinator)


def test_a_new_program_is_coordinated_by_who_made_it(world, send):
    answer = send(reverse("programs:program_create"), **WORDS)
    program = Program.objects.get(code="NEW-2024")
    assert (answer.status_code, answer.url) == (302, program.get_absolute_url())
    assert Role.objects.get(program=program).user == world.coordinator


def test_a_program_sent_twice_is_made_once(send):
    key = uuid.uuid4()
    first, second = (send(reverse("programs:program_create"), key=key, **WORDS) for _ in range(2))
    assert first.url == second.url and Program.objects.filter(code="NEW-2024").count() == 1


def test_a_code_that_is_taken_is_refused_with_everything_entered_kept(world, send):
    answer = send(reverse("programs:program_create"), **WORDS | {"code": "TRD-2023"})
    assert answer.status_code == 422
    assert "A new one" in answer.text and "already a program with this code" in answer.text


@pytest.mark.parametrize("code", ["new", "NEW", "with space", "Шифр", "-", ""])
def test_a_code_that_cannot_stand_in_an_address_is_refused(code, send):
    assert send(reverse("programs:program_create"), **WORDS | {"code": code}).status_code == 422


def test_a_program_whose_bands_overlap_is_refused(send):
    answer = send(reverse("programs:program_create"), **WORDS | {"practised_from": "95"})
    assert answer.status_code == 422 and "Band P must begin below band T." in answer.text


def test_a_program_is_changed_but_not_its_code(world, send):
    answer = send(at("program_edit"), world.program, **WORDS)
    program = Program.objects.get(pk=world.program.pk)
    assert answer.url == program.get_absolute_url()
    assert (program.code, program.title) == ("TRD-2023", "A new one")


def test_two_who_change_a_program_do_not_overwrite_each_other(world, client, send):
    old = Program.objects.select_related("act").get(pk=world.program.pk).seen
    send(at("program_edit"), world.program, **WORDS | {"title": "The first one's"})
    answer = client.post(at("program_edit"), WORDS | {"key": uuid.uuid4(), "seen": old, "title": "The second one's"})
    assert answer.status_code == 409
    assert "The first one" in answer.text and "The second one" in answer.text
    assert Program.objects.get(pk=world.program.pk).title == "The first one's"
    again = {name: answer.context["form"][name].value() for name in ("key", "seen")}
    assert client.post(at("program_edit"), WORDS | again | {"title": "The second one's"}).status_code == 302


def test_a_program_is_archived_and_put_back(world, send):
    for archived in ("1", "0"):
        assert send(at("program_archive"), world.program, archived=archived).url == world.program.get_absolute_url()
        assert bool(Program.objects.get(pk=world.program.pk).archived_at) is (archived == "1")


def test_a_program_with_something_in_it_is_not_deleted(world, send):
    answer = send(at("program_delete"), world.program)
    assert answer.status_code == 422 and "Archive it instead" in answer.text
    assert Program.objects.filter(pk=world.program.pk).exists()


def test_an_empty_program_is_deleted_with_its_roles(world, send):
    program = f.RoleFactory(user=world.coordinator, program__code="EMPTY").program
    answer = send(reverse("programs:program_delete", args=["empty"]), program)
    assert answer.url == reverse("programs:program_list")
    assert not Program.objects.filter(pk=program.pk).exists()


def test_a_track_sent_twice_is_made_once(world, send):
    key = uuid.uuid4()
    for _ in range(2):
        answer = send(at("track_create"), key=key, code="SNIPER", title="Sharpshooters")
        assert answer.url == at("program_curriculum")
    assert Track.objects.filter(program=world.program, code="SNIPER").count() == 1


def test_a_track_code_is_once_in_a_program(send):
    answer = send(at("track_create"), code="MEDIC", title="Again")
    assert answer.status_code == 422 and "already has a track with this code" in answer.text


def test_a_track_is_changed_archived_and_put_back(world, send):
    send(at("track_edit", "MEDIC"), world.track, code="MED", title="Section medics")
    world.track.refresh_from_db()
    assert (world.track.code, world.track.title, world.track.archived_at) == ("MED", "Section medics", None)
    send(at("track_archive", "MED"), world.track, archived="1")
    assert Track.objects.get().archived_at
    send(at("track_archive", "MED"), world.track, archived="0")
    assert Track.objects.get().archived_at is None


def test_a_track_in_use_is_not_deleted_and_one_that_is_not_is(world, send):
    f.link_track(world.entry, world.track)
    answer = send(at("track_delete", "MEDIC"), world.track)
    assert answer.status_code == 422 and "1 track of a module" in answer.text
    other = f.TrackFactory(program=world.program, code="SPARE")
    assert send(at("track_delete", "SPARE"), other).url == at("program_curriculum")
    assert not Track.objects.filter(code="SPARE").exists()


def test_a_track_of_another_program_is_not_found(world, client):
    f.TrackFactory(program=world.elsewhere, code="THEIRS")
    assert client.get(at("track_edit", "THEIRS")).status_code == 404
