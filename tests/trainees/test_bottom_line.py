"""Bottom line up front: what it says, worked by hand; each number leads to a page that lists exactly so many."""

import datetime
import re
from html import unescape

import pytest
import time_machine
from django.urls import reverse

from accounts.acts import add
from programs.access import EVERYBODY
from tests import factories as f
from tests.canaries import NOW, course_of, crowd_of
from tests.trainees.test_overview import result, small, trainee  # noqa: F401  small is a fixture
from trainees.models import CommanderRating
from trainees.selectors.bottom_line import Piece, Verdict, bottom_line_of, told
from trainees.selectors.overview import overview_of
from trainees.selectors.progress import cohort_view

DAY = datetime.date(2023, 8, 18)


def session(cohort, entry, day, **more):
    starts = datetime.datetime(2023, 8, day, 8, tzinfo=datetime.UTC)
    more = {"ends_at": starts + datetime.timedelta(hours=2)} | more
    return f.TrainingSessionFactory(cohort=cohort, module=entry.module, starts_at=starts, **more)


def line(cohort, day=DAY, known=None):
    return bottom_line_of(cohort_view(cohort, EVERYBODY, day, known))


@pytest.fixture
def planned(small):  # noqa: F811
    """The first module's only session is on 10 August, the second's on the 25th; two trainees."""
    session(small, small.first, 10)
    session(small, small.second, 25)
    small.one, small.two = trainee(small, "R-1"), trainee(small, "R-2")
    return small


def test_on_course_is_who_has_met_all_that_was_due_by_the_plan(planned):
    found = line(planned, datetime.date(2023, 8, 9))
    assert (found.verdict, found.word) == (Verdict.ON_COURSE, "On course")
    assert "Nothing is due by the plan yet. 0 of 2 meet all requirements." in found.text
    result(planned.one, planned.first, "go", 10)
    result(planned.two, planned.first, "go", 10)
    found = line(planned)
    assert found.verdict is Verdict.ON_COURSE
    assert "All that was due by the plan is met. 0 of 2 meet all requirements. 2 lack a single module." in found.text


def test_not_on_course_says_who_lacks_what_since_when_and_who_may_only_lack_a_record(planned):
    result(planned.one, planned.first, "no_go", 10)
    found = line(planned)
    assert (found.verdict, found.word) == (Verdict.NOT_ON_COURSE, "Not on course")
    text = found.text
    assert text.startswith("Cohort TRD-COHORT") and "as of 18 Aug 2023, as known on " in text
    assert (
        ": Not on course. 2 of 2 trainees lack what was due by the plan, the longest since 10 Aug, most often TAC-1."
        in text
    )
    assert "2 of these may only lack records." in text  # the register is open
    assert "1 trainee needs attention, R-1 SOKIL: No-go in Tactical maneuvers since 10 Aug." in text
    assert text.endswith("Not recorded: 1 register.")
    [held] = planned.sessions.filter(starts_at__day=10)
    f.do(lambda act: type(held).objects.filter(pk=held.pk).update(act=act, register_closed_at=act.at))
    assert "may only lack" not in line(planned).text
    assert line(planned).text.endswith("All registers and results are recorded.")


def test_whether_they_can_still_finish_is_told_up_to_the_last_day(planned):
    result(planned.one, planned.first, "go", 10)
    session(planned, planned.second, 26, kind="assessment")
    last = f"{planned.ends_on:%-d} Aug 2023"
    text = overview_of(cohort_view(planned, EVERYBODY, DAY)).headline.text
    assert f"By {last}: 1 can finish as planned, 1 needs an extra session." in text
    assert "By " not in overview_of(cohort_view(planned, EVERYBODY, datetime.date(2023, 12, 1))).headline.text


def test_one_who_lacks_something_is_told_in_the_singular(planned):
    result(planned.one, planned.first, "go", 10)
    assert "1 of 2 trainees lacks what was due by the plan, since 10 Aug: TAC-1." in line(planned).text


def test_the_pages_behind_it_list_those_and_nobody_else(planned, client):
    done = trainee(planned, "R-3")
    result(planned.one, planned.first, "go", 10)
    for entry in (planned.first, planned.second):
        result(done, entry, "go", 10)
    client.force_login(f.RoleFactory(program=planned.program, kind="viewer").user)

    def shown(show):
        page = client.get(
            reverse("trainees:cohort_progress", args=[planned.slug]), {"as_of": "2023-08-18", "show": show}
        )
        return [row.person.roll_number for row in page.context["matrix"].rows]

    assert shown("overdue") == shown("unrecorded") == ["R-2"]
    assert (shown("one_short"), shown("met"), shown("not_met")) == (["R-1"], ["R-3"], ["R-1", "R-2"])
    assert "1 of 3 trainees lacks" in line(planned).text and "1 lacks a single module" in line(planned).text


