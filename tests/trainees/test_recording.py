"""Recording results through the service, and what the cohort then shows."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.acts import Conflict
from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.models import Record
from trainees.selectors.progress import cohort_view, trainee_view

pytestmark = pytest.mark.django_db
DAY = datetime.date(2023, 8, 10)


@pytest.fixture
def place():
    """A cohort of one trainee that follows a curriculum of one module, with a coordinator and an assessor."""
    enrolment = f.EnrolmentFactory()
    program = enrolment.program
    entry = f.EntryFactory(curriculum__program=program, validity_months=1)
    f.publish(entry.curriculum)
    f.CohortCurriculumFactory(cohort=enrolment.cohort, curriculum=entry.curriculum)
    enrolment.entry = entry
    enrolment.coordinator = f.RoleFactory(program=program).user
    enrolment.assessor = f.AssignmentFactory(program=program).instructor
    return enrolment


def record(place, kind="go", seen="", **more):
    fields = {"assessed_on": DAY, "assessor": place.assessor, "key": uuid.uuid4(), "user": place.coordinator} | more
    return services.record_result(
        trainee=place.trainee, program=place.program, module=place.entry.module, kind=kind, seen=seen, **fields
    )


def numbers(place, **when):
    return cohort_view(place.cohort, EVERYBODY, **when).progress


def test_a_go_satisfies_and_holds_for_the_modules_months(place):
    go = record(place)
    assert go.holds_until == datetime.date(2023, 9, 10)
    assert numbers(place).coverage == (1, 1)
    assert trainee_view(place.trainee, place.program, as_of=DAY).progress.share == (1, 1)


def test_the_same_key_gives_the_same_record(place):
    key = uuid.uuid4()
    assert record(place, key=key) == record(place, key=key)
    assert Record.objects.count() == 1


def test_a_second_writer_who_has_not_seen_the_first_is_refused(place):
    record(place)
    with pytest.raises(Conflict):
        record(place, kind="no_go")
    assert Record.objects.count() == 1


def test_a_correction_voids_and_replaces(place):
    wrong = record(place)
    record(place, kind="no_go", seen=wrong.act.key, voids=wrong, reason="typed for the wrong person")
    assert numbers(place).coverage == (0, 1)


def test_a_voided_result_counts_for_nothing(place):
    go = record(place)
    services.void_record(user=place.coordinator, key=uuid.uuid4(), record=go, seen=go.act.key, reason="wrong person")
    assert numbers(place).coverage == (0, 1)


def test_a_credit_counts_and_an_exemption_leaves_the_module_out(place):
    cell = {"trainee": place.trainee, "program": place.program, "module": place.entry.module, "user": place.coordinator}
    credit = services.credit(**cell, key=uuid.uuid4(), seen="", holds_from=DAY, authority="Head of training")
    assert numbers(place).coverage == (1, 1)
    services.exempt(
        **cell, key=uuid.uuid4(), seen=credit.act.key, holds_from=DAY, authority="Head of training", reason="injury"
    )
    assert numbers(place).coverage == (0, 0)


def test_no_result_lies_in_the_future(place):
    with pytest.raises(ValidationError, match="not come yet"):
        record(place, assessed_on=datetime.date(2100, 1, 1))


def test_no_result_before_the_trainee_had_a_place(place):
    with pytest.raises(ValidationError, match="not on the roster"):
        record(place, assessed_on=datetime.date(2023, 8, 1))


def test_a_liaison_officer_records_nothing(place):
    viewer = f.RoleFactory(program=place.program, kind="viewer").user
    with pytest.raises(PermissionDenied):
        record(place, user=viewer)
    assert not Record.objects.exists()


def test_known_on_an_earlier_day_leaves_later_records_out(place):
    record(place)
    assert numbers(place, as_of=DAY, known=DAY).coverage == (0, 0)  # the place itself was recorded later
    assert numbers(place, as_of=DAY).coverage == (1, 1)
