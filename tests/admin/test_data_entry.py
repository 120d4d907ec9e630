"""Data entry in the admin: every save one act, under the rules of the pages."""

import uuid

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse

from accounts.models import Act
from programs.models import Curriculum, Program, SkillModule, Track
from tests import factories as f
from trainees.models import Cohort, Enrolment, Record, Trainee
from trainees.selectors.progress import cohort_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(client):
    """Fill in a page of the admin and send it: `enter("programs.program", None, {...}, track=[{...}])`. Gives the answer."""

    def send(model, pk, fields, key=None, seen=None, **inlines):
        base = "admin:" + model.replace(".", "_")
        url = reverse(f"{base}_add") if pk is None else reverse(f"{base}_change", args=[pk])
        page = client.get(url)
        data = {name: value for name, value in _initial(page).items() if value is not None}
        data |= {"key": key or data["key"], **fields}
        if seen is not None:
            data["seen"] = seen
        for prefix, rows in inlines.items():
            data[f"{prefix}-TOTAL_FORMS"] = len(rows)
            data[f"{prefix}-INITIAL_FORMS"] = 0
            data |= {f"{prefix}-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
        return client.post(url, data)

    return send


def _initial(page):
    form = page.context["adminform"].form
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: value.pk if hasattr(value, "pk") else value for name, value in data.items() if value is not False}
    for one in page.context["inline_admin_formsets"]:
        prefix = one.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data


