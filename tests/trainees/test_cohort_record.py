"""The result sheet of a cohort: trainees by modules on a day."""

import datetime
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as f
from tests.trainees.crowd import crowd
from trainees.models import Attendance, Record

pytestmark = pytest.mark.django_db
CELL = re.compile(r'data-cell="([^"]*)" data-seen="([^"]*)" data-value="([^"]*)" data-label="([^"]*)"')


@pytest.fixture
def cells(course, client):
    """The cells of the sheet on a day, by what they are called: where they are sent, their version, their value."""
    client.force_login(course.instructor)

    def read(**asked):
        page = client.get(reverse("trainees:cohort_record", args=[course.cohort.slug]), {"day": "2023-08-10"} | asked)
        assert page.status_code == 200
        return {label: (where, seen, value) for where, seen, value, label in CELL.findall(page.text)}

    return read


def test_every_cell_says_where_its_mark_goes_and_what_it_has_seen(cells, course, client):
    where, seen, value = cells()["R-1 SOKIL, MED"]
    assert (seen, value) == ("", "")
    words = {
        "key": uuid.uuid4(),
        "seen": seen,
        "kind": "go",
        "assessor": course.assessor.pk,
        "assessed_on": "2023-08-10",
    }
    assert client.post(where, words).status_code == 200
    assert cells()["R-1 SOKIL, MED"] == (where, str(words["key"]), "go")
    assert cells(day="2023-08-11")["R-1 SOKIL, MED"] == (
        where,
        str(words["key"]),
        "",
    )  # of another day, another attempt


def test_it_begins_with_the_cohorts_last_day_or_today(cells, course, client):
    page = client.get(reverse("trainees:cohort_record", args=[course.cohort.slug]))
    assert page.context["sheet"].day == course.cohort.ends_on


def test_a_day_that_nobody_can_read_is_told(course, client):
    client.force_login(course.instructor)
    page = client.get(reverse("trainees:cohort_record", args=[course.cohort.slug]), {"day": "soon"})
    assert page.status_code == 200
    assert page.context["form"].errors


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"module": "MED"}, ["R-1 SOKIL, MED", "R-2 SOKIL, MED"]),
        ({"group": "A"}, ["R-3 SOKIL, MED", "R-3 SOKIL, RNG"]),
        ({"track": "MEDIC"}, ["R-3 SOKIL, MED", "R-3 SOKIL, RNG"]),
        ({"track": "NONE"}, []),
    ],
)
def test_track_group_and_module_narrow_it(asked, left, cells, course):
    f.EnrolmentFactory(cohort=course.cohort, trainee__roll_number="R-3", group=course.group, track=course.track)
    found = cells(**asked)
    assert set(left) <= set(found) and (len(found) == len(left) or "module" in asked)


def test_what_is_not_in_the_trainees_track_has_no_cell(cells, course):
    f.TrackFactory(program=course.program)
    draft = f.CurriculumFactory(program=course.program)
    f.link_track(f.EntryFactory(curriculum=draft, module=course.module), course.track)
    f.publish(draft)
    f.CohortCurriculumFactory(cohort=course.cohort, curriculum=draft, since=datetime.date(2023, 8, 9))
    assert cells() == {}


def test_a_call_sign_is_text_and_never_markup(cells, course):
    f.do(lambda act: type(course.trainee).objects.filter(pk=course.trainee.pk).update(act=act, call_sign='"><b>x'))
    assert "R-1 &quot;&gt;&lt;b&gt;x, MED" in cells()


def test_an_attempt_of_an_earlier_day_shows_as_how_the_trainee_stands(cells, course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go", holds_from=datetime.date(2023, 8, 8))
    page = client.get(reverse("trainees:cohort_record", args=[course.cohort.slug]), {"day": "2023-08-10"})
    assert page.text.count('href="#i-no_go"') == 1


def test_whoever_was_at_a_lesson_is_in_training_here_as_in_the_matrix(cells, course, client):
    mark = Attendance(session=course.session, trainee=course.trainee, status="present")
    f.do(lambda act: Attendance.objects.bulk_create([setattr(mark, "act", act) or mark]))
    page = client.get(reverse("trainees:cohort_record", args=[course.cohort.slug]), {"day": "2023-08-10"})
    assert 'title="R-1 SOKIL, MED: In training"' in page.text
    assert page.text.count("In training</span>") == 1


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_the_sheet_asks_the_database_the_same_for_any_number_of_trainees(trainees, client):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    where = reverse("trainees:cohort_record", args=[one.cohort.slug])
    client.get(where)
    with CaptureQueriesContext(connection) as asked:
        assert len(client.get(where).context["sheet"].rows) == trainees
    assert len(asked) == 8
    assert Record.objects.exists()
