"""Ways round the rules that reviews found: each stays closed."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.acts import Conflict
from tests import factories as f
from trainees import services
from trainees.models import Enrolment, NameRead

pytestmark = pytest.mark.django_db


@pytest.fixture
def coordinator():
    return f.RoleFactory()


@pytest.fixture
def cohort(coordinator):
    return f.CohortFactory(program=coordinator.program)


def last_key(trainee):
    return trainee.enrolments.order_by("pk").last().act.key


def test_completing_names_nobody_from_elsewhere(coordinator, cohort):
    stranger = f.EnrolmentFactory(trainee__roll_number="SECRET").trainee
    with pytest.raises(ValidationError) as refused:
        services.complete(
            user=coordinator.user,
            key=uuid.uuid4(),
            cohort=cohort,
            completed_on=cohort.ends_on,
            seen={stranger.pk: last_key(stranger)},
        )
    assert "SECRET" not in str(refused.value)


def test_a_place_cannot_be_given_to_somebody_from_a_program_that_one_does_not_run(coordinator, cohort):
    stranger = f.EnrolmentFactory().trainee
    with pytest.raises(PermissionDenied):
        services.enrol_many(
            user=coordinator.user, key=uuid.uuid4(), cohort=cohort, new=[], known=[stranger], since=cohort.starts_on
        )


def test_a_name_read_again_much_later_is_a_reading_of_its_own(coordinator, cohort, time_machine):
    trainee = f.EnrolmentFactory(cohort=cohort).trainee
    said = {"user": coordinator.user, "key": uuid.uuid4(), "trainees": [trainee], "reason": "Travel papers"}
    time_machine.move_to("2026-01-01 10:00Z")
    services.read_names(**said)
    services.read_names(**said)
    time_machine.move_to("2026-01-01 11:00Z")
    with pytest.raises(Conflict):
        services.read_names(**said)
    assert NameRead.objects.count() == 1


def test_a_place_entered_by_mistake_gives_no_right_to_the_name_and_can_be_given_anew(coordinator, cohort):
    entry = f.EnrolmentFactory(cohort=cohort)
    elsewhere = f.EnrolmentFactory(trainee=entry.trainee)
    by = {"user": coordinator.user, "trainees": [entry.trainee], "reason": "Travel papers"}
    taken_back = {"entry": entry, "seen": entry.act.key, "correction": "Somebody else", "mistaken": True}
    services.correct_place(user=coordinator.user, key=uuid.uuid4(), **taken_back)
    with pytest.raises(PermissionDenied):
        services.read_names(key=uuid.uuid4(), **by)
    f.RoleFactory(program=elsewhere.program, user=coordinator.user)
    place = {"new": [], "known": [entry.trainee], "since": cohort.starts_on}
    services.enrol_many(user=coordinator.user, key=uuid.uuid4(), cohort=cohort, **place)
    assert entry.trainee.enrolments.standing().get(cohort=cohort).status == Enrolment.Status.ACTIVE


def test_somebody_whose_only_place_was_a_mistake_can_be_given_another(coordinator, cohort):
    entry = f.EnrolmentFactory(cohort=cohort)
    taken_back = {"entry": entry, "seen": entry.act.key, "correction": "Not arrived yet", "mistaken": True}
    services.correct_place(user=coordinator.user, key=uuid.uuid4(), **taken_back)
    place = {"new": [], "known": [entry.trainee], "since": cohort.starts_on, "status": "expected"}
    services.enrol_many(user=coordinator.user, key=uuid.uuid4(), cohort=cohort, **place)
    assert entry.trainee.enrolments.standing().get().status == Enrolment.Status.EXPECTED


def test_who_was_expected_on_a_day_to_come_by_mistake_can_be_taken_off_again(coordinator):
    day = datetime.date.today() + datetime.timedelta(days=30)
    soon = f.CohortFactory(program=coordinator.program, starts_on=day, ends_on=day)
    entry = f.EnrolmentFactory(cohort=soon, status=Enrolment.Status.EXPECTED, since=day)
    taken_back = {"entry": entry, "seen": entry.act.key, "correction": "Another cohort", "mistaken": True}
    services.correct_place(user=coordinator.user, key=uuid.uuid4(), **taken_back)
    assert not entry.trainee.enrolments.standing().exclude(status=Enrolment.Status.VOID).exists()
