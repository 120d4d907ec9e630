"""A curriculum from its first draft to its next version."""

import uuid

import pytest
from django.urls import reverse

from programs.models import Curriculum, CurriculumEntry
from tests import factories as f


def at(name, *args):
    return reverse(f"programs:{name}", args=["trd-2023", *args])


def publish(client, curriculum, **words):
    """Send what the page that shows the effect of a version would send."""
    where = reverse("trainees:curriculum_effect", args=["trd-2023", curriculum.number])
    proposed = client.get(where).context["form"].initial
    return client.post(where, {"key": uuid.uuid4(), "seen": proposed["seen"], "expected": proposed["expected"]} | words)


def codes(curriculum):
    return list(curriculum.entries.values_list("module__code", flat=True))


@pytest.fixture(autouse=True)
def signed_in(world, client):
    client.force_login(world.coordinator)


def test_a_curriculum_is_drafted_filled_reordered_published_and_then_stays(world, client, send):
    draft = Curriculum.objects.get(number=send(at("curriculum_create"), note="The first").url.split("/")[-2])
    empty = client.get(draft.get_absolute_url()).text
    assert "No modules in this version yet" in empty and "The first" in empty
    for code in ("BASE", "RADIO", "LEAD"):
        module = f.SkillModuleFactory(code=code)
        needs = [draft.entries.get(module__code="BASE").pk] if code == "LEAD" else []
        words = {"module": module.pk, "required": "on", "hours": "2.5", "prerequisites": needs}
        answer = send(at("entry_create", draft.number), **words)
        assert (answer.status_code, answer.url) == (302, draft.get_absolute_url())
    lead = draft.entries.get(module__code="LEAD")
    answer = send(at("entry_move", draft.number, lead.pk), lead, up="1")
    assert answer.url == f"{draft.get_absolute_url()}#entry-{lead.pk}"
    assert codes(draft) == ["BASE", "LEAD", "RADIO"]
    page = client.get(draft.get_absolute_url())
    assert page.context["hours"] == 7.5 and "Publish" in page.text

    assert publish(client, draft).url == draft.get_absolute_url()
    page = client.get(draft.get_absolute_url()).text
    assert "Make a new version from this" in page and "act-button" not in page
    draft.refresh_from_db()
    for answer in (
        send(at("curriculum_edit", draft.number), draft, note="Rewritten"),
        send(at("curriculum_delete", draft.number), draft),
        publish(client, draft),
        send(at("entry_create", draft.number), module=world.module.pk, hours="1"),
        send(at("entry_edit", draft.number, lead.pk), lead, hours="9"),
        send(at("entry_move", draft.number, lead.pk), lead, up="1"),
        send(at("entry_remove", draft.number, lead.pk), lead),
    ):
        assert answer.status_code == 422 and "A published curriculum is never edited" in answer.text
    assert codes(draft) == ["BASE", "LEAD", "RADIO"]

    copy = send(at("curriculum_create"), copy_of=draft.pk).url
    assert copy == at("curriculum_detail", draft.number + 1)
    new = Curriculum.objects.get(number=draft.number + 1)
    assert codes(new) == ["BASE", "LEAD", "RADIO"]
    assert new.entries.get(module__code="LEAD").prerequisites.get().needs.module.code == "BASE"


def test_a_version_sent_twice_is_made_once(world, send):
    key = uuid.uuid4()
    assert len({send(at("curriculum_create"), key=key).url for _ in range(2)}) == 1
    assert world.program.curricula.count() == 2


def test_the_version_to_copy_is_chosen_already(world, client):
    form = client.get(at("curriculum_create"), {"copy_of": "1"}).context["form"]
    assert form["copy_of"].value() == world.draft.pk
    assert client.get(at("curriculum_create"), {"copy_of": "x"}).context["form"]["copy_of"].value() is None


def test_a_version_of_another_program_is_not_copied(world, send):
    other = f.CurriculumFactory(program=world.elsewhere)
    assert send(at("curriculum_create"), copy_of=other.pk).status_code == 422


