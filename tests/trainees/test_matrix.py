"""The matrix of a cohort: what it shows, filters, and never lets through."""

import datetime
import re
import zoneinfo
from types import SimpleNamespace

import pytest
from django.urls import reverse

from accounts.acts import backdated
from tests import factories as f
from tests.trainees.crowd import crowd
from trainees import progress
from trainees.selectors.matrix import Filters, _cells
from trainees.words import flags_of

pytestmark = pytest.mark.django_db
EVIL = '<script>alert("x")</script>\'"&'
OSLO = zoneinfo.ZoneInfo("Europe/Oslo")


def at(day, hour=12):
    return datetime.datetime(2023, 8, day, hour, tzinfo=OSLO)


def page(client, cohort, query="", **headers):
    return client.get(reverse("trainees:cohort_progress", args=[cohort.slug]) + query, headers=headers)


def rolls(answer):
    return re.findall(r'<span class="roll">([^<]+)</span>', answer.text)


@pytest.fixture
def small(client):
    """Three trainees, two modules. ALFA (track MED, group A): GO and GO; BRAVO (ENG, B): NO-GO; CHARLIE: nothing."""
    with backdated(at(1)):
        program = f.ProgramFactory(code="TRD")
        med = f.TrackFactory(program=program, code="MED", title="Medics")
        eng = f.TrackFactory(program=program, code="ENG", title="Engineers")
        curriculum = f.CurriculumFactory(program=program)
        one = f.EntryFactory(curriculum=curriculum, position=1, module__code="ONE")
        two = f.EntryFactory(curriculum=curriculum, position=2, module__code="TWO")
        f.publish(curriculum)
        cohort = f.CohortFactory(program=program)
        f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
        groups = [f.GroupFactory(cohort=cohort, code=code) for code in "AB"]
        assessor = f.AssignmentFactory(program=program).instructor
    with backdated(at(7)):
        alfa, bravo, charlie = (
            f.EnrolmentFactory(
                cohort=cohort,
                trainee__roll_number=f"R-{n}",
                trainee__call_sign=call_sign,
                track=track,
                group=group,
            ).trainee
            for n, call_sign, track, group in (
                (1, "ZULU", med, groups[0]),
                (2, "YANKEE", eng, groups[1]),
                (3, "ALFA", None, None),
            )
        )
    with backdated(at(10, 18)):
        f.RecordFactory(trainee=alfa, entry=one, assessor=assessor)
        f.RecordFactory(trainee=bravo, entry=one, kind="no_go", assessor=assessor)
    with backdated(at(20)):  # written down late
        f.RecordFactory(trainee=alfa, entry=two, assessor=assessor)
    client.force_login(f.RoleFactory(program=program, kind="viewer").user)
    return SimpleNamespace(program=program, cohort=cohort, one=one, two=two, alfa=alfa, bravo=bravo, charlie=charlie)


def test_what_people_typed_is_text_and_never_markup(client):
    program = f.ProgramFactory()
    curriculum = f.CurriculumFactory(program=program)
    track = f.TrackFactory(program=program, title=EVIL)
    f.link_track(f.EntryFactory(curriculum=curriculum, module__title=EVIL), track)
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program, title=EVIL, location=EVIL)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    group = f.GroupFactory(cohort=cohort, title=EVIL)
    f.EnrolmentFactory(cohort=cohort, track=track, group=group, trainee__call_sign=EVIL[:40])
    client.force_login(f.RoleFactory(program=program).user)
    for query in ("", f"?track={track.code}", '?track="><script>', "?status=<script>", '?sort="><script>', '?as_of="<'):
        text = page(client, cohort, query).text
        assert "<script>alert" not in text and '"><script>' not in text
        assert EVIL not in text
    assert page(client, cohort).text.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;") >= 4


@pytest.mark.parametrize("query", ["", "?show=not_met", "?status=achieved", "?as_of=2023-08-12&known=2023-08-12"])
def test_the_legend_counts_every_cell_once(query, client):
    one = crowd(12, 9)
    client.force_login(one.coordinator)
    answer = page(client, one.cohort, query)
    matrix = answer.context["matrix"]
    assert sum(matrix.counts.values()) == matrix.cells
    if "status" not in query:
        assert matrix.cells == answer.text.count('<a class="s s-')
    assert (f"<b>{matrix.cells}</b>" in answer.text) == bool(matrix.cells)


def test_the_legend_counts_the_states_there_are(small, client):
    counts = page(client, small.cohort).context["matrix"].counts
    assert {state: n for state, n in counts.items() if n} == {"achieved": 2, "no_go": 1, "not_started": 3}


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["R-1", "R-2", "R-3"]),
        ("?status=achieved", ["R-1"]),
        ("?status=not_started", ["R-2", "R-3"]),
        ("?status=exempt", []),
        ("?track=MED", ["R-1"]),
        ("?track=NONE", []),
        ("?group=B", ["R-2"]),
        ("?show=met", ["R-1"]),
        ("?show=not_met", ["R-2", "R-3"]),
        ("?show=no_track", ["R-3"]),
        ("?show=completed", []),
        ("?sort=call_sign", ["R-3", "R-2", "R-1"]),
        ("?sort=most", ["R-1", "R-2", "R-3"]),
        ("?sort=fewest", ["R-2", "R-3", "R-1"]),
        ("?show=not_met&sort=call_sign&status=not_started", ["R-3", "R-2"]),
        ("?show=nonsense&sort=nonsense&status=nonsense", ["R-1", "R-2", "R-3"]),
    ],
)
def test_the_address_says_who_is_shown_and_in_which_order(query, shown, small, client):
    answer = page(client, small.cohort, query)
    assert answer.status_code == 200 and rolls(answer) == shown
    if not shown:
        assert "Nobody matches these filters" in answer.text


