"""Names through the pages: kept apart, read one by one, with a reason, by coordinators; in no list, title or address."""

import pytest
from django.urls import reverse

from accounts.acts import add
from accounts.models import Act, Change
from tests import factories as f
from trainees.models import Identity, NameRead

FAMILY, GIVEN = "Kovalenko", "Oksana"


@pytest.fixture
def named(course, client):
    f.do(lambda act: add(Identity(trainee=course.trainee, family_name=FAMILY, given_name=GIVEN), act))
    client.force_login(course.coordinator)
    return course.trainee


def at(name, trainee):
    return reverse(f"trainees:{name}", args=[trainee.uuid])


def test_a_name_is_shown_once_to_a_coordinator_who_says_why(named, course, send, client):
    assert FAMILY not in client.get(at("trainee_name", named)).text
    answer = send(at("trainee_name", named), reason="diploma")
    assert answer.status_code == 200 and f"{FAMILY} {GIVEN}" in answer.text
    title = answer.text.partition("<title>")[2].partition("</title>")[0]
    assert FAMILY not in title and FAMILY not in answer.request["PATH_INFO"] + answer.request["QUERY_STRING"]
    assert "no-store" in answer.headers["Cache-Control"]
    read = NameRead.objects.get()
    assert (read.trainee, read.act.user, read.act.reason) == (named, course.coordinator, "diploma")
    assert read.act.scope == course.program.pk
    assert FAMILY not in client.get(at("trainee_name", named)).text
    assert "diploma" in client.get(named.get_absolute_url(), {"history": "newest"}).text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_no_reason_no_name(reason, named, send):
    answer = send(at("trainee_name", named), reason=reason)
    assert answer.status_code == 422 and FAMILY not in answer.text and not NameRead.objects.exists()


@pytest.mark.parametrize("who", ["instructor", "viewer"])
def test_only_a_coordinator_reads_or_writes_names(who, named, course, client):
    client.force_login(getattr(course, who))
    key = {"key": "3a3c9d0e-0000-4000-8000-000000000001"}
    for name, words in (("trainee_name", {"reason": "curious"}), ("name_edit", {"family_name": "X"})):
        assert client.get(at(name, named)).status_code == 403
        assert client.post(at(name, named), key | words).status_code == 403
    assert not NameRead.objects.exists() and Identity.objects.count() == 1
    text = client.get(named.get_absolute_url()).text
    assert at("trainee_name", named) not in text and at("name_edit", named) not in text


def test_a_coordinator_of_another_program_does_not_learn_of_the_trainee(named, client):
    client.force_login(f.RoleFactory().user)
    for name in ("trainee_name", "name_edit"):
        assert client.get(at(name, named)).status_code == 404
        assert client.post(at(name, named), {"reason": "x"}).status_code == 404


def test_the_name_stands_on_no_page(named, course, client):
    cohort = [course.cohort.slug]
    pages = [
        *(reverse(f"trainees:{one}") for one in ("home", "cohort_list", "trainee_list")),
        *(
            reverse(f"trainees:cohort_{one}", args=cohort)
            for one in ("detail", "progress", "roster", "closing", "roll")
        ),
        named.get_absolute_url(),
        *(at(name, named) for name in ("trainee_edit", "trainee_name", "name_edit")),
        reverse("trainees:cell", args=[named.uuid, course.program.slug, course.module.code]),
        course.session.get_absolute_url(),
        reverse("trainees:session_register", args=[course.session.pk]),
        course.program.get_absolute_url(),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200 and FAMILY not in answer.text and GIVEN not in answer.text, page


@pytest.mark.parametrize("words", [FAMILY, FAMILY.lower(), GIVEN])
def test_nobody_is_found_by_name(words, named, client):
    answer = client.get(reverse("trainees:trainee_list"), {"q": words})
    assert not answer.context["rows"]


def test_a_name_is_entered_without_showing_the_old_one_and_the_newest_counts(named, course, send, client):
    answer = send(at("name_edit", named), family_name="Shevchenko", given_name="Olena")
    assert answer.url == named.get_absolute_url()
    text = client.get(answer.url).text
    assert "Shevchenko" not in text and FAMILY not in text
    assert "Shevchenko Olena" in send(at("trainee_name", named), reason="diploma").text


def test_the_trail_says_that_a_name_changed_and_never_what_it_is(named, send):
    send(at("name_edit", named), family_name="Shevchenko", given_name="Olena")
    told = [*Change.objects.values_list("before", "after"), *Act.objects.values_list("digest", "reason", "kind")]
    for name in (FAMILY, GIVEN, "Shevchenko", "Olena"):
        assert name not in str(told)


def test_somebody_without_a_name_is_told_so(course, client, send):
    client.force_login(course.coordinator)
    assert "No name has been entered." in send(at("trainee_name", course.second), reason="diploma").text
