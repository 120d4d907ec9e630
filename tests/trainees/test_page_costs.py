"""What a page costs in questions to the database: the same, however many trainees, results and cohorts."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as f
from tests.trainees.crowd import cohorts_more, crowd

pytestmark = pytest.mark.django_db
SIZES = [1, 30, 200]

COSTS = {  # session and user among them
    "matrix": 7,
    "matrix filtered": 7,
    "matrix of an earlier day": 8,  # the trail is asked how it stood then
    "overview": 10,
    "briefing": 8,
    "briefing of an earlier day": 11,  # and there are sessions to come
    "briefing of a program": 10,
    "briefing of a program, ten cohorts": 11,
    "attention": 7,
    "attention of an earlier day": 8,
    "finish": 9,
    "finish of an earlier day": 10,  # when nobody was known whose excusals could be asked for
    "outstanding": 10,
    "outstanding of an earlier day": 12,  # the trail is asked of unlisted people and sheets too
    "home": 8,
    "home, ten cohorts": 9,
    "home, a hundred cohorts": 9,
    "program, a hundred cohorts": 9,
    "briefing of a program, a hundred cohorts": 11,
    "outstanding of a hundred cohorts": 12,
    "attention of a hundred cohorts": 9,
    "outstanding of ten cohorts": 12,
    "attention of ten cohorts": 9,
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
    is_open = one.cohort.sessions.filter(pk=one.sessions[0].pk)
    f.do(lambda act: is_open.update(act=act, register_closed_at=None), scope=one.program.pk)  # something is outstanding
    client.force_login(one.coordinator)
    matrix = reverse("trainees:cohort_progress", args=[one.cohort.slug])
    attention = reverse("trainees:cohort_attention", args=[one.cohort.slug])
    finish = reverse("trainees:cohort_finish", args=[one.cohort.slug])
    briefing = reverse("trainees:cohort_briefing", args=[one.cohort.slug])
    together = reverse("trainees:program_briefing", args=[one.program.slug])
    outstanding = reverse("trainees:cohort_outstanding", args=[one.cohort.slug])
    of_program = {
        name: reverse(f"trainees:program_{name}", args=[one.program.slug]) for name in ("outstanding", "attention")
    }
    sessions = reverse("trainees:session_list", args=[one.cohort.slug])
    home, cohorts, people = (reverse(f"trainees:{name}") for name in ("home", "cohort_list", "trainee_list"))
    got = {
        "matrix": cost(matrix),
        "matrix filtered": cost(f"{matrix}?status=achieved&sort=fewest&track={one.tracks[0].code}"),
        "matrix of an earlier day": cost(f"{matrix}?as_of=2023-08-12&known=2023-08-12"),
        "overview": cost(one.cohort.get_absolute_url()),
        "briefing": cost(briefing),
        "briefing of an earlier day": cost(f"{briefing}?as_of=2023-08-12&known=2023-08-12"),
        "briefing of a program": cost(f"{together}?as_of=2023-08-12"),
        "attention": cost(attention),
        "attention of an earlier day": cost(f"{attention}?as_of=2023-08-12&known=2023-08-12"),
        "finish": cost(finish),
        "finish of an earlier day": cost(f"{finish}?as_of=2023-08-12&known=2023-08-12"),
        "outstanding": cost(outstanding),
        "outstanding of an earlier day": cost(f"{outstanding}?as_of=2023-08-12&known=2023-08-12"),
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
    got |= {"briefing of a program, ten cohorts": cost(f"{together}?as_of=2023-08-12")}
    got |= {"program, ten cohorts": cost(one.program.get_absolute_url())}
    got |= {"home, ten cohorts": cost(home), "cohorts, ten": cost(cohorts)}
    got |= {f"{name} of ten cohorts": cost(f"{where}?as_of=2023-08-12") for name, where in of_program.items()}
    cohorts_more(one, 90, first=9)
    got |= {"home, a hundred cohorts": cost(home)}
    got |= {"program, a hundred cohorts": cost(one.program.get_absolute_url())}
    got |= {"briefing of a program, a hundred cohorts": cost(f"{together}?as_of=2023-08-12")}
    got |= {f"{name} of a hundred cohorts": cost(f"{where}?as_of=2023-08-12") for name, where in of_program.items()}
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