@pytest.fixture
def administrator(client):
    user = f.UserFactory(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


PROGRAM = {
    "code": "TRD",
    "title": "Trondheim",
    "host": "Norway",
    "time_zone": "Europe/Oslo",
    "trained_from": 90,
    "practised_from": 60,
}


def test_the_whole_data_entry_gives_the_numbers_of_the_rule(enter, administrator, client):
    assert (
        enter("programs.program", None, PROGRAM, tracks=[{"code": "SL", "title": "Section leader"}]).status_code == 302
    )
    program = Program.objects.get(slug="trd")
    for code in ("TAC-1", "WPN-1"):
        enter("programs.skillmodule", None, {"code": code, "title": code, "kind": "skill"})
    modules = list(SkillModule.objects.all())
    entries = [
        {"position": n, "module": one.pk, "required": "on", "hours": "8"} for n, one in enumerate(modules, start=1)
    ]
    enter("programs.curriculum", None, {"program": program.pk, "number": 1}, entries=entries)
    curriculum = Curriculum.objects.get()
    publish = {"action": "publish", ACTION_CHECKBOX_NAME: [curriculum.pk]}
    client.post(reverse("admin:programs_curriculum_changelist"), publish)
    curriculum.refresh_from_db()
    assert curriculum.published_at is not None

    cohort = {"program": program.pk, "code": "1", "starts_on": "2023-08-07", "ends_on": "2023-08-31"}
    follows = [{"curriculum": curriculum.pk, "since": "2023-08-07"}]
    assert enter("trainees.cohort", None, cohort, curricula=follows).status_code == 302
    cohort = Cohort.objects.get(slug="trd-1")
    for number in range(1, 4):
        place = {"cohort": cohort.pk, "since": "2023-08-07", "status": "active"}
        enter("trainees.trainee", None, {"roll_number": f"R-{number}", "call_sign": "SOKIL", **place})
    track = Track.objects.get()
    for entry in list(Enrolment.objects.all()):
        changed = {"trainee": entry.trainee_id, "cohort": cohort.pk, "track": track.pk, "status": "active"}
        assert enter("trainees.enrolment", None, changed | {"since": "2023-08-07"}).status_code == 302

    first, second, _third = Trainee.objects.order_by("roll_number")
    assessor = f.AssignmentFactory(program=program).instructor
    for trainee, module, kind, day in (
        (first, modules[0], "go", "2023-08-10"),
        (first, modules[1], "go", "2023-08-11"),
        (second, modules[0], "no_go", "2023-08-10"),
        (second, modules[0], "go", "2023-08-14"),
    ):
        cell = {"trainee": trainee.pk, "program": program.pk, "module": module.pk}
        answer = enter("trainees.record", None, cell | {"kind": kind, "holds_from": day, "assessor": assessor.pk})
        assert answer.status_code == 302
    progress = cohort_view(cohort).progress
    assert (progress.coverage, progress.meeting) == ((3, 6), (1, 3))
    assert progress.modules[modules[0].pk].first_time == (1, 2)


def test_a_page_with_its_inlines_is_one_act(enter, administrator):
    before = Act.objects.count()
    enter("programs.program", None, PROGRAM, tracks=[{"code": "SL", "title": "A"}, {"code": "MED", "title": "B"}])
    assert (Act.objects.count() - before, Track.objects.count()) == (1, 2)


def test_a_page_sent_twice_makes_one(enter, administrator):
    key = uuid.uuid4()
    answers = [enter("programs.program", None, PROGRAM, key=key).status_code for _ in range(2)]
    assert (answers, Program.objects.count()) == ([302, 302], 1)


def test_a_result_sent_twice_is_recorded_once(enter, administrator):
    entry = f.EntryFactory()
    f.publish(entry.curriculum)
    cohort = f.CohortFactory(program=entry.curriculum.program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=entry.curriculum)
    trainee = f.EnrolmentFactory(cohort=cohort).trainee
    assessor = f.AssignmentFactory(program=cohort.program).instructor
    cell = {"trainee": trainee.pk, "program": cohort.program_id, "module": entry.module_id}
    said = cell | {"kind": "go", "holds_from": "2023-08-10", "assessor": assessor.pk}
    key = uuid.uuid4()
    answers = [enter("trainees.record", None, said, key=key).status_code for _ in range(2)]
    assert (answers, Record.objects.count()) == ([302, 302], 1)


def test_whoever_was_slower_is_told_what_stands_there_and_keeps_what_they_entered(enter, administrator):
    program = f.ProgramFactory(title="Old", location="Oslo")
    stale = program.seen
    assert enter("programs.program", program.pk, {"title": "First"}).status_code == 302
    answer = enter("programs.program", program.pk, {"title": "Second"}, seen=stale)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "What stands there now" in text and "First" in text and 'value="Second"' in text
    program.refresh_from_db()
    assert program.title == "First"


def test_without_a_version_nothing_is_changed(enter, administrator):
    program = f.ProgramFactory(title="Old")
    enter("programs.program", program.pk, {"title": "New"}, seen="")
    program.refresh_from_db()
    assert program.title == "Old"


def test_what_the_database_refuses_is_told_in_words(enter, administrator):
    f.ProgramFactory(code="TRD", slug="trd")
    answer = enter("programs.program", None, PROGRAM)
    assert answer.status_code == 200
    assert "already a program with this code" in answer.content.decode()


def test_a_coordinator_writes_nothing_into_another_program(enter, client):
    client.force_login(f.RoleFactory(user__is_staff=True).user)
    other = f.ProgramFactory()
    answer = enter("programs.track", None, {"program": other.pk, "code": "SL", "title": "Section leader"})
    assert answer.status_code == 200  # it is not among the choices
    assert not Track.objects.exists()


def test_a_used_module_is_kept_and_the_page_says_why(administrator, client):
    entry = f.EntryFactory()
    page = client.get(reverse("admin:programs_skillmodule_delete", args=[entry.module_id]))
    assert "would require deleting the following protected related objects" in page.content.decode()
    assert SkillModule.objects.filter(pk=entry.module_id).exists()


def test_an_unused_module_is_deleted_by_an_act(administrator, client):
    module = f.SkillModuleFactory()
    url = reverse("admin:programs_skillmodule_delete", args=[module.pk])
    assert client.post(url, {"post": "yes"}).status_code == 302
    assert not SkillModule.objects.exists()
    assert Act.objects.filter(kind="admin.skillmodule.delete", user=administrator).count() == 1


def test_names_entered_are_never_shown(enter, administrator, client):
    trainee = f.EnrolmentFactory().trainee
    enter("trainees.identity", None, {"trainee": trainee.pk, "family_name": "Hemmelig", "given_name": "Navn"})
    identity = trainee.identities.get()
    pages = [
        reverse("admin:trainees_identity_changelist"),
        reverse("admin:trainees_identity_change", args=[identity.pk]),
    ]
    assert all("Hemmelig" not in client.get(page).content.decode() for page in pages)
    assert identity.family_name == "Hemmelig"


def test_a_password_set_here_works_at_the_door(enter, administrator, client):
    enter("accounts.user", None, {"username": "fjell", "is_active": "on", "new_password": f.PASSWORD})
    client.logout()
    assert client.login(username="fjell", password=f.PASSWORD)
