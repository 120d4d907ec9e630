"""Where somebody is follows from the entries that stand, in the order of their days, not from the one written last."""

import datetime
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from programs.access import EVERYBODY
from tests import factories as f
from trainees import services
from trainees.models import Completion, Enrolment
from trainees.selectors.loading import Moment
from trainees.selectors.progress import cohort_view
from trainees.selectors.roster import roster_of


def day(number):
    return datetime.date(2023, 8, number)


@pytest.fixture
def line(course):
    """Write the next entries of the first trainee: `line.place("suspend", 20, status="suspended")`."""

    class Line:
        def last(self):
            return course.trainee.enrolments.select_related("act").latest("pk")

        def place(self, kind, since, **fields):
            services.place(
                user=course.coordinator,
                key=uuid.uuid4(),
                kind=kind,
                cohort=course.cohort,
                seen={course.trainee.pk: self.last().act.key},
                since=day(since),
                **{"reason": "because"} | fields,
            )

        def correct(self, entry, **fields):
            services.correct_place(
                user=course.coordinator,
                key=uuid.uuid4(),
                entry=entry,
                seen=self.last().act.key,
                **{"correction": "typed wrong"} | fields,
            )

        def on(self, number):
            return Enrolment.objects.in_force(day(number)).get(trainee=course.trainee)

    return Line()


def test_after_a_correction_a_change_of_group_keeps_status_and_track(course, line):
    first = line.last()
    line.place("track", 9, track=course.track)
    line.place("suspend", 20, status="suspended")
    line.correct(first, since=day(8))
    line.place("group", 21, group=course.group)
    assert (line.on(22).status, line.on(22).track, line.on(22).group) == ("suspended", course.track, course.group)


def test_a_withdrawn_trainee_stays_so_when_the_arrival_is_corrected(course, line):
    first = line.last()
    line.place("withdraw", 15, status="withdrawn")
    line.correct(first, since=day(8))
    line.place("track", 16, track=course.track)
    assert line.on(17).status == "withdrawn"


def test_after_a_correction_nothing_is_put_before_a_later_entry(course, line):
    first = line.last()
    line.place("suspend", 20, status="suspended")
    line.correct(first, since=day(8))
    with pytest.raises(ValidationError, match="later entry"):
        line.place("withdraw", 15, status="withdrawn")


def test_whose_only_entry_was_a_mistake_has_no_place_to_change(course, line):
    line.correct(line.last(), mistaken=True)
    with pytest.raises(ValidationError, match="no place here"):
        line.place("group", 20, group=course.group)


def test_a_correction_keeps_why_somebody_left(course, line, client):
    line.place("withdraw", 15, status="withdrawn", reason="injury")
    line.correct(line.last(), since=day(16))
    assert (line.last().reason, line.last().correction) == ("injury", "typed wrong")
    assert list(cohort_view(course.cohort, EVERYBODY).progress.withdrawn) == ["injury"]
    client.force_login(course.coordinator)
    assert "typed wrong" in client.get(course.trainee.get_absolute_url()).text


@pytest.mark.parametrize(
    ("now", "then"), [("withdrawn", "not_completed"), ("withdrawn", "suspended"), ("expected", "not_completed")]
)
def test_what_cannot_follow_the_present_place_is_refused(now, then, course, line):
    if now == "expected":
        line.correct(line.last(), status="expected")
    else:
        line.place("first", 15, status=now)
    with pytest.raises(ValidationError, match="cannot become"):
        line.place("then", 16, status=then)


def test_nobody_completes_but_on_the_closing_page(course, line):
    with pytest.raises(ValidationError):
        line.place("complete", 20, status="completed")
    with pytest.raises(ValidationError):
        line.correct(line.last(), status="completed")
    assert not Completion.objects.exists() and line.on(21).status == "active"


def test_the_roster_says_of_everybody_what_the_numbers_say(course, line):
    line.correct(line.last(), cohort=course.other)
    there, here = (
        roster_of(one, Moment.of(course.program, day(20)), EVERYBODY) for one in (course.other, course.cohort)
    )
    assert [seat.entry.trainee for seat in there] == [course.trainee]
    assert [seat.entry.trainee for seat in here] == [course.second]


def test_whoever_was_withdrawn_and_comes_back_elsewhere_is_withdrawn_here(course, line):
    line.place("withdraw", 15, status="withdrawn")
    line.place("return", 20, status="active", to=course.other)
    seats = {
        seat.entry.trainee: seat.status
        for seat in roster_of(course.cohort, Moment.of(course.program, day(25)), EVERYBODY)
    }
    assert seats[course.trainee] == "withdrawn"


def test_a_place_opens_no_name_that_its_giver_may_not_read(course):
    foreign = f.EnrolmentFactory().trainee
    with pytest.raises(PermissionDenied):
        services.enrol_many(
            user=course.coordinator, key=uuid.uuid4(), cohort=course.cohort, new=[], known=[foreign], since=day(8)
        )
