"""A program's page: its cohorts side by side, on the dates in the address."""

import datetime

from tests import factories as f


def test_cohorts_stand_side_by_side_with_their_own_numbers(course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    client.force_login(course.viewer)
    text = client.get("/programs/trd/").text
    assert text.count('<th scope="row"><a href="/cohorts/trd-c') == 2
    assert "1 of 2 (50" in text and "0 of 0 (" not in text


def test_the_dates_in_the_address_hold_for_every_cohort_and_are_carried_on(course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    client.force_login(course.viewer)
    page = client.get("/programs/trd/?as_of=2023-08-09")
    assert "1 of 2 (50" not in page.text and "0 of 2 (0" in page.text
    assert "/cohorts/trd-c1/?as_of=2023-08-09" in page.text
    assert {view.moment.as_of for view in page.context["views"]} == {datetime.date(2023, 8, 9)}


def test_what_was_not_recorded_by_then_does_not_count(course, client):
    f.RecordFactory(trainee=course.trainee, entry=course.entry, assessor=course.assessor)
    client.force_login(course.viewer)
    page = client.get("/programs/trd/?known=2023-08-20")
    assert "1 of 2 (50" not in page.text and "as known on" in page.text


def test_a_date_nobody_can_read_is_told(course, client):
    client.force_login(course.viewer)
    assert "Enter a valid date" in client.get("/programs/trd/?as_of=soon").text


def test_what_cannot_be_done_is_not_offered(course, client):
    client.force_login(course.viewer)
    assert "New cohort" not in client.get("/programs/trd/").text
    client.force_login(course.coordinator)
    assert "New cohort" in client.get("/programs/trd/").text


def test_a_new_program_says_what_comes_first(client, db):
    program = f.ProgramFactory(code="FRESH")
    client.force_login(f.RoleFactory(program=program).user)

    address = program.get_absolute_url()

    def steps():
        return [(one["done"], "next" in one) for one in client.get(address).context["steps"]]

    assert steps() == [(False, True), (False, False), (False, False)]
    curriculum = f.EntryFactory(curriculum__program=program).curriculum
    assert curriculum.get_absolute_url() in client.get(address).text  # the draft is what to go on with
    f.publish(curriculum)
    assert steps() == [(True, False), (False, True), (False, False)]
    f.AssignmentFactory(program=program)
    assert steps() == [(True, False), (True, False), (False, True)]
    f.CohortFactory(program=program)
    assert steps() == [] and "What comes first" not in client.get(address).text