def test_over_not_begun_and_with_nobody_it_says_so(planned):
    over = bottom_line_of(cohort_view(planned, EVERYBODY))
    assert (over.verdict, over.word) == (Verdict.QUIET, "Over")
    assert "0 of 2 met all requirements." in over.text and "due by the plan" not in over.text
    for one in (planned.one, planned.two):
        result(one, planned.first, "go", 10)
        result(one, planned.second, "go", 25)
    assert "All 2 met all requirements." in bottom_line_of(cohort_view(planned, EVERYBODY)).text
    assert line(planned, datetime.date(2023, 8, 1)).word == "Nothing to tell yet"
    assert "follows no curriculum yet" in line(f.CohortFactory(program=planned.program)).text
    early = f.EnrolmentFactory(cohort=planned, since=datetime.date(2023, 8, 1))
    assert early and line(planned, datetime.date(2023, 8, 2)).word == "Not begun"


def test_the_commander_is_named_where_they_judge_otherwise(planned, client):
    def rate(entry, band):
        rating = CommanderRating(
            cohort=planned, module=entry.module, band=band, rated_by="Major", rated_on=datetime.date(2023, 8, 17)
        )
        f.do(lambda act: add(rating, act), scope=planned.program_id)

    client.force_login(f.RoleFactory(program=planned.program, kind="viewer").user)
    where = reverse("trainees:cohort_briefing", args=[planned.slug])
    rate(planned.first, "U")  # as computed
    assert "rates otherwise" not in client.get(where, {"as_of": "2023-08-18"}).context["overview"].headline.text
    rate(planned.second, "P")
    text = client.get(where, {"as_of": "2023-08-18"}).context["overview"].headline.text
    assert text.endswith("The commander rates otherwise: SIM-1 P (computed U).")
    assert "rates otherwise" not in client.get(where, {"as_of": "2023-08-16"}).context["overview"].headline.text


def test_translators_may_order_a_sentence_anew():
    number = Piece("2", "/there/", 2)
    assert told("{who}: {number}!", number=number, who="R-1") == [Piece("R-1"), Piece(": "), number, Piece("!")]
    assert told("{text}", text="{number} 100 %") == [Piece("{number} 100 %")]  # what people wrote is no pattern


# ---- every number opens


@pytest.fixture
def one(db):
    """A program in the middle of its course, twelve trainees of two nations with everything that can be about them."""
    with time_machine.travel(NOW - datetime.timedelta(days=4), tick=False) as clock:
        one = course_of("Plain", "TRD")
        crowd_of(one, "OURS", "Ukraine")
        crowd_of(one, "THEIRS", "Elsewhere", start=6)
        clock.move_to(NOW)
        off = {"cancelled_reason": "no range"}  # so what it was to teach was due before
        f.do(lambda act: one.cohort.sessions.filter(pk=one.sessions[4].pk).update(act=act, cancelled_at=act.at, **off))
        one.viewer = f.RoleFactory(program=one.program, kind="viewer", user__username="whole").user
        one.limited = f.RoleFactory(program=one.program, kind="viewer", nation="Ukraine", user__username="limited").user
        yield one


def listed(page):
    """How many the page behind a number lists."""
    name = page.resolver_match.url_name
    return {
        "cohort_progress": lambda it: len(it["matrix"].rows),
        "cohort_attention": lambda it: len(it["attention"].cases),
        "session_list": lambda it: len(it["page"].paginator.object_list),
        "cohort_finish": lambda it: len(it["endings"]),
        "program_attention": lambda it: len(it["cases"]),
        "program_briefing": lambda it: sum(row.counts for row in it["briefing"].rows),
    }[name](page.context)


DAYS = ["", "?as_of=2023-08-12&known=2023-08-13", "?as_of=2023-08-09", "?as_of=2023-08-20&known=2023-08-18"]


