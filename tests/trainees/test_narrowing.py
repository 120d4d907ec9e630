"""Roster and sessions of a cohort are searched, narrowed and sorted in the address, with and without htmx."""

import re

import pytest
from django.urls import reverse

from tests import factories as f


@pytest.fixture
def roster(course, client):
    client.force_login(course.viewer)
    words = {"cohort": course.cohort, "track": course.track, "group": course.group}
    f.EnrolmentFactory(**words, trainee__roll_number="R-3", trainee__call_sign="Журавель")

    def shown(htmx=False, **asked):
        headers = {"HX-Request": "true"} if htmx else {}
        page = client.get(reverse("trainees:cohort_roster", args=[course.cohort.slug]), asked, headers=headers)
        return re.findall(r'<span class="roll">(R-\d)</span>', page.text), page.text

    return shown


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "ЖУРАВ"}, ["R-3"]),
        ({"q": "r-2"}, ["R-2"]),
        ({"track": "MEDIC"}, ["R-3"]),
        ({"group": "A"}, ["R-3"]),
        ({"status": "withdrawn"}, []),
        ({"status": "active", "q": "r-1"}, ["R-1"]),
        ({"sort": "-roll_number"}, ["R-3", "R-2", "R-1"]),
        ({"track": "nonsense", "sort": "nonsense"}, ["R-1", "R-2", "R-3"]),
    ],
)
def test_a_roster_shows_whom_the_address_asks_for(asked, found, roster):
    (shown, whole), (again, part) = (roster(htmx=htmx, **asked) for htmx in (False, True))
    assert shown == again == found
    assert "<html" in whole and "<html" not in part


def test_what_else_is_asked_stays_when_a_filter_is_sent(roster):
    page = roster(status="active", as_of="2023-08-10", sort="-since")[1]
    for name, value in (("status", "active"), ("as_of", "2023-08-10"), ("sort", "-since")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in page


def test_nobody_found_offers_to_clear_the_filters(roster):
    (found, part), (everybody, whole) = roster(htmx=True, q="nobody at all"), roster(htmx=True)
    assert not found and "Nobody matches" in part and "Clear filters" in part
    assert everybody and "Nobody matches" not in whole and "Clear filters" not in whole


def test_sessions_are_narrowed_by_module_and_kind(course, client):
    client.force_login(course.viewer)
    retake = f.TrainingSessionFactory(cohort=course.cohort, module=course.scored.module, kind="retake")
    where = reverse("trainees:session_list", args=[course.cohort.slug])

    def shown(**asked):
        return [one for one, _numbers in client.get(where, asked).context["rows"]]

    assert shown(module="RNG") == shown(kind="retake") == [retake]
    assert shown() == shown(module="nonsense", kind="nonsense") == [course.session, retake]
    assert shown(module="MED", kind="retake") == []
    assert "No such sessions" in client.get(where, {"module": "MED", "kind": "retake"}).text
