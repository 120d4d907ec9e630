import pytest

from accounts.acts import add
from programs.models import Prerequisite
from tests import factories as f


@pytest.fixture
def program(db):
    return f.ProgramFactory(code="TRD")


@pytest.fixture
def coordinator(program):
    return f.RoleFactory(program=program).user


@pytest.fixture
def cohort(program):
    """With two modules, of which the second needs the first, two people, and an instructor."""
    curriculum = f.CurriculumFactory(program=program)
    first = f.EntryFactory(curriculum=curriculum, module__code="TAC", position=1)
    second = f.EntryFactory(curriculum=curriculum, module__code="MED", position=2)
    f.do(lambda act: add(Prerequisite(entry=second, needs=first), act))
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program, code="1")
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    for n in (1, 2):
        who = f.TraineeFactory(roll_number=f"R-{n}", call_sign=f"SOKIL{n}")
        f.EnrolmentFactory(trainee=who, cohort=cohort, program=program, since=cohort.starts_on)
    f.AssignmentFactory(program=program, instructor__code="NOR-1")
    return cohort
