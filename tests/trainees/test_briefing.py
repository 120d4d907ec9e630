"""A briefing: one page for a cohort, one for a program, about the day that is asked."""

import datetime

import pytest
from django.urls import reverse

from tests import factories as f
from tests.trainees.test_bottom_line import one, planned  # noqa: F401  fixtures
from tests.trainees.test_overview import result, small, trainee  # noqa: F401  small is a fixture
from trainees.selectors.briefing import FEW


def page(client, about, **asked):
    name = "cohort_briefing" if hasattr(about, "starts_on") else "program_briefing"
    return client.get(reverse(f"trainees:{name}", args=[about.slug]), asked)


@pytest.fixture
def reader(planned, client):  # noqa: F811
    client.force_login(f.RoleFactory(program=planned.program, kind="viewer").user)
    return client


def test_the_gravest_stand_on_it_with_the_heaviest_reason_and_how_many_more(planned, reader):  # noqa: F811
    for n in range(FEW + 2):
        result(trainee(planned, f"X-{n}"), planned.first, "no_go", 10)
    found = page(reader, planned, as_of="2023-08-18")
    assert [case.person.roll_number for case in found.context["first"]] == [f"X-{n}" for n in range(FEW)]
    text = found.text
    assert text.count("No-go in Tactical maneuvers since 10 Aug</a>") == FEW + 1  # and once in the bottom line
    assert "and 1 more reason</a>" in text and "× " not in text
    assert f"X-{FEW}" not in text and f"{FEW + 2} trainees need attention" in text
    more = reverse("trainees:cohort_attention", args=[planned.slug])
    assert f'href="{more}?as_of=2023-08-18' in text and "#x-0" in text
    assert 'id="x-0"' in reader.get(more).text


def test_the_next_sessions_are_those_after_the_day_asked_about_as_known_then(planned, reader):  # noqa: F811
    [tenth, later] = planned.sessions.order_by("starts_at")

    def coming(**asked):
        return list(page(reader, planned, **asked).context["overview"].next_sessions)

    assert coming() == []
    assert coming(as_of="2023-08-09") == [tenth, later]
    assert coming(as_of="2023-08-10") == [later]
    f.do(
        lambda act: planned.sessions.filter(pk=later.pk).update(act=act, cancelled_at=act.at, cancelled_reason="rain"),
        scope=planned.program_id,
    )
    assert coming(as_of="2023-08-10") == []
    assert coming(as_of="2023-08-10", known="2023-08-20") == [later]  # nobody knew yet


def test_it_is_presented_without_what_one_works_with_and_left_again(planned, reader):  # noqa: F811
    where = reverse("trainees:cohort_briefing", args=[planned.slug])
    plain = page(reader, planned, as_of="2023-08-18").text
    assert '<main id="main" tabindex="-1" class="briefing">' in plain
    assert '<a class="btn primary" href="?as_of=2023-08-18&amp;present=1">Present</a>' in plain
    large = page(reader, planned, as_of="2023-08-18", present="1").text
    assert 'class="briefing present"' in large and '<a class="btn" href="?as_of=2023-08-18" data-leave>' in large
    assert reader.get(where, {"present": ""}).context["present"] is False


def test_without_a_curriculum_or_anybody_it_says_what_is_missing(planned, client):  # noqa: F811
    client.force_login(f.RoleFactory(program=planned.program).user)
    empty = f.CohortFactory(program=planned.program)
    assert "The cohort follows no curriculum on this day" in page(client, empty).text
    assert "Nobody is counted on this day." in page(client, planned, as_of="2023-08-01").text
    assert "There is nothing to brief on" in page(client, planned.program, as_of="2023-08-01").text
    assert "Enter a valid date" in page(client, planned.program, as_of="soon").text


def test_a_program_s_has_the_bands_of_every_module_beside_the_commander_s(one, client):  # noqa: F811
    client.force_login(one.viewer)
    found = page(client, one.program).context["briefing"]
    assert [entry.code for entry, _lines in found.bands] == [module.code for module in one.modules]
    assert [row.view.cohort.code for row in found.rows] == ["C1", "C2"]
    [rated, nowhere] = found.bands[0][1]
    assert (rated.rating.band, nowhere) == ("P", None)  # the other one follows no curriculum
    assert found.first and all(view.cohort in {row.view.cohort for row in found.rows} for view, _case in found.first)
    assert {session.starts_on for session in found.next_sessions} <= {datetime.date(2023, 8, day) for day in (21, 22)}
    assert len(found.next_sessions) == 2


def test_it_is_linked_from_the_pages_of_what_it_is_about(planned, reader):  # noqa: F811
    for about in (planned, planned.program):
        name = "cohort_briefing" if about is planned else "program_briefing"
        where = reverse(f"trainees:{name}", args=[about.slug])
        assert f'href="{where}?as_of=2023-08-18"' in reader.get(about.get_absolute_url(), {"as_of": "2023-08-18"}).text
