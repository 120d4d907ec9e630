"""Several hands in one register: one mark of a cell is accepted, the other is told; nobody is marked twice."""

import uuid
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError

from accounts.acts import Conflict
from accounts.models import Act, Change
from tests import factories as f
from tests.accounts.races import at_once, race
from trainees import services
from trainees.models import Attendance

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def roll(db):
    """A register of four, a coordinator, and who writes there."""
    cohort = f.CohortFactory()
    people = [f.EnrolmentFactory(cohort=cohort).trainee for _ in range(4)]
    session = f.TrainingSessionFactory(cohort=cohort)
    user = f.RoleFactory(program=cohort.program).user
    return SimpleNamespace(session=session, people=people, user=user)


def mark(roll, who, status, seen, key=None):
    return services.mark_trainee(
        user=roll.user, key=key or uuid.uuid4(), session=roll.session, trainee=who, status=status, seen=seen
    )


def seen(roll, who):
    row = Attendance.objects.filter(session=roll.session, trainee=who).select_related("act").first()
    return row.seen if row else ""


def test_of_two_marks_in_one_cell_one_is_accepted_whether_it_makes_changes_or_clears(roll):
    who = roll.people[0]

    def write(version, number, turn):
        return mark(roll, who, [["present", "late"], ["absent", ""]][turn % 2][number], version)

    assert race(2, 20, lambda: seen(roll, who), write) == {"accepted": 20, "refused": 20}
    assert Act.objects.filter(kind__startswith="attendance.").count() == 20
    assert Change.objects.filter(table="trainees_attendance").count() == 20
    assert Attendance.objects.count() <= 1


def test_the_same_key_ten_times_at_once_is_one_mark(roll):
    key = uuid.uuid4()
    answers = at_once(*[lambda: mark(roll, roll.people[0], "late", "", key)] * 10)
    assert answers == [Act.objects.get(key=key)] * 10 and Attendance.objects.count() == 1


def test_the_rest_and_single_marks_at_once_leave_everybody_marked_once(roll):
    for _round in range(5):
        works = [lambda who=who: mark(roll, who, "absent", "") for who in roll.people]
        works.append(lambda: services.mark_rest(user=roll.user, key=uuid.uuid4(), session=roll.session))
        answers = at_once(*works)
        troubles = [one for one in answers if isinstance(one, Exception) and not isinstance(one, Conflict)]
        assert [one for one in troubles if "Everybody is marked" not in str(one)] == []
        told = {who.pk for who, answer in zip(roll.people, answers, strict=False) if not isinstance(answer, Exception)}
        rows = {row.trainee_id: row.status for row in Attendance.objects.all()}
        assert all(rows[pk] == "absent" for pk in told)  # what was said to be saved is there
        assert len(rows) == 4 or isinstance(answers[-1], Conflict)
        f.do(lambda act: Attendance.objects.all().delete())


def test_of_two_who_undo_at_once_one_does(roll):
    for _round in range(5):
        act = services.mark_rest(user=roll.user, key=uuid.uuid4(), session=roll.session)
        answers = at_once(*[lambda act=act: services.undo(user=roll.user, key=uuid.uuid4(), act=act)] * 2)
        refused = [one for one in answers if isinstance(one, Conflict | ValidationError)]
        assert len(refused) == 1 and [one.rows for one in answers if one not in refused] == [4]
        assert Act.objects.filter(undoes=act).count() == 1 and not Attendance.objects.exists()
