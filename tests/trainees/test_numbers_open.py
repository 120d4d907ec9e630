"""Numbers open into what makes them."""

import re
from functools import cache
from urllib.parse import parse_qsl, urljoin, urlsplit

from django.urls import resolve, reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.acts import add
from tests import factories as f
from tests.dom import main_of
from trainees.models import Attendance, TrainingSession


def test_first_time_go_opens_into_the_first_attempts(course, client):
    client.force_login(course.viewer)
    first = f.RecordFactory(trainee=course.trainee, entry=course.entry, kind="no_go", assessor=course.assessor)
    f.RecordFactory(trainee=course.trainee, entry=course.entry, previous=first, assessor=course.assessor)  # the retake
    page = client.get(reverse("trainees:cohort_module", args=[course.cohort.slug, "MED"]))
    assert list(page.context["firsts"]) == [first]
    firsts = re.search(r'id="firsts".*?</section>', page.text, re.S)[0]
    assert 'href="#firsts"' in page.text and course.trainee.roll_number in firsts and "NO-GO" in firsts


def test_a_cell_says_which_session_its_outstanding_record_is_of(course, client):
    client.force_login(course.viewer)
    where = reverse("trainees:cell", args=[course.trainee.uuid, "trd", "MED"])
    told = f'href="{course.session.get_absolute_url()}"'
    page = client.get(where)
    assert list(page.context["outstanding"]) == [course.session]
    assert told in re.search(r"Outstanding in.*", page.text)[0]

    f.do(lambda act: add(Attendance(session=course.session, trainee=course.trainee, status="present"), act))
    f.do(lambda act: type(course.session).objects.update(act=act, register_closed_at=act.at))
    page = client.get(where)
    assert not page.context["outstanding"] and "Outstanding in" not in page.text


# ---- every number of a cohort's pages leads to a page that counts to the same


PAGES = ["cohort_detail", "cohort_progress", "session_list", "cohort_attention", "cohort_outstanding"]
NO_COUNT = {  # links with a figure that is a date, a code, or points, and those of one trainee, which have pages of their own
    "trainee_detail", "cell", "session_detail", "session_register", "session_results", "curriculum_detail", "record_create",
    "program_detail", "cohort_closing", "sheet_list",
}  # fmt: skip


def numbers(text):
    """The figures of a link, without its codes: "5 of 8 (62 %)" is 5, 8."""
    return [int(n) for n in re.findall(r"(?<![\w-])\d+(?![\w-]|\s*%)", text)]


def rows_of(main):
    return [row for table in main.every("table") for row in table.first("tbody").every("tr")]


def shares_of(main):
    """What a matrix says in its rows: satisfied of required, by trainee."""
    cells = [cell for row in rows_of(main) for cell in row.every("td", "total")]
    return [tuple(map(int, cell.first("a").text.split("/"))) for cell in cells]


def matrix_counts(main, query):
    shares = shares_of(main)
    if query.get("status"):
        hits = [one for row in rows_of(main) for one in row.every("a", "s") if "off" not in one.classes]
        return [(len(hits),)]
    if query.get("show") == "not_met":
        return [(sum(whole - part == 1 for part, whole in shares),)]
    if query.get("show") in {"met", "one_short", "overdue", "unrecorded"}:
        return [(len(shares),)]
    return [(sum(part for part, _of in shares), sum(whole for _part, whole in shares))]


def number_in(cell, words):
    found = re.search(rf"(\d+) {words}", cell.text)
    return int(found[1]) if found else 0


def session_counts(main, query):
    """Of registers, of results and of attendance: which of them a link is about, its own words do not say."""
    rows = rows_of(main)
    labelled = [{one.attributes.get("data-label"): one for one in row.every("td")} for row in rows]
    missing = sum(number_in(cells["Results"], "missing") for cells in labelled)
    if query.get("state") == "open":
        return [(len(rows),)]
    if query.get("state") == "results":
        return [("missing", missing)]
    there = sum(
        numbers(cells["Attended"].text.partition(",")[0])[0] for cells in labelled if cells["Attended"].text != "–"
    )
    absent = sum(number_in(cells["Attended"], "absent") for cells in labelled)
    closed = sum(cells["Register"].text == "closed" for cells in labelled)
    return [(closed, len(rows)), (there, there + absent)]


