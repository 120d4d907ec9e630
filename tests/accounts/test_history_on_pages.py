"""A page tells its history once somebody asks for it, so pages cost the same however much was done."""

import pytest
from django.urls import reverse

from accounts.pages import NEWEST
from programs.models import Program
from tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(client):
    program = f.ProgramFactory(code="TRD")
    client.force_login(f.RoleFactory(program=program).user)
    return program


def change_often(program, times):
    for n in range(times):
        f.do(lambda act, n=n: Program.objects.filter(pk=program.pk).update(title=f"Title {n}"))


def test_it_is_offered_and_told_when_asked_for(program, client):
    change_often(program, 1)
    where = reverse("trainees:program_detail", args=["trd"])
    assert "Title 0”" not in client.get(where).text and "?history=newest" in client.get(where).text
    assert "to “Title 0”" in client.get(where, {"history": "newest"}).text


def test_the_rest_is_told_when_asked_for_all(program, client):
    change_often(program, NEWEST + 5)
    where = reverse("trainees:program_detail", args=["trd"])
    newest, everything = (client.get(where, {"history": asked}) for asked in ("newest", "all"))
    assert len(newest.context["history"]) == NEWEST and "Show all of it" in newest.text
    assert f"Title {NEWEST + 4}”" in newest.text and "to “Title 0”" not in newest.text  # the newest, not any
    assert len(everything.context["history"]) > NEWEST + 5 and "Show all of it" not in everything.text
    assert "to “Title 0”" in everything.text


def test_a_mark_that_was_changed_is_told_on_the_session_and_the_trainee(client):
    session = f.TrainingSessionFactory()
    place = f.EnrolmentFactory(cohort=session.cohort)
    client.force_login(f.RoleFactory(program=session.cohort.program).user)
    where = reverse("trainees:session_register", args=[session.pk])
    for status in ("present", "absent"):
        form = client.get(where).context["form"]
        sent = {name: form[name].value() or "" for name in form.fields} | {f"m{place.trainee.pk}": status}
        assert client.post(where, sent).status_code == 302
    for page in (session, place.trainee):
        assert "present to absent" in client.get(page.get_absolute_url(), {"history": "newest"}).text
        assert "present to absent" not in client.get(page.get_absolute_url()).text