def test_cells_that_the_filter_does_not_want_are_dimmed(small, client):
    text = page(client, small.cohort, "?status=no_go").text
    assert text.count('class="s s-no_go" href') == 1 and text.count('class="s s-not_started off"') == 1


def test_htmx_gets_only_the_rows(small, client):
    whole, part = page(client, small.cohort), page(client, small.cohort, "?track=MED", **{"HX-Request": "true"})
    assert "<html" in whole.text and '<div id="rows">' in whole.text
    assert part.text.strip().startswith('<div id="rows">') and "<html" not in part.text
    assert rolls(part) == ["R-1"]
    for answer in (whole, part):
        assert "HX-Request" in answer.headers["Vary"] and "no-store" in answer.headers["Cache-Control"]


def test_a_boosted_link_and_a_restored_page_get_the_whole(small, client):
    for more in ("HX-Boosted", "HX-History-Restore-Request"):
        assert "<html" in page(client, small.cohort, **{"HX-Request": "true", more: "true"}).text


@pytest.mark.parametrize(
    ("query", "coverage"),
    [
        ("", (2, 6)),
        ("?as_of=2023-08-18&known=2023-08-18", (1, 6)),  # the second GO was of the 10th, but written on the 20th
        ("?as_of=2023-08-18", (2, 6)),
        ("?as_of=2023-08-09", (0, 6)),
        ("?as_of=2023-08-31&known=2023-08-09", (0, 6)),
        ("?as_of=2023-08-01", (0, 0)),  # nobody had a place yet
    ],
)
def test_the_two_dates_decide_what_counts(query, coverage, small, client):
    answer = page(client, small.cohort, query)
    assert answer.context["p"].coverage == coverage
    if coverage[1]:
        assert "<small>{}/{}</small></a></td>".format(*coverage) in answer.text


def test_links_from_the_matrix_keep_the_dates(small, client):
    text = page(client, small.cohort, "?as_of=2023-08-18&known=2023-08-18").text
    cell = re.search(r'<a class="s s-[^>]* href="([^"]+)"', text)[1].replace("&amp;", "&")
    assert cell.endswith("?as_of=2023-08-18&known=2023-08-18")
    assert "18 Aug 2023" in client.get(cell).text


@pytest.mark.parametrize("date", ["yesterday", "2023-02-30", "0000-01-01", "10000-01-01", "'", "%00", "0001-01-01"])
@pytest.mark.parametrize("name", ["as_of", "known"])
def test_a_date_that_makes_no_sense_is_told(name, date, small, client):
    answer = page(client, small.cohort, f"?{name}={date}")
    assert answer.status_code == 200
    if date != "0001-01-01":
        assert "Enter a valid date." in answer.text or "Null characters" in answer.text
        assert answer.context["p"].coverage == (2, 6)


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", ["as_of", "known"])
def test_the_furthest_days_break_no_page(name, date, small, client):
    trainee = small.alfa.uuid
    pages = [
        *(f"cohort_{tab}" for tab in ("detail", "progress", "roster", "closing")),
        "session_list",
        "home",
    ]
    addresses = [reverse(f"trainees:{one}", args=[] if one == "home" else [small.cohort.slug]) for one in pages]
    addresses += [
        reverse("trainees:trainee_detail", args=[trainee]),
        reverse("trainees:cell", args=[trainee, small.program.slug, small.one.module.code]),
    ]
    got = {address: client.get(address, {name: date}).status_code for address in addresses}
    assert set(got.values()) == {200}
    module = reverse("trainees:cohort_module", args=[small.cohort.slug, small.one.module.code])
    assert client.get(module, {name: date}).status_code in {200, 404}  # the cohort followed no curriculum yet


def test_a_cell_carries_one_flag_the_gravest():
    standing = progress.Standing(
        1, progress.Need.REQUIRED, progress.Status.IN_TRAINING, blocked_by=(2,), outstanding_in=(3,)
    )
    assert flags_of(standing) == ["outstanding", "blocked"]
    column = SimpleNamespace(entry=SimpleNamespace(module=1, code="ONE", required=True))
    one = SimpleNamespace(standings={1: standing})
    labels = {"in_training": "In training", "outstanding": "record outstanding", "blocked": "blocked"}
    cell = _cells(one, [column], {1: ("in_training", flags_of(standing))}, "/", "", labels, Filters())
    assert cell.count('class="flag"') == 1 and "#i-blocked" in cell
    assert 'aria-label="In training, record outstanding, blocked"' in cell


def test_filters_that_leave_rows_out_are_told_and_can_be_taken_away(small, client):
    answer = page(client, small.cohort, "?track=MED&show=met&sort=most")
    assert [words for words, _without in answer.context["chosen"]] == ["Medics", "Meet all requirements"]
    left = dict(answer.context["chosen"])["Medics"]
    assert "track" not in left and "show=met" in left and "sort=most" in left


def test_every_number_leads_to_what_makes_it(small, client):
    text = page(client, small.cohort).text
    assert f"/cohorts/{small.cohort.slug}/modules/ONE/" in text and "#who" in text
    assert f'<td class="total"><a href="/trainees/{small.alfa.uuid}/"' in text


@pytest.mark.parametrize("name", ["cohort_detail", "cohort_progress", "cohort_roster", "cohort_closing", "cohort_roll"])
def test_every_page_of_a_cohort_is_printed_with_the_time_of_its_program(name, small, client):
    text = client.get(reverse(f"trainees:{name}", args=[small.cohort.slug])).text
    assert re.search(r"printed by .* CES?T", text)
