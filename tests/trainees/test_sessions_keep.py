"""What was marked at a session stays true of it: it is not moved away from its results, nor changed behind its closing."""

import datetime
import uuid

import pytest
from django.core.exceptions import ValidationError

from tests import factories as f
from trainees import services
from trainees.models import Record, TrainingSession
from trainees.services.results import Mark, Place

HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


@pytest.fixture
def session(course):
    return f.TrainingSessionFactory(cohort=course.cohort, module=course.module, kind="assessment")


def mark(course, session, kind, seen="", reason=""):
    at = Place(course.program, course.module, session, assessor=course.assessor.pk)
    made = services.mark_result(
        user=course.instructor, key=uuid.uuid4(), trainee=course.trainee, at=at, mark=Mark(kind, seen, reason=reason)
    )
    return str(made.record.act.key)


def move(course, session, by):
    times = {"starts_at": session.starts_at + by, "ends_at": session.ends_at + by}
    now = TrainingSession.objects.get(pk=session.pk)
    return services.move_session(
        user=course.coordinator,
        key=uuid.uuid4(),
        session=now,
        seen=now.seen,
        reason="rain",
        clash_reason="two rooms",
        **times,
    )


def test_a_session_with_results_stays_on_their_day(course, session):
    first = mark(course, session, "go")
    with pytest.raises(ValidationError, match=r"A result of .* was recorded at this session"):
        move(course, session, 3 * DAY)
    assert TrainingSession.objects.get(pk=session.pk).starts_at == session.starts_at
    assert move(course, session, HOUR).starts_on == session.starts_on
    mark(course, session, "", first, "wrong sheet")
    assert move(course, session, 3 * DAY).starts_on == session.starts_on + 3 * DAY


def test_a_session_where_somebody_is_marked_is_not_moved_to_a_day_to_come(course, session):
    services.mark_trainee(
        user=course.instructor, key=uuid.uuid4(), session=session, trainee=course.trainee, status="absent", seen=""
    )
    with pytest.raises(ValidationError, match="it has taken place"):
        move(course, session, 36500 * DAY)
    assert move(course, session, -DAY).starts_on == session.starts_on - DAY


def test_a_page_from_before_the_closing_clears_nothing_without_a_reason(course, session):
    seen = mark(course, session, "go")
    closed = TrainingSession.objects.get(pk=session.pk)
    services.close_results(user=course.instructor, key=uuid.uuid4(), session=closed, seen=closed.seen)
    with pytest.raises(ValidationError, match="These results are closed"):
        mark(course, session, "", seen)  # the session as it was read before
    assert Record.objects.count() == 1
    mark(course, session, "", seen, "misread")
    assert Record.objects.count() == 2
