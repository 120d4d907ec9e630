"""One reason opens the names of a roster for 15 minutes, to whoever gave it, each name noted as read."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.acts import add
from accounts.models import Act
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees.models import Completion, Identity, NameRead
from trainees.selectors.names import names_shown

FAMILY, GIVEN = "Шевченко", "Оксана"
WHY = "Travel papers"


def give_name(trainee, family=FAMILY, given=GIVEN):
    f.do(lambda act: add(Identity(trainee=trainee, family_name=family, given_name=given), act))


def at(name, cohort):
    return reverse(f"trainees:{name}", args=[cohort.slug])


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to("2023-08-20 10:00Z", tick=False)


@pytest.fixture
def named(course, client):
    give_name(course.trainee)
    client.force_login(course.coordinator)
    return course


@pytest.fixture
def opened(named, send):
    answer = send(at("cohort_names", named.cohort), reason=WHY)
    assert (answer.status_code, answer.url) == (302, at("cohort_roster", named.cohort))
    return named


def title(page):
    return page.text.partition("<title>")[2].partition("</title>")[0]


def test_one_reason_shows_the_names_of_a_roster_and_each_is_noted(opened, client):
    page = client.get(at("cohort_roster", opened.cohort))
    assert f"{FAMILY} {GIVEN}" in page.text
    act = Act.objects.get(kind="name.read")
    assert (act.user, act.reason, act.scope) == (opened.coordinator, WHY, opened.program.pk)
    assert set(act.changes.values_list("table", flat=True)) == {"trainees_nameread"}
    assert set(NameRead.objects.values_list("trainee", "act")) == {
        (one.pk, act.pk) for one in (opened.trainee, opened.second)
    }
    told = client.get(opened.trainee.get_absolute_url(), {"history": "newest"}).text
    assert WHY in told and "read the name of" in told and FAMILY not in told


def test_names_that_are_shown_say_who_opened_them_when_and_why_and_until_when_also_in_print(opened, client):
    page = client.get(at("cohort_roster", opened.cohort)).text
    heading = page.partition('<div class="notice names">')[2].partition("</p>")[0]
    assert "opened by coordinator at 12:00, shown until 12:15" in heading and WHY in heading


def test_a_page_with_names_is_kept_nowhere_and_named_by_no_name(opened, client):
    for name in ("cohort_roster", "cohort_roll"):
        page = client.get(at(name, opened.cohort))
        assert "no-store" in page["Cache-Control"] and "X-Muster-Keep" not in page
        assert FAMILY not in title(page) and page["Refresh"] == "901"
    assert FAMILY not in "".join(f"{name}{value}" for name, value in client.cookies.items())


def test_without_a_reason_given_no_page_shows_or_prints_a_name(named, client):
    for name in ("cohort_roster", "cohort_roll"):
        page = client.get(at(name, named.cohort))
        assert FAMILY not in page.text and "Refresh" not in page and "Show names" in page.text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_no_reason_no_names(reason, named, send, client):
    assert send(at("cohort_names", named.cohort), reason=reason).status_code == 422
    assert FAMILY not in client.get(at("cohort_roster", named.cohort)).text and not NameRead.objects.exists()


def test_after_fifteen_minutes_the_names_are_gone(opened, client, time_machine):
    time_machine.move_to("2023-08-20 10:14:59Z", tick=False)
    page = client.get(at("cohort_roster", opened.cohort))
    assert FAMILY in page.text and page["Refresh"] == "2"
    time_machine.move_to("2023-08-20 10:15:00Z", tick=False)
    page = client.get(at("cohort_roster", opened.cohort))
    assert FAMILY not in page.text and "Refresh" not in page


def test_hiding_ends_it_at_once(opened, client):
    where = at("cohort_names_hide", opened.cohort)
    assert client.post(where, {"key": uuid.uuid4()}).url == at("cohort_roster", opened.cohort)
    assert FAMILY not in client.get(at("cohort_roster", opened.cohort)).text


def test_signing_out_ends_it_and_signing_in_again_does_not_bring_it_back(opened, client):
    client.logout()
    client.force_login(opened.coordinator)
    assert FAMILY not in client.get(at("cohort_roster", opened.cohort)).text


def test_nobody_else_sees_them_and_no_other_roster_shows_them(opened, client):
    f.EnrolmentFactory(cohort=opened.other, program=opened.program)
    assert FAMILY not in client.get(at("cohort_roster", opened.other)).text
    for user in (opened.viewer, opened.instructor, f.UserFactory(is_superuser=True)):
        client.force_login(user)
        assert FAMILY not in client.get(at("cohort_roster", opened.cohort)).text


def test_whoever_does_not_run_the_program_any_more_sees_them_no_longer(opened, client):
    f.do(lambda act: opened.coordinator.roles.update(kind="viewer", act=act))
    page = client.get(at("cohort_roster", opened.cohort))
    assert page.status_code == 200 and FAMILY not in page.text


def test_who_is_added_meanwhile_is_not_shown_without_being_noted(named, client, send):
    late = f.TraineeFactory()
    give_name(late, "Kovalenko")
    send(at("cohort_names", named.cohort), reason=WHY)
    f.EnrolmentFactory(cohort=named.cohort, trainee=late)
    page = client.get(at("cohort_roster", named.cohort)).text
    assert "Kovalenko" not in page and FAMILY in page
    send(at("cohort_names", named.cohort), reason=WHY)
    assert "Kovalenko" in client.get(at("cohort_roster", named.cohort)).text
    assert NameRead.objects.filter(trainee=late).count() == 1


def test_an_act_shows_names_only_to_whoever_did_it(opened):
    act = Act.objects.get(kind="name.read")
    assert names_shown(opened.coordinator, act.pk).names == {opened.trainee.pk: f"{FAMILY} {GIVEN}"}
    assert names_shown(f.UserFactory(is_superuser=True), act.pk) is None


def test_a_name_corrected_meanwhile_is_not_shown_without_being_noted(opened, client):
    give_name(opened.trainee, "Kovalenko")
    assert "Kovalenko" not in client.get(at("cohort_roster", opened.cohort)).text


def test_only_names_that_the_person_may_read_are_opened(named, client, send):
    """A place entered by mistake gives no right to the name of somebody who has another one elsewhere."""
    stranger = f.EnrolmentFactory().trainee
    give_name(stranger, "Kovalenko")
    entry = f.EnrolmentFactory(cohort=named.cohort, trainee=stranger)
    f.EnrolmentFactory(
        cohort=named.cohort, trainee=stranger, previous=entry, voids=entry, status="void", correction="Somebody else"
    )
    send(at("cohort_names", named.cohort), reason=WHY)
    assert "Kovalenko" not in client.get(at("cohort_roster", named.cohort)).text
    assert not NameRead.objects.filter(trainee=stranger).exists()


def test_the_form_sent_twice_is_one_reading(named, client, fill):
    where = at("cohort_names", named.cohort)
    words = fill(where, reason=WHY)
    for _time in range(2):
        assert client.post(where, words).status_code == 302
    assert NameRead.objects.count() == 2 and Act.objects.filter(kind="name.read").count() == 1


def test_the_same_form_sent_later_opens_nothing(named, client, fill, time_machine):
    where = at("cohort_names", named.cohort)
    words = fill(where, reason=WHY)
    client.post(where, words)
    time_machine.move_to("2023-08-20 10:20Z", tick=False)
    assert client.post(where, words).status_code == 409
    assert FAMILY not in client.get(at("cohort_roster", named.cohort)).text


def test_the_completion_roll_shows_codes_and_with_a_reason_names(named, client, send):
    snapshot = {"modules": [], "satisfied": 1, "required": 1, "attended": [0, 0], "expected": 0}
    completion = Completion(
        trainee=named.trainee,
        program=named.program,
        cohort=named.cohort,
        completed_on=named.cohort.starts_on,
        snapshot=snapshot,
    )
    f.do(lambda act: add(completion, act))
    roll = at("cohort_roll", named.cohort)
    assert FAMILY not in client.get(roll).text
    answer = send(f"{at('cohort_names', named.cohort)}?on=roll", reason="Diplomas")
    assert answer.url == roll
    page = client.get(roll).text
    assert FAMILY in page and "Diplomas" in page


def test_no_other_page_shows_names_that_are_open(opened, client):
    cohort = [opened.cohort.slug]
    pages = [
        *(reverse(f"trainees:{one}") for one in ("home", "cohort_list", "trainee_list", "sheet_list")),
        *(
            reverse(f"trainees:cohort_{one}", args=cohort)
            for one in ("detail", "progress", "closing", "excusals", "strength", "record", "board", "names")
        ),
        opened.trainee.get_absolute_url(),
        reverse("trainees:session_register", args=[opened.session.pk]),
        reverse("trainees:session_detail", args=[opened.session.pk]),
    ]
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200 and FAMILY not in answer.text, page


COSTS = {"closed": 4, "open": 6, "asking": 12}  # session and user among them; BEGIN and COMMIT too


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_names_cost_the_same_for_any_number_of_trainees(trainees, client, fill):
    one = crowd(trainees, modules=2)
    f.do(
        lambda act: Identity.objects.bulk_create(
            Identity(act=act, trainee=who, family_name=f"{FAMILY}{n}") for n, who in enumerate(one.trainees)
        )
    )
    client.force_login(one.coordinator)
    roster, names = at("cohort_roster", one.cohort), at("cohort_names", one.cohort)
    client.get(roster)
    got = {}

    def count(what, ask):
        with CaptureQueriesContext(connection) as asked:
            answer = ask()
        got[what] = len(asked)
        return answer

    count("closed", lambda: client.get(roster))
    words = fill(names, reason=WHY)
    count("asking", lambda: client.post(names, words))
    page = count("open", lambda: client.get(roster))
    assert page.text.count(f"{FAMILY}") == trainees
    assert got == COSTS
