"""Numbers open into what makes them."""

from django.urls import reverse

from tests import factories as f


def test_first_time_go_opens_into_the_first_attempts(course, client):
    client.force_login(course.viewer)
    f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go", assessor=course.assessor)
    page = client.get(reverse("trainees:cohort_module", args=[course.cohort.slug, "MED"]))
    assert [one.trainee for one in page.context["firsts"]] == [course.trainee]
    assert 'href="#firsts"' in page.text and "NO-GO" in page.text


def test_a_cell_says_which_session_its_outstanding_record_is_of(course, client):
    client.force_login(course.viewer)
    where = reverse("trainees:cell", args=[course.trainee.uuid, "trd", "MED"])
    assert [one.pk for one in client.get(where).context["outstanding"]] == [course.session.pk]
    assert "Outstanding in" in client.get(where).text
