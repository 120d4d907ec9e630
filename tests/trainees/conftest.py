"""A course in the middle of its days: two trainees, two modules, a session; and who runs, records and reads it."""

import uuid
from types import SimpleNamespace

import pytest

from accounts.models import Act
from tests import factories as f


@pytest.fixture
def course(db):
    program = f.ProgramFactory(code="TRD")
    curriculum = f.CurriculumFactory(program=program)
    entry = f.EntryFactory(curriculum=curriculum, position=1, module__code="MED", validity_months=6)
    scored = f.EntryFactory(curriculum=curriculum, position=2, module__code="RNG", pass_mark=70, required=False)
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program, code="C1")
    other = f.CohortFactory(program=program, code="C2")
    for one in (cohort, other):
        f.CohortCurriculumFactory(cohort=one, curriculum=curriculum)
    places = [f.EnrolmentFactory(cohort=cohort, trainee__roll_number=f"R-{n}") for n in (1, 2)]
    return SimpleNamespace(
        program=program,
        cohort=cohort,
        other=other,
        entry=entry,
        module=entry.module,
        scored=scored,
        track=f.TrackFactory(program=program, code="MEDIC"),
        group=f.GroupFactory(cohort=cohort, code="A"),
        trainee=places[0].trainee,
        second=places[1].trainee,
        session=f.TrainingSessionFactory(cohort=cohort, module=entry.module),
        assessor=f.AssignmentFactory(program=program).instructor,
        coordinator=f.RoleFactory(program=program, user__username="coordinator").user,
        instructor=f.RoleFactory(program=program, user__username="instructor", kind="instructor").user,
        viewer=f.RoleFactory(program=program, user__username="viewer", kind="viewer").user,
    )


@pytest.fixture
def fill(client):
    """What the page at an address would send once somebody entered `words`: key, versions and what it proposes."""

    def read(address, **words):
        form = client.get(address).context["form"]
        proposed = {name: form[name].value() for name in form.fields}
        hidden = {name: value for name, value in proposed.items() if form[name].is_hidden and value}
        return hidden | {"key": uuid.uuid4()} | words

    return read


@pytest.fixture
def send(client, fill):
    """Open the page at an address, enter `words`, send it."""

    def post(address, **words):
        return client.post(address, fill(address, **words))

    return post


@pytest.fixture
def acts():
    """How many acts there are: what is refused or repeated makes none."""
    return lambda: Act.objects.count()