def test_a_version_without_a_required_module_is_not_published(world, client):
    empty = f.CurriculumFactory(program=world.program, number=2)
    answer = publish(client, empty)
    assert answer.status_code == 422 and "needs at least one required module" in answer.text


def test_a_draft_is_deleted(world, send):
    assert send(at("curriculum_delete", 1), world.draft).url == world.program.get_absolute_url()
    assert not Curriculum.objects.exists()


def test_the_note_of_a_draft_is_changed_and_the_history_tells(world, client, send):
    send(at("curriculum_edit", 1), world.draft, note="More first aid")
    page = client.get(at("curriculum_detail", 1), {"history": "newest"}).text
    assert "More first aid" in page and "set what is new in it to" in page


@pytest.mark.parametrize("more", [0, 30])
def test_the_page_costs_the_same_however_many_modules(more, world, client, django_assert_max_num_queries):
    base = world.entry
    for _ in range(more):
        entry = f.EntryFactory(curriculum=world.draft)
        f.link_prerequisite(entry, base)
        f.link_track(entry, world.track)
    f.link_track(base, world.track)
    with django_assert_max_num_queries(14):
        answer = client.get(at("curriculum_detail", 1))
    assert len(answer.context["entries"]) == 1 + more


# ---- what is asked in a module


def test_a_module_sent_twice_is_added_once(world, send):
    module, key = f.SkillModuleFactory(), uuid.uuid4()
    for _ in range(2):
        answer = send(at("entry_create", 1), key=key, module=module.pk, hours="1")
        assert answer.status_code == 302
    assert world.draft.entries.filter(module=module).count() == 1


def test_a_module_is_once_in_a_version_and_archived_ones_are_not_offered(world, client, send):
    old = f.SkillModuleFactory(code="OLD", archived_at="2024-01-01T00:00Z")
    answer = send(at("entry_create", 1), module=world.module.pk, hours="1")
    assert answer.status_code == 422 and "already has this module" in answer.text
    f.SkillModuleFactory(code="FREE", title="Free")
    offered = client.get(at("entry_create", 1)).context["form"].fields["module"].widget.choices
    assert [label for _value, label in offered[1:]] == ["FREE Free"]
    assert send(at("entry_create", 1), module=old.pk, hours="1").status_code == 422


def test_everything_asked_in_a_module_is_kept_and_stands_in_the_form_again(world, client, send):
    module, spare = f.SkillModuleFactory(code="RADIO"), f.TrackFactory(program=world.program, code="SPARE")
    words = {
        "module": module.pk,
        "hours": "4",
        "pass_mark": "70",
        "validity_months": "12",
        "tracks": [world.track.pk],
        "prerequisites": [world.entry.pk],
        "steps": "! Switches it off first\n\n  Says who they are \n!\n",
    }
    send(at("entry_create", 1), **words)
    entry = CurriculumEntry.objects.get(module=module)
    assert (entry.required, entry.hours, entry.pass_mark, entry.validity_months) == (False, 4, 70, 12)
    assert list(entry.steps.values_list("title", "critical")) == [
        ("Switches it off first", True),
        ("Says who they are", False),
    ]
    form = client.get(at("entry_edit", 1, entry.pk)).context["form"]
    assert form["tracks"].value() == [world.track.pk] and form["prerequisites"].value() == [world.entry.pk]
    assert form["steps"].value() == "! Switches it off first\nSays who they are"
    assert "module" not in form.fields and "every track" in str(form["tracks"].help_text)

    words = {"required": "on", "hours": "5", "tracks": [spare.pk], "steps": "Says who they are"}
    answer = send(at("entry_edit", 1, entry.pk), entry, **words)
    assert answer.url == f"{at('curriculum_detail', 1)}#entry-{entry.pk}"
    entry = CurriculumEntry.objects.get(module=module)
    assert (entry.required, entry.hours, entry.pass_mark, entry.validity_months) == (True, 5, None, None)
    assert [link.track for link in entry.for_tracks.all()] == [spare]
    assert not entry.prerequisites.exists() and entry.steps.get().critical is False