def module_counts(main, fragment):
    if fragment == "firsts":
        firsts = rows_of(main.first("h2", id="firsts").parent)
        return [(sum(row.first("td").text == "GO" for row in firsts), len(firsts))]
    if fragment == "sessions":
        return [(len(rows_of(main.first("h2", id="sessions").parent)),)]
    who, found = main.first("section", aria_labelledby="who"), {}
    for part in who.parts:
        if not isinstance(part, str) and part.tag == "h3":
            state = part.first("svg").first("use") if part.first("svg") else None
            words = part.text
            found[words] = state
    people = [len(list(one.every("a"))) for one in who.every("p", "chips")]
    by_state = dict(zip(found, people, strict=True))
    assert all(numbers(words)[-1] == n for words, n in by_state.items())  # a heading says how many stand below it
    exempt = sum(n for words, n in by_state.items() if words.startswith("Exempt"))
    achieved = sum(n for words, n in by_state.items() if words.startswith("Achieved"))
    return [(achieved, sum(people) - exempt)]


def open_at(main):
    """What is outstanding by the list of sessions of a module's page."""
    rows = rows_of(main.first("h2", id="sessions").parent)
    missing = sum(int(re.search(r"(\d+) results? missing|$", row.text)[1] or 0) for row in rows)
    return {"register": sum("register open" in row.text for row in rows), "results": missing}


def outstanding_counts(main):
    found = {"register": 0, "results": 0}
    for row in rows_of(main):
        what = row.attributes["data-what"]
        found[what] = found.get(what, 0) + int(row.attributes["data-n"])
    return found


def roster_counts(main):
    counted = ("active", "suspended", "completed", "not_completed")
    return [
        (
            sum(
                any(row.first("span", "badge") and one in row.first("span", "badge").classes for one in counted)
                for row in rows_of(main)
            ),
        )
    ]


def walk(open_page, where):
    """Follow every link with a figure of the page at `where`: (text, address, what it says, what stands there)."""
    page, seen = open_page(where), []
    for link in page.every("a"):
        href, said = link.attributes.get("href", ""), numbers(link.text)
        if not said or href.startswith("?format"):
            continue
        url = urlsplit(urljoin(where, href))
        name, query = resolve(url.path).url_name, dict(parse_qsl(url.query))
        if name in NO_COUNT or ("sort" in query and name == "session_list"):
            continue
        target = open_page(f"{url.path}?{url.query}" if url.query else url.path)
        if "completeness" in link.classes:
            shares = re.findall(r"(\w+) (\d+) of (\d+)", link.text)
            wanted = {what: int(whole) - int(part) for what, part, whole in shares}
            got = outstanding_counts(target) if name == "cohort_outstanding" else open_at(target)
            seen.append((link.text, href, wanted, {"registers": got["register"], "results": got["results"]}))
            continue
        if name == "cohort_outstanding":
            counts = [(sum(outstanding_counts(target).values()),)]
        elif name == "cohort_progress":
            cells = [(len(list(target.every("a", "s"))),)]
            counts = cells if len(said) == 1 and not {"show", "status"} & query.keys() else matrix_counts(target, query)
        elif name == "session_list":
            counts = session_counts(target, query)
            if counts and counts[0][0] == "missing":
                said, counts = [said[-1] - said[0] if len(said) > 1 else said[0]], [(counts[0][1],)]
        elif name == "cohort_module":
            counts = module_counts(target, url.fragment)
        elif name in ("cohort_roll", "cohort_finish", "program_attention"):
            counts = [(len(rows_of(target)),)]
        elif name == "cohort_roster":
            counts = roster_counts(target)
        elif name in ("cohort_detail", "cohort_attention") and (
            url.fragment == "attention" or name == "cohort_attention"
        ):
            section = target.first("section", aria_labelledby="attention") if name == "cohort_detail" else None
            head = section.first("h2").text if section else target.first("thead").first("th").text
            counts = [(numbers(head)[0],)]
        elif name == "cohort_detail":  # the cohort of a matrix: its card says the same
            counts = [tuple(numbers(card.first("a").text)) for card in target.every("div", "card")]
        else:
            raise AssertionError(f"nobody counts what {link.text!r} leads to: {url.path}?{url.query}")
        seen.append((link.text, href, said, counts))
    return seen


