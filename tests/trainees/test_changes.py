"""What changed in a cohort since a day, and what is known now about that day: gained, lost, corrected, late."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from programs.access import EVERYBODY
from tests import factories as f
from tests.trainees.crowd import crowd
from tests.trainees.test_looking_back import august, mark, on, told  # noqa: F401  told is a fixture
from trainees.selectors.changed import changed
from trainees.selectors.progress import cohort_view

pytestmark = pytest.mark.django_db
COST = 17  # session, user, the look remembered and both answers among them


def between(told, since, as_of=31):  # noqa: F811
    """What changed since what was known on a day of August, up to another day as known today."""
    told.cohort.refresh_from_db()
    then = cohort_view(told.cohort, EVERYBODY, august(min(since, as_of)), august(since))
    return changed(then, cohort_view(told.cohort, EVERYBODY, august(as_of)))


def record(told, day, written, **more):  # noqa: F811
    """A result of the first trainee, assessed on one day and written down on another."""
    last = told.first.records.order_by("pk").last()
    with on(written):
        return f.RecordFactory(
            trainee=told.first, entry=told.entry, assessor=told.assessor, holds_from=august(day), previous=last, **more
        )


def lines(found):
    return [(one.kind, one.person.roll_number, one.entry.code, one.before, one.after) for one in found.changes]


def void(told, wrong, written):  # noqa: F811
    with on(written):
        return f.RecordFactory(
            trainee=told.first, entry=told.entry, kind="void", voids=wrong, previous=wrong, reason="typed for another",
            holds_from=wrong.holds_from,
        )  # fmt: skip


def test_what_was_gained_says_by_which_record_who_and_when(told, client):  # noqa: F811
    new = record(told, 10, 10)
    found = between(told, since=9)
    assert lines(found) == [("gained", told.first.roll_number, "MED", "not_started", "achieved")]
    assert found.changes[0].records == [new]
    assert lines(between(told, since=10)) == []
    client.force_login(told.user)
    page = client.get(reverse("trainees:cohort_changes", args=[told.cohort.slug]), {"since": "2023-08-09"})
    assert "Recorded GO, assessed on 10 Aug 2023, 10 Aug 2023, 12:00" in page.text


def test_what_ran_out_is_lost_without_any_record(told):  # noqa: F811
    record(told, 10, 10, holds_until=august(14))
    found = between(told, since=12)
    assert lines(found) == [("lost", told.first.roll_number, "MED", "achieved", "expired")]
    assert found.changes[0].records == []


def test_a_no_go_is_neither_gained_nor_lost(told):  # noqa: F811
    record(told, 10, 10, kind="no_go")
    assert lines(between(told, since=9)) == [("other", told.first.roll_number, "MED", "not_started", "no_go")]


def test_what_stood_then_and_was_declared_wrong_since_is_corrected_and_nothing_else(told):  # noqa: F811
    wrong = record(told, 10, 10)
    void(told, wrong, 20)
    assert lines(between(told, since=15)) == [("corrected", told.first.roll_number, "MED", "achieved", "not_started")]
    assert lines(between(told, since=9)) == []  # neither stood then


def test_a_correction_that_leaves_the_status_is_told_too(told):  # noqa: F811
    wrong = record(told, 10, 10)
    record(told, 11, 20, voids=wrong, reason="the other day")
    assert lines(between(told, since=15)) == [("corrected", told.first.roll_number, "MED", "achieved", "achieved")]


def test_the_same_day_then_and_now_differs_by_late_entries_alone_and_they_are_named(told):  # noqa: F811
    early = record(told, 10, 10, kind="no_go")
    late = record(told, 14, 20)
    record(told, 22, 22, kind="no_go")
    found = between(told, since=15, as_of=15)
    assert lines(found) == [("gained", told.first.roll_number, "MED", "no_go", "achieved")]
    assert found.changes[0].records == found.late.records == [late] and early not in found.late.records
    [coverage, *_others] = found.numbers
    assert coverage[1:] == ((0, 2), (1, 2))


def test_a_void_is_late_by_the_day_of_what_it_declares_wrong(told):  # noqa: F811
    wrong = record(told, 10, 10)
    voided = void(told, wrong, 20)
    assert between(told, since=15, as_of=15).late.records == [voided]
    assert between(told, since=9, as_of=9).late.records == []


def test_a_place_entered_late_and_whoever_is_no_longer_counted_are_told(told):  # noqa: F811
    with on(20):
        place = f.EnrolmentFactory(
            trainee=told.second, cohort=told.cohort, status="withdrawn", reason="knee", since=august(14),
            previous=told.second.enrolments.get(),
        )  # fmt: skip
    found = between(told, since=15, as_of=15)
    assert found.late.places == [place]
    [one] = found.counting
    assert (one.person.id, one.before, one.after) == (told.second.pk, "active", "withdrawn")
    assert between(told, since=10, as_of=10).late.places == []


def test_a_register_marked_and_closed_late_is_named_once_with_its_marks(told):  # noqa: F811
    with on(20):
        mark(told, first="present", second="absent")
    found = between(told, since=15, as_of=15)
    [late] = found.late.sessions
    assert (late.session, late.marks, late.closed, late.words) == (told.session, 2, True, "2 marks, register closed")
    assert ("other", told.first.roll_number, "MED", "not_started", "in_training") in lines(found)
    assert between(told, since=20, as_of=20).late.sessions == []
    assert between(told, since=7, as_of=7).late.sessions == []  # held on the 8th


def test_what_is_known_now_can_be_an_earlier_day_too(told, client):  # noqa: F811
    record(told, 10, 10)
    record(told, 12, 20, kind="no_go", recertification=True)
    client.force_login(told.user)
    where = reverse("trainees:cohort_changes", args=[told.cohort.slug])
    counts = [
        client.get(where, {"since": "2023-08-09", "known": known}).context["changed"].counts
        for known in ("2023-08-19", "2023-08-20")
    ]
    assert [(one["gained"], one["other"]) for one in counts] == [(1, 0), (0, 1)]


def test_the_chips_narrow_what_is_listed(told, client):  # noqa: F811
    record(told, 10, 10)
    client.force_login(told.user)
    where = reverse("trainees:cohort_changes", args=[told.cohort.slug])
    shown = [
        len(client.get(where, {"since": "2023-08-09", "show": show}).context["page"].object_list)
        for show in ("gained", "lost", "nonsense")
    ]
    assert shown == [1, 0, 1]


# ---- since one last looked


def test_it_begins_the_day_before_one_last_looked_each_for_themselves(told, client, time_machine):  # noqa: F811
    cache.clear()
    where = reverse("trainees:cohort_changes", args=[told.cohort.slug])

    def since(day):
        time_machine.move_to(datetime.datetime(2023, 8, day, 12, tzinfo=datetime.UTC))
        client.force_login(told.user)
        return client.get(where).context["since"]

    assert since(16) == august(9)  # a week before, for whoever looks for the first time
    assert since(16) == august(9)
    assert since(19) == august(15)
    assert since(19) == august(15)  # looking again on the same day takes nothing away
    assert since(25) == august(18)
    client.force_login(f.RoleFactory(program=told.program).user)
    assert client.get(where).context["looked"] is None


def test_a_day_that_nobody_can_read_or_that_is_to_come_breaks_nothing(told, client):  # noqa: F811
    client.force_login(told.user)
    where = reverse("trainees:cohort_changes", args=[told.cohort.slug])
    for since in ("x", "2023-02-30", "0001-01-01", "9999-12-31", "1900-01-01", "2199-12-31"):
        assert client.get(where, {"since": since}).status_code == 200
    assert "Enter a valid date" in client.get(where, {"since": "x"}).text


@pytest.mark.parametrize("trainees", [1, 30, 200])
def test_the_page_costs_the_same_for_any_number_of_trainees(trainees, client):
    cache.clear()
    one = crowd(trainees, modules=6)
    client.force_login(one.coordinator)
    where = reverse("trainees:cohort_changes", args=[one.cohort.slug])
    client.get(where)  # what is asked once in a process is asked here, and the look is remembered
    with CaptureQueriesContext(connection) as queries:
        page = client.get(where, {"since": "2023-08-09"})
    assert len(page.context["changed"].late) >= trainees
    assert len(queries) == COST
