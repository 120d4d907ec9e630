"""A person's data as a file: all of it, for whoever runs all their programs and says why."""

import json
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Act
from accounts.privacy import about_a_person
from tests import factories as f
from tests.trainees.crowd import crowd
from tests.trainees.test_erasing import CALLED, FAMILY, GIVEN, REMARK, write_everything
from trainees.models import NameRead
from trainees.selectors.person import held_about

WHY = "Asked for it, article 15"


def at(trainee):
    return reverse("trainees:trainee_data", args=[trainee.uuid])


@pytest.fixture
def written(course, client):
    write_everything(course)
    client.force_login(course.coordinator)
    return course


@pytest.fixture
def file(written, send):
    return send(at(written.trainee), reason=WHY)


def test_the_file_is_a_stream_named_by_the_roll_number_and_kept_by_no_browser(file):
    assert file.status_code == 200 and file.streaming
    assert file["Content-Disposition"] == 'attachment; filename="R-1.json"'
    assert file["Content-Type"] == "application/json" and "no-store" in file["Cache-Control"]


def test_everything_held_on_the_person_is_in_it(written, file):
    text = file.getvalue().decode()
    told = json.loads(text)
    for model, path in about_a_person():
        rows = told[str(model._meta.verbose_name_plural)]
        assert len(rows) == model.objects.filter(**{path: written.trainee.pk}).count(), model
    assert told["trainees"][0]["call sign"] == CALLED
    assert tuple(told["identities"][0][one] for one in ("family name", "given name")) == (FAMILY, GIVEN)
    assert told["attendance"][0]["attendance"] == "excused" and told["attendance"][0]["reason"] == REMARK
    assert told["records"][0]["result"] == "exemption" and told["records"][0]["from"] == "2023-08-10"
    assert told["places"][0]["entered by"] == "" and told["places"][0]["cohort"] == "TRD-C1"
    assert [one["why"] for one in told["history"][:1]] == [WHY]
    assert any("read the name of" in line for entry in told["history"] for line in entry["what"])


def test_no_column_of_a_row_hides_another(written, file):
    told = json.loads(file.getvalue())
    for model, _path in about_a_person():
        columns = [one for one in model._meta.concrete_fields if one.name not in {"search", "act"}]
        for row in told[str(model._meta.verbose_name_plural)]:
            assert len(set(row) - {"entered", "entered by"}) == len(columns), model


def test_nothing_of_anybody_else_is_in_it(written, send):
    text = send(at(written.second), reason=WHY).getvalue().decode()
    assert "R-2" in text and "R-1" not in text
    assert FAMILY not in text and CALLED not in text and REMARK not in text


def test_handing_out_is_a_reading_of_the_name_with_its_reason(written, file):
    act = Act.objects.get(kind="person.hand_out")
    assert (act.user, act.reason, act.scope) == (written.coordinator, WHY, written.program.pk)
    assert NameRead.objects.get(act=act).trainee == written.trainee


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_no_reason_no_file(reason, written, send):
    answer = send(at(written.trainee), reason=reason)
    assert answer.status_code == 422 and FAMILY not in answer.text
    assert not Act.objects.filter(kind="person.hand_out").exists()


def test_only_who_runs_every_program_of_the_person_is_given_it(written, client):
    f.EnrolmentFactory(trainee=written.trainee)
    words = {"key": uuid.uuid4(), "reason": WHY}
    for user in (written.coordinator, written.instructor, written.viewer):
        client.force_login(user)
        assert client.get(at(written.trainee)).status_code == client.post(at(written.trainee), words).status_code == 403
    client.force_login(f.UserFactory(is_superuser=True))
    assert client.post(at(written.trainee), words).status_code == 200


@pytest.mark.parametrize("modules", [2, 40])
def test_it_costs_the_same_for_any_number_of_records(modules, db):
    one = crowd(2, modules=modules)
    with CaptureQueriesContext(connection) as asked:
        told = held_about(one.trainees[0])
    assert len(told["records"]) >= modules / 2
    assert len(asked) == 27