def test_a_step_that_is_too_long_is_named(world, send):
    answer = send(at("entry_edit", 1, world.entry.pk), world.entry, hours="1", steps="x" * 201)
    assert answer.status_code == 422 and "at most 200 characters" in answer.text


def test_an_archived_track_is_offered_only_where_it_is_ticked(world, client):
    archived = f.TrackFactory(program=world.program, code="GONE", archived_at="2024-01-01T00:00Z")
    assert archived not in client.get(at("entry_edit", 1, world.entry.pk)).context["form"].fields["tracks"].queryset
    f.link_track(world.entry, archived)
    assert archived in client.get(at("entry_edit", 1, world.entry.pk)).context["form"].fields["tracks"].queryset


def test_modules_that_would_wait_for_each_other_are_refused(world, send):
    other = f.EntryFactory(curriculum=world.draft, module__code="RADIO")
    f.link_prerequisite(other, world.entry)
    answer = send(at("entry_edit", 1, world.entry.pk), world.entry, hours="1", prerequisites=[other.pk])
    assert (
        answer.status_code == 422 and "These modules would wait for each other: MED &lt; RADIO &lt; MED." in answer.text
    )


def test_a_module_is_moved_once_however_often_the_button_is_sent(world, send):
    f.EntryFactory(curriculum=world.draft, module__code="A", position=2)
    f.EntryFactory(curriculum=world.draft, module__code="B", position=3)
    key, address = uuid.uuid4(), at("entry_move", 1, world.entry.pk)
    for _ in range(2):
        assert send(address, world.entry, key=key, up="0").status_code == 302
    assert codes(world.draft) == ["A", "MED", "B"]


def test_a_button_of_an_old_page_is_a_conflict(world, client, send):
    old = CurriculumEntry.objects.select_related("act").get(pk=world.entry.pk).seen
    send(at("entry_edit", 1, world.entry.pk), world.entry, hours="3")
    answer = client.post(at("entry_remove", 1, world.entry.pk), {"key": uuid.uuid4(), "seen": old})
    assert answer.status_code == 409 and world.draft.entries.exists()


def test_a_module_is_taken_out_with_what_needs_it(world, send):
    other = f.EntryFactory(curriculum=world.draft)
    f.link_prerequisite(other, world.entry)
    assert send(at("entry_remove", 1, world.entry.pk), world.entry).url == at("curriculum_detail", 1)
    assert list(world.draft.entries.all()) == [other] and not other.prerequisites.exists()


def test_an_entry_is_found_only_under_its_own_version(world, client):
    f.CurriculumFactory(program=world.program, number=2)
    assert client.get(at("entry_edit", 2, world.entry.pk)).status_code == 404


def test_the_page_shows_the_order_in_which_modules_were_put(world, client, send):
    other = f.EntryFactory(curriculum=world.draft, position=world.entry.position + 1)
    f.link_prerequisite(other, world.entry)
    act = {"key": uuid.uuid4(), "seen": other.seen, "up": "1"}
    client.post(reverse("programs:entry_move", args=[world.program.slug, world.draft.number, other.pk]), act)
    shown = [entry.pk for entry in client.get(at("curriculum_detail", 1)).context["entries"]]
    assert shown == list(world.draft.entries.order_by("position").values_list("pk", flat=True))
    assert shown.index(other.pk) < shown.index(world.entry.pk)


def test_nothing_is_published_before_what_it_needs(world, client, send):
    other = f.EntryFactory(curriculum=world.draft, position=0)
    f.link_prerequisite(other, world.entry)
    world.draft.refresh_from_db()
    answer = publish(client, world.draft)
    assert answer.status_code == 422 and "comes after it" in answer.text
