"""One program with one of everything, and three people: who runs it, who reads it, who knows nothing of it."""

import uuid
from types import SimpleNamespace

import pytest

from programs.models import Role
from tests import factories as f


@pytest.fixture
def world(db):
    program = f.ProgramFactory(code="TRD-2023", title="Trondheim")
    elsewhere = f.ProgramFactory(code="ELSE", title="Elsewhere")
    draft = f.CurriculumFactory(program=program, number=1)
    module = f.SkillModuleFactory(code="MED", title="First aid")
    instructor = f.InstructorFactory(code="I-1", call_sign="ФЬЄЛЬ")
    return SimpleNamespace(
        program=program,
        elsewhere=elsewhere,
        coordinator=f.RoleFactory(program=program, user__username="coordinator").user,
        liaison=f.RoleFactory(program=program, user__username="liaison", kind=Role.Kind.VIEWER).user,
        outsider=f.RoleFactory(program=elsewhere, user__username="outsider", kind=Role.Kind.VIEWER).user,
        track=f.TrackFactory(program=program, code="MEDIC", title="Medics"),
        draft=draft,
        module=module,
        entry=f.EntryFactory(curriculum=draft, module=module, position=1),
        instructor=instructor,
        assignment=f.AssignmentFactory(program=program, instructor=instructor),
    )


@pytest.fixture
def send(client):
    """Post a form as its page would: with a key, and with the version of the row that it is about."""

    def post(address, row=None, *, key=None, **words):
        seen = type(row)._default_manager.select_related("act").get(pk=row.pk).seen if row else ""
        return client.post(address, {"key": key or uuid.uuid4(), "seen": seen, **words})

    return post