def adds_up(said, counts):
    """A link says how many there are, or how many of how many."""
    if isinstance(counts, dict):
        return all(counts[what] == n for what, n in said.items())
    return any(tuple(said) == one or (len(one) == 1 and said[0] == one[0]) for one in counts)


RESULTS = st.sampled_from(["", "go", "no_go", "no_go go", "go no_go"])
MARKS = st.sampled_from(["", "present", "absent", "excused", "late"])
PEOPLE = st.lists(st.tuples(st.booleans(), RESULTS, RESULTS, MARKS, MARKS), min_size=1, max_size=4)


def made(people, closed):
    """A cohort with two required modules and an elective, an instruction and an assessment, and such `people`."""
    program = f.ProgramFactory()
    curriculum = f.CurriculumFactory(program=program)
    entries = [f.EntryFactory(curriculum=curriculum, position=n, required=n < 3) for n in (1, 2, 3)]
    f.publish(curriculum)
    cohort = f.CohortFactory(program=program)
    f.CohortCurriculumFactory(cohort=cohort, curriculum=curriculum)
    held = [
        f.TrainingSessionFactory(cohort=cohort, module=entries[n].module, kind=kind) for n, kind in enumerate(KINDS)
    ]
    assessor = f.AssignmentFactory(program=program).instructor
    for ukrainian, *results, first, second in people:
        who = f.EnrolmentFactory(cohort=cohort, trainee__nation="Ukraine" if ukrainian else "Norway").trainee
        for entry, of in zip(entries, results, strict=False):
            last = None
            for kind in of.split():
                last = f.RecordFactory(trainee=who, entry=entry, kind=kind, previous=last, assessor=assessor)
        for session, status in zip(held, (first, second), strict=True):
            if status:
                f.do(lambda act, s=session, w=who, m=status: add(Attendance(session=s, trainee=w, status=m), act))
    for session, is_closed in zip(held, closed, strict=True):
        if is_closed:
            f.do(
                lambda act, s=session: TrainingSession.objects.filter(pk=s.pk).update(
                    act=act, register_closed_at=act.at
                )
            )
    return cohort


KINDS = ("instruction", "assessment")


@settings(
    max_examples=3, phases=[Phase.generate], deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=PEOPLE, closed=st.tuples(st.booleans(), st.booleans()))
def test_every_number_is_what_its_page_counts_to(people, closed, client, db):
    cohort = made(people, closed)
    module = next(iter(cohort.sessions.all())).module
    for nation in ("", "Ukraine"):
        client.force_login(f.RoleFactory(program=cohort.program, kind="viewer", nation=nation).user)
        pages = [reverse(f"trainees:{name}", args=[cohort.slug]) for name in PAGES]
        pages += [
            reverse("trainees:cohort_module", args=[cohort.slug, module.code]),
            "/",
            cohort.program.get_absolute_url(),
        ]
        open_page = cache(lambda address: main_of(client.get(address).text))
        found = [(where, *one) for where in pages for one in walk(open_page, where)]
        assert [one for one in found if not adds_up(*one[-2:])] == []
        assert len(found) >= 5  # otherwise this follows nothing
