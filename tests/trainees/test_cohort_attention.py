"""The page of who needs attention: reasons with their points and records, what is not known, what a program weighs."""

import csv
import io
import uuid

import pytest
from django.urls import reverse

from programs.models import WEIGHED, Program
from programs.services import update_program
from tests import factories as f
from tests.trainees.test_overview import result, small, trainee  # noqa: F401  small is a fixture
from trainees.progress import AT_MOST, WEIGHTS, Concern


def page(client, cohort, query=""):
    return client.get(reverse("trainees:cohort_attention", args=[cohort.slug]) + query)


@pytest.fixture
def reader(small, client):  # noqa: F811
    client.force_login(f.RoleFactory(program=small.program, kind="viewer").user)
    return client


def weigh(program, **weights):
    fresh = Program.objects.get(pk=program.pk)
    coordinator = f.RoleFactory(program=program).user
    update_program(user=coordinator, key=uuid.uuid4(), program=fresh, seen=fresh.seen, **weights)


def test_each_reason_stands_with_its_points_and_leads_to_its_records(small, reader):  # noqa: F811
    who = trainee(small)
    result(who, small.first, "no_go", 15)
    text = page(reader, small).text
    cell = reverse("trainees:cell", args=[who.uuid, "trd", "TAC-1"])
    assert f'href="{cell}?as_of=' in text
    assert "No-go in Tactical maneuvers since 15 Aug" in text and "(1 × 3 = 3 points)" in text
    assert "(1 × 1 = 1 point)" in text
    assert "1 trainee of 1" in text
    assert "No module has five scores" in text


def test_what_is_not_known_is_said_and_counts_nothing(small, reader):  # noqa: F811
    trainee(small)
    f.TrainingSessionFactory(cohort=small, module=small.first.module)
    text = page(reader, small).text
    assert "No register is closed yet, so nobody&#x27;s absences are known." in text
    assert "Nobody needs attention by what is recorded." in text


def test_a_program_sets_what_its_reasons_weigh(small, reader):  # noqa: F811
    who = trainee(small)
    result(who, small.first, "no_go", 15)
    result(who, small.first, "no_go", 16)
    weigh(small.program, weighs_no_go=5, weighs_blocked=0)
    text = page(reader, small).text
    assert "(2 × 5 = 10 points)" in text and "Blocked" not in text


def test_coordinators_change_the_weights_on_a_page_of_their_own(small, client):  # noqa: F811
    role = f.RoleFactory(program=small.program)
    client.force_login(role.user)
    where = reverse("programs:program_weights", args=["trd"])
    form = client.get(where).context["form"]
    assert "Usually 3." in client.get(where).text
    words = {name: form.initial[name] for name in WEIGHED} | {
        "key": uuid.uuid4(),
        "seen": small.program.seen,
        "weighs_absent": 4,
    }
    assert client.post(where, words | {"weighs_absent": 11}).status_code == 422
    assert client.post(where, words).status_code == 302
    assert Program.objects.get().weighs_absent == 4
    assert client.post(where, words | {"key": uuid.uuid4(), "weighs_absent": 2}).status_code == 409


def test_the_file_has_a_row_for_each_reason(small, reader):  # noqa: F811
    who = trainee(small)
    result(who, small.first, "no_go", 15)
    answer = page(reader, small, "?format=csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    found = [row for row in rows if row and row[0] == "R-1"]
    assert [row[2] for row in found] == ["no_go", "blocked"]
    assert found[0][3:] == ["No-go in Tactical maneuvers since 15 Aug", "2023-08-15", "TAC-1", "1", "3", "3", "4"]


def test_every_concern_is_weighed_by_every_program_as_it_was_found():
    fields = {name: Program._meta.get_field(name).default for name in WEIGHED}
    assert fields == {f"weighs_{concern}": weight for concern, weight in WEIGHTS.items()}
    assert set(AT_MOST) == set(Concern)
