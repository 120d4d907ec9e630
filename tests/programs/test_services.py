"""Rules that hold whoever writes: pages, the admin, an import, a command."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.acts import Conflict
from programs import services
from programs.models import Curriculum, CurriculumEntry, Instructor, Program, Role, SkillModule, Track
from tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def role():
    return f.RoleFactory(program__code="TRD")


def by(user):
    return {"user": user, "key": uuid.uuid4()}


def now(row):
    """The version of `row` as it stands."""
    return type(row)._default_manager.select_related("act").get(pk=row.pk).seen


def words(error):
    return " ".join(error.value.messages)


# ---- once, and not over others


def test_the_same_key_makes_one_program(role):
    key = uuid.uuid4()
    fields = {"code": "FRESH", "title": "New", "host": "Norway"}
    made = {services.create_program(user=role.user, key=key, **fields).pk for _ in range(2)}
    assert len(made) == 1 and Program.objects.filter(code="FRESH").count() == 1


def test_the_same_key_for_something_else_is_a_conflict(role):
    key = uuid.uuid4()
    services.create_track(user=role.user, key=key, program=role.program, code="A", title="A")
    with pytest.raises(Conflict):
        services.create_track(user=role.user, key=key, program=role.program, code="B", title="B")
    assert Track.objects.count() == 1


def test_who_saw_an_older_version_is_told_what_stands_there_now(role):
    seen = now(role.program)
    services.update_program(**by(role.user), program=role.program, seen=seen, title="First")
    with pytest.raises(Conflict) as conflict:
        services.update_program(**by(role.user), program=role.program, seen=seen, title="Second")
    assert conflict.value.current.title == "First"


@pytest.mark.parametrize("seen", ["", "rubbish", "0c9a52a8-5a0f-4d5e-9d0a-3f5c4b3a2f10"])
def test_a_version_that_nobody_gave_out_is_a_conflict(seen, role):
    with pytest.raises(Conflict):
        services.archive_program(**by(role.user), program=role.program, seen=seen)


# ---- who may


def test_who_does_not_coordinate_writes_nothing(role):
    viewer = f.RoleFactory(program=role.program, kind=Role.Kind.VIEWER).user
    stranger = f.RoleFactory().user
    instructor = f.AssignmentFactory(program=role.program).instructor
    draft = f.CurriculumFactory(program=role.program)
    for user in (viewer, stranger):
        for refused in (
            lambda user: services.create_track(**by(user), program=role.program, code="A", title="A"),
            lambda user: services.update_program(**by(user), program=role.program, seen=now(role.program), title="A"),
            lambda user: services.delete_program(**by(user), program=role.program, seen=now(role.program)),
            lambda user: services.create_curriculum(**by(user), program=role.program),
            lambda user: services.publish_curriculum(**by(user), curriculum=draft, seen=now(draft)),
            lambda user: services.grant_role(**by(user), program=role.program, to=user, kind="coordinator"),
            lambda user: services.change_role(**by(user), role=role, seen=now(role), kind="viewer", nation=""),
            lambda user: services.assign_instructor(**by(user), program=role.program, instructor=instructor),
            lambda user: services.archive_instructor(**by(user), instructor=instructor, seen=now(instructor)),
        ):
            with pytest.raises(PermissionDenied):
                refused(user)
    with pytest.raises(PermissionDenied):
        services.create_module(**by(viewer), code="M", title="M")


def test_a_deactivated_coordinator_writes_nothing(role):
    role.user.is_active = False
    with pytest.raises(PermissionDenied):
        services.create_track(**by(role.user), program=role.program, code="A", title="A")


# ---- what hangs on it


def test_a_program_that_is_used_names_what_hangs_on_it(role):
    f.TrackFactory.create_batch(2, program=role.program)
    f.CurriculumFactory(program=role.program)
    with pytest.raises(ValidationError) as error:
        services.delete_program(**by(role.user), program=role.program, seen=now(role.program))
    assert "2 tracks" in words(error) and "1 curriculum version" in words(error)
    assert Role.objects.filter(pk=role.pk).exists()  # nothing was done by halves


def test_a_module_that_is_taught_names_what_hangs_on_it(role):
    module = f.EntryFactory(curriculum__program=role.program).module
    with pytest.raises(ValidationError) as error:
        services.delete_module(**by(role.user), module=module, seen=now(module))
    assert "1 module of a curriculum" in words(error) and SkillModule.objects.exists()


def test_an_instructor_who_works_elsewhere_too_is_not_deleted_by_one_program(role):
    instructor = f.AssignmentFactory(program=role.program).instructor
    f.AssignmentFactory(instructor=instructor)
    with pytest.raises(PermissionDenied):
        services.delete_instructor(**by(role.user), instructor=instructor, seen=now(instructor))
    assert Instructor.objects.get().assignments.count() == 2


# ---- a program keeps a coordinator


def test_the_last_coordinator_stays(role):
    f.RoleFactory(program=role.program, kind=Role.Kind.INSTRUCTOR)
    f.RoleFactory(user=role.user)  # coordinating another program does not count
    with pytest.raises(ValidationError):
        services.change_role(**by(role.user), role=role, seen=now(role), kind="instructor", nation="")
    with pytest.raises(ValidationError):
        services.revoke_role(**by(role.user), role=role, seen=now(role))
    assert Role.objects.get(pk=role.pk).kind == "coordinator"


def test_with_a_second_coordinator_the_first_may_go(role):
    f.RoleFactory(program=role.program)
    services.revoke_role(**by(role.user), role=role, seen=now(role))
    assert not Role.objects.filter(pk=role.pk).exists()


# ---- curricula


@pytest.fixture
def chain(role):
    """A draft with A, B that needs A, and C that needs B."""
    draft = f.CurriculumFactory(program=role.program)
    a, b, c = (f.EntryFactory(curriculum=draft, module__code=code, position=n) for n, code in enumerate("ABC", 1))
    f.link_prerequisite(b, a)
    f.link_prerequisite(c, b)
    return draft, a, b, c


def test_a_circle_of_prerequisites_is_refused_and_the_way_round_named(role, chain):
    _draft, a, _b, c = chain
    with pytest.raises(ValidationError) as error:
        services.update_entry(**by(role.user), entry=a, seen=now(a), prerequisites=[c])
    assert error.value.message_dict == {"prerequisites": ["These modules would wait for each other: A < C < B < A."]}
    assert not a.prerequisites.exists()


def test_a_module_does_not_wait_for_itself(role, chain):
    _draft, a, _b, _c = chain
    with pytest.raises(ValidationError, match="its own prerequisite"):
        services.update_entry(**by(role.user), entry=a, seen=now(a), prerequisites=[a])


def test_a_module_does_not_wait_for_one_of_another_version(role, chain):
    _draft, a, _b, _c = chain
    elsewhere = f.EntryFactory(curriculum__program=role.program, curriculum__number=99)
    with pytest.raises(ValidationError, match="same curriculum"):
        services.update_entry(**by(role.user), entry=a, seen=now(a), prerequisites=[elsewhere])


def test_a_module_does_not_wait_for_what_its_trainees_are_not_taught(role, chain):
    draft, a, _b, _c = chain
    f.link_track(a, f.TrackFactory(program=role.program))
    with pytest.raises(ValidationError, match="not all of its tracks are taught"):
        services.publish_curriculum(**by(role.user), curriculum=draft, seen=now(draft))
    assert Curriculum.objects.get(pk=draft.pk).published_at is None


def test_a_track_of_another_program_is_refused(role, chain):
    _draft, a, _b, _c = chain
    with pytest.raises(ValidationError, match="another program"):
        services.update_entry(**by(role.user), entry=a, seen=now(a), tracks=[f.TrackFactory()])


def test_the_database_keeps_a_published_version_from_those_who_read_it_as_a_draft(role, chain):
    draft, a, _b, _c = chain
    stale = CurriculumEntry.objects.select_related("curriculum").get(pk=a.pk)
    seen = now(a)
    services.publish_curriculum(**by(role.user), curriculum=draft, seen=now(draft))
    with pytest.raises(ValidationError, match="never edited"):
        services.update_entry(**by(role.user), entry=stale, seen=seen, hours=9)
    assert CurriculumEntry.objects.get(pk=a.pk).hours == 0


def test_a_copy_takes_everything_over_and_leaves_the_first_alone(role, chain):
    draft, a, _b, c = chain
    track = f.TrackFactory(program=role.program)
    steps = [("Looks", False), ("Stops", True)]
    services.update_entry(**by(role.user), entry=c, seen=now(c), tracks=[track], steps=steps, pass_mark=70)
    copy = services.create_curriculum(**by(role.user), program=role.program, copy_of=draft)
    new = copy.entries.get(module__code="C")
    assert [link.track for link in new.for_tracks.all()] == [track]
    assert list(new.steps.values_list("title", "critical")) == steps and new.pass_mark == 70
    assert new.prerequisites.get().needs == copy.entries.get(module__code="B")
    services.remove_entry(**by(role.user), entry=new, seen=now(new))
    assert draft.entries.count() == 3 and a.needed_by.count() == 1


def test_moving_past_the_end_changes_nothing(role, chain):
    draft, a, _b, c = chain
    services.move_entry(**by(role.user), entry=a, seen=now(a), up=True)
    services.move_entry(**by(role.user), entry=c, seen=now(c), up=False)
    assert list(draft.entries.values_list("module__code", flat=True)) == ["A", "B", "C"]


# ---- instructors


def test_an_account_belongs_to_one_instructor(role):
    first = f.AssignmentFactory(program=role.program, instructor__account=f.UserFactory()).instructor
    second = f.AssignmentFactory(program=role.program).instructor
    with pytest.raises(ValidationError) as error:
        services.update_instructor(**by(role.user), instructor=second, seen=now(second), account=first.account)
    assert list(error.value.message_dict) == ["account"]
    services.update_instructor(**by(role.user), instructor=first, seen=now(first), account=first.account, unit="HV-12")