@pytest.mark.parametrize("who", ["viewer", "limited"])
def test_every_number_leads_to_a_page_that_lists_so_many(who, one, client):
    client.force_login(getattr(one, who))
    followed = set()
    for asked in DAYS:
        lines = [client.get(one.cohort.get_absolute_url() + asked).context["overview"].headline]
        page = client.get(reverse("trainees:program_briefing", args=[one.program.slug]) + asked)
        lines.append(page.context["briefing"].line)
        for found in lines:
            for sentence in found.sentences:
                for piece in sentence:
                    plain = re.sub(r"\d+ [A-Z][a-z]{2}( \d{4})?", "", piece.text)
                    assert piece.link or not re.search(r"\d", plain), piece
                    if not piece.link:
                        continue
                    there = client.get(piece.link)
                    assert there.status_code == 200, piece
                    if piece.rows is not None:
                        followed.add(there.resolver_match.url_name + re.sub(r".*(&\w+=\w+).*|.*", r"\1", piece.link))
                        assert listed(there) == piece.rows, (asked, piece)
                        if "result" not in piece.text:
                            assert int(re.search(r"\d+", piece.text)[0]) == piece.rows
                    if "result" in piece.text and piece.rows is not None:
                        missing = sum(len(numbers.results_missing) for _one, numbers in there.context["rows"])
                        assert int(re.search(r"\d+", piece.text)[0]) == missing
    shows = {
        "cohort_progress&show=met",
        "cohort_progress&show=overdue",
        "session_list&state=open",
        "session_list&state=results",
    }
    assert shows <= followed and any(one.startswith("cohort_attention") for one in followed)


def test_a_program_s_numbers_are_the_sums_of_its_running_cohorts(one, client):
    second = f.CohortFactory(program=one.program, code="C9", starts_on=datetime.date(2023, 8, 1))
    f.CohortCurriculumFactory(cohort=second, curriculum=one.entries[0].curriculum)
    f.EnrolmentFactory(cohort=second)
    drill = f.CohortFactory(program=one.program, code="DRILL", practice=True)
    f.CohortCurriculumFactory(cohort=drill, curriculum=one.entries[0].curriculum)
    f.EnrolmentFactory(cohort=drill)
    client.force_login(one.viewer)
    found = client.get(reverse("trainees:program_briefing", args=[one.program.slug])).context["briefing"]
    assert {row.view.cohort.code: row.counts for row in found.rows} == {
        "C1": True,
        "C2": True,
        "C9": True,
        "DRILL": False,
    }
    counts = [row for row in found.rows if row.counts]
    counted = sum(len(row.view.progress.counted) for row in counts)
    overdue = sum(len(row.view.overdue) for row in counts)
    text = found.line.text
    assert "3 cohorts are running." in text
    assert f"{overdue} of {counted} trainees lack what was due by the plan." in text and overdue > 5
    assert f"{sum(len(row.line.attention) for row in counts)} trainees need attention" in text
    assert f"{sum(len(row.view.progress.open_registers) for row in counts)} register" in text
    together = found.together
    assert (together.cohorts, together.counted, together.overdue) == (3, counted, overdue)
    gravest = [case.points for _view, case in found.first]
    assert gravest == sorted(gravest, reverse=True)
    assert found.first[0][1].points == max(case.points for row in counts for case in row.line.attention)


def test_where_no_cohort_runs_it_says_when_the_last_did_and_the_next_will(planned, client):
    f.CohortFactory(
        program=planned.program, code="NEXT", starts_on=datetime.date(2090, 1, 9), ends_on=datetime.date(2090, 2, 1)
    )
    client.force_login(f.RoleFactory(program=planned.program, kind="viewer").user)
    for name in ("program_briefing", "program_detail"):
        page = client.get(reverse(f"trainees:{name}", args=["trd"]))
        found = page.context["briefing"].line if "briefing" in page.context else page.context["headline"]
        assert f"No cohort is running. The last one, {planned}, ended on 31 Aug 2023." in found.text
        assert "The next one, TRD-NEXT, begins on 9 Jan 2090." in found.text


# ---- on pages


@pytest.mark.parametrize("name", ["cohort_detail", "cohort_briefing", "program_detail", "program_briefing"])
def test_it_stands_on_the_page_and_can_be_copied_without_a_script(name, one, client):
    client.force_login(one.limited)
    about = one.cohort if name.startswith("cohort") else one.program
    text = client.get(reverse(f"trainees:{name}", args=[about.slug])).text
    copied = unescape(re.search(r'<textarea id="bottom-line"[^>]*>(.*?)</textarea>', text, re.S)[1])
    assert "as of 20 Aug 2023, as known on 20 Aug 2023, only trainees of Ukraine: Not on course." in copied
    assert '<b class="badge verdict nogo">Not on course</b>' in text
    shown = unescape(
        re.sub("<[^>]+>", "", re.search(r'<p class="headline">(\s*<b class="badge.*?)</p>', text, re.S)[1])
    )
    assert " ".join(shown.split()).replace("Not on course ", "Not on course. ", 1) in copied
