"""A page tells its history once somebody asks for it, so pages cost the same however much was done."""

from types import SimpleNamespace

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


def lines(answer):
    return answer.getvalue().decode().splitlines()


def test_as_a_file_it_is_told_whole(program, client):
    change_often(program, NEWEST + 5)
    where = reverse("trainees:program_detail", args=["trd"])
    page = client.get(where, {"history": "newest"})
    assert "?table=history&amp;format=csv" in page.text
    answer = client.get(where, {"table": "history", "format": "csv"})
    told = lines(answer)
    assert (
        "history-program-" in answer["Content-Disposition"]
        and told[0] == f"\ufeff# Muster: History of TRD Title {NEWEST + 4}"
    )
    assert told[4] == "at,who,thing,what,why" and len([line for line in told if "changed title" in line]) == NEWEST + 5
    assert client.get(where, {"format": "csv"})["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "where",
    [
        lambda one: reverse("trainees:cohort_detail", args=[one.cohort.slug]),
        lambda one: reverse("trainees:session_detail", args=[one.session.pk]),
        lambda one: one.place.trainee.get_absolute_url(),
        lambda one: one.module.get_absolute_url(),
        lambda one: one.instructor.get_absolute_url(),
        lambda one: one.curriculum.get_absolute_url(),
    ],
)
def test_every_page_with_a_history_gives_it_as_a_file(where, program, client):
    cohort = f.CohortFactory(program=program)
    session = f.TrainingSessionFactory(cohort=cohort)
    one = SimpleNamespace(
        cohort=cohort,
        session=session,
        module=session.module,
        place=f.EnrolmentFactory(cohort=cohort, program=program),
        instructor=f.AssignmentFactory(program=program).instructor,
        curriculum=f.CurriculumFactory(program=program),
    )
    told = lines(client.get(where(one), {"table": "history", "format": "csv"}))
    assert told[4] == "at,who,thing,what,why" and len(told) > 5
