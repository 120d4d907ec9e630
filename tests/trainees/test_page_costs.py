"""What a page costs in questions to the database: the same, however many trainees, results and cohorts."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.trainees.crowd import cohorts_more, crowd

pytestmark = pytest.mark.django_db
SIZES = [1, 30, 200]

COSTS = {  # session and user among them
    "matrix": 7,
    "matrix filtered": 7,
    "matrix of an earlier day": 8,  # the trail is asked how it stood then
    "attention": 7,
    "attention of an earlier day": 8,
    "home": 8,
    "home, ten cohorts": 9,
    "program": 8,
    "program, ten cohorts": 9,
    "cohorts": 6,
    "cohorts, ten": 6,
    "cohorts of a program": 7,
    "trainees": 8,
    "trainees of a cohort": 9,
    "sessions": 8,
    "sessions held": 8,
}
RECORDING = {"form": 11, "record": 11, "record from a session": 12}  # session and user, BEGIN and COMMIT among them


@pytest.fixture
def cost(client):
    def count(address, words=None, *, status=200):
        client.get(reverse("trainees:progress_rule"))  # what is asked once in a process is asked here
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(address) if words is None else client.post(address, words)
        assert answer.status_code == status
        return len(asked)

    return count


@pytest.mark.parametrize("trainees", SIZES)
def test_pages_cost_the_same_for_any_number_of_trainees(trainees, client, cost):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    matrix = reverse("trainees:cohort_progress", args=[one.cohort.slug])
    attention = reverse("trainees:cohort_attention", args=[one.cohort.slug])
    sessions = reverse("trainees:session_list", args=[one.cohort.slug])
    home, cohorts, people = (reverse(f"trainees:{name}") for name in ("home", "cohort_list", "trainee_list"))
    got = {
        "matrix": cost(matrix),
        "matrix filtered": cost(f"{matrix}?status=achieved&sort=fewest&track={one.tracks[0].code}"),
        "matrix of an earlier day": cost(f"{matrix}?as_of=2023-08-12&known=2023-08-12"),
        "attention": cost(attention),
        "attention of an earlier day": cost(f"{attention}?as_of=2023-08-12&known=2023-08-12"),
        "home": cost(home),
        "program": cost(one.program.get_absolute_url()),
        "cohorts": cost(cohorts),
        "cohorts of a program": cost(f"{cohorts}?program={one.program.slug}&q=c"),
        "trainees": cost(people),
        "trainees of a cohort": cost(f"{people}?cohort={one.cohort.slug}&q=sokil"),
        "sessions": cost(sessions),
        "sessions held": cost(f"{sessions}?state=held&kind=instruction&sort=-module"),
    }
    cohorts_more(one, 9)
    got |= {"program, ten cohorts": cost(one.program.get_absolute_url())}
    got |= {"home, ten cohorts": cost(home), "cohorts, ten": cost(cohorts)}
    assert got == COSTS


@pytest.mark.django_db(
    transaction=True
)  # as it is in use: a test's own transaction would make savepoints of all others
@pytest.mark.parametrize("trainees", SIZES)
def test_recording_costs_the_same_for_any_number_of_trainees(trainees, client, cost):
    one = crowd(trainees)
    client.force_login(one.coordinator)
    line = one.lines[0][0]
    where = reverse("trainees:record_create", args=[line.trainee.uuid, one.program.slug, line.entry.module.code])
    words = {"kind": "go", "assessed_on": "2023-08-08", "assessor": one.assessor.pk}
    keys = [line.act.key, uuid.uuid4(), uuid.uuid4()]
    got = {
        "form": cost(where),
        "record": cost(where, words | {"seen": keys[0], "key": keys[1]}, status=302),
        "record from a session": cost(
            where, words | {"seen": keys[1], "key": keys[2], "session": one.sessions[0].pk}, status=302
        ),
    }
    assert got == RECORDING
