"""Several coordinators plan the same person for the same hour at the same moment: one is first, the others are told."""

import datetime
import uuid
from collections import Counter

import pytest
from django.db import connection

from tests import factories as f
from tests.accounts.races import at_once
from trainees import services
from trainees.models import TrainingSession
from trainees.services import planning

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime.datetime(2023, 8, 14, 6, tzinfo=datetime.UTC)
CLIENTS = 8


def plan_at_once():
    """The same instructor, by a coordinator of another program each; how it went."""
    instructor, module = f.InstructorFactory(), f.SkillModuleFactory()
    works = []
    for _n in range(CLIENTS):
        cohort = f.CohortFactory()
        f.AssignmentFactory(program=cohort.program, instructor=instructor)
        words = {"user": f.RoleFactory(program=cohort.program).user, "key": uuid.uuid4(), "cohort": cohort}
        words |= {"module": module, "starts_at": START, "ends_at": START + datetime.timedelta(hours=1)}
        works.append(lambda words=words: services.create_session(**words, staff={instructor.pk: "lead"}))
    return Counter(type(answer).__name__ for answer in at_once(*works))


def test_of_those_who_plan_one_person_at_once_one_is_first():
    assert plan_at_once() == {"TrainingSession": 1, "ValidationError": CLIENTS - 1}
    assert TrainingSession.objects.count() == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_twin_without_taking_turns_several_plan_one_person(monkeypatch):
    monkeypatch.setattr(planning, "take_turns", lambda: None)
    assert sum(plan_at_once()["TrainingSession"] for _turn in range(5)) > 5
