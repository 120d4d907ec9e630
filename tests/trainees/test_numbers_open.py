"""Numbers open into what makes them."""

import re

from django.urls import reverse

from accounts.acts import add
from tests import factories as f
from trainees.models import Attendance


def test_first_time_go_opens_into_the_first_attempts(course, client):
    client.force_login(course.viewer)
    first = f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go", assessor=course.assessor)
    f.RecordFactory(trainee=course.trainee, entry=course.entry, previous=first, assessor=course.assessor)  # the retake
    page = client.get(reverse("trainees:cohort_module", args=[course.cohort.slug, "MED"]))
    assert list(page.context["firsts"]) == [first]
    firsts = re.search(r'id="firsts".*?</section>', page.text, re.S)[0]
    assert 'href="#firsts"' in page.text and course.trainee.roll_number in firsts and "NO-GO" in firsts


def test_a_cell_says_which_session_its_outstanding_record_is_of(course, client):
    client.force_login(course.viewer)
    where = reverse("trainees:cell", args=[course.trainee.uuid, "trd", "MED"])
    told = f'href="{course.session.get_absolute_url()}"'
    page = client.get(where)
    assert list(page.context["outstanding"]) == [course.session]
    assert told in re.search(r"Outstanding in.*", page.text)[0]

    f.do(lambda act: add(Attendance(session=course.session, trainee=course.trainee, status="present"), act))
    f.do(lambda act: type(course.session).objects.update(act=act, register_closed_at=act.at))
    page = client.get(where)
    assert not page.context["outstanding"] and "Outstanding in" not in page.text
