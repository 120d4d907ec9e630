"""Cohorts: their list, roster, matrix, overview, strength, excusals, closing."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.exports import Table, every, filters_in

from ..selectors.clock import zone_of
from ..selectors.excusals import state_on
from ..words import flags_of, state_of
from . import SHARE, WHO, of_cohort, of_program, share, who


def cohorts(page):
    columns = {
        "cohort": _("Cohort"),
        "program": _("Program"),
        "code": _("Code"),
        "title": _("Title"),
        "starts_on": _("First day"),
        "ends_on": _("Last day"),
        "location": _("Location"),
        "practice": _("For practice"),
        "archived": _("Archived"),
    }
    rows = (
        (
            str(one),
            one.program.code,
            one.code,
            one.title,
            one.starts_on,
            one.ends_on,
            one.location,
            one.practice,
            one.archived_at is not None,
        )
        for one in every(page["page"])
    )
    return Table("cohorts", _("Cohorts"), columns, rows, filters=filters_in(page["filter"].form))


def roster(page):
    form = page["form"]
    columns = WHO | {
        "nation": _("Nation"),
        "track": _("Track"),
        "group": _("Group"),
        "place": _("Place"),
        "place_in_words": _("Place, in words"),
        "since": _("Since"),
        "reason": _("Reason"),
    }
    rows = [
        (
            *who(seat.entry.trainee),
            seat.entry.trainee.nation,
            seat.entry.track.code if seat.entry.track else "",
            seat.entry.group.code if seat.entry.group else "",
            seat.status,
            seat.words,
            seat.entry.since,
            seat.entry.reason if page["cohort"].may_record else "",
        )
        for seat in page["seats"]
    ]
    filters = filters_in(form) if form.is_valid() else {}
    if page["wanted"]:
        filters["status"] = page["wanted"]
    return of_cohort(page, "roster", _("Roster of %(cohort)s"), columns, rows, filters=filters)


def _asked_of(found):
    """The filters of a matrix, as its address says them."""
    asked = {name: getattr(found.filters, name) for name in ("track", "group", "status", "show")}
    return {name: value for name, value in asked.items() if value}


def matrix(page):
    """One row for each trainee, a column for each module: the state of the cell, and the flags beside it."""
    view, found = page["view"], page["matrix"]
    codes = {column.entry.code: column.entry.title for column in found.columns}
    columns = WHO | {"track": _("Track"), "group": _("Group"), "place": _("Place")} | SHARE | codes

    def cell(standing):
        return " ".join([state_of(standing), *flags_of(standing)]) if standing else ""

    rows = [
        (
            *who(row.person),
            row.track,
            _group(view, row.progress),
            row.progress.place.status if row.progress.place else "",
            *share(row.progress.share),
            *(cell(row.progress.standings.get(column.entry.module)) for column in found.columns),
        )
        for row in found.rows
    ]
    return of_cohort(page, "progress", _("Progress of %(cohort)s"), columns, rows, filters=_asked_of(found))


def _group(view, progress):
    place = progress.place
    return view.names.groups[place.group][0] if place and place.group else ""


def cells(page):
    """One row for each cell of the matrix."""
    view, found = page["view"], page["matrix"]
    columns = WHO | {
        "module": _("Module"),
        "title": _("Title"),
        "asked": _("Required or elective"),
        "state": _("Status"),
        "flags": _("Beside it"),
        "attempts": _("Attempts"),
        "holds_until": _("Until"),
        "blocked_by": _("Prerequisites missing"),
    }
    rows = (
        (
            *who(row.person),
            entry.code,
            entry.title,
            standing.need,
            state_of(standing),
            " ".join(flags_of(standing)),
            len(standing.attempts),
            standing.holds_until,
            " ".join(view.entries[module].code for module in standing.blocked_by),
        )
        for row in found.rows
        for entry in (column.entry for column in found.columns)
        if (standing := row.progress.standings.get(entry.module))
    )
    return of_cohort(page, "cells", _("Cells of the progress of %(cohort)s"), columns, rows, filters=_asked_of(found))


def overview(page):
    """The modules of a cohort."""
    columns = {
        "module": _("Module"),
        "title": _("Title"),
        "asked": _("Required or elective"),
        "taught": _("Taught"),
        **SHARE,
        "first_time_met": _("GO at the first attempt"),
        "first_time_of": _("First attempts"),
        "first_time_percent": _("Per cent, rounded down"),
        "band": _("Band, computed"),
        "commander_band": _("Band, the commander's"),
    }
    rows = [
        (
            line.entry.code,
            line.entry.title,
            "required" if line.entry.required else "elective",
            line.module.taught,
            *share(line.module.share),
            *share(line.module.first_time),
            line.module.band or "",
            line.rating.band if line.rating else "",
        )
        for line in page["overview"].modules
    ]
    return of_cohort(page, "modules", _("Modules of %(cohort)s"), columns, rows)


def over_time(page):
    """The numbers of a cohort, of each day on which one changed."""
    found = page["over_time"]
    columns = {
        "day": _("Day"),
        "counted": _("Counted trainees"),
        **SHARE,
        "planned": _("Required modules whose last session was over by the plan"),
        "meet_all": _("Trainees who meet all requirements"),
        "completed": _("Completed of these"),
        "first_time_met": _("First attempts that were GO"),
        "first_time_of": _("First attempts"),
        "first_time_percent": _("First-time GO, per cent"),
        "attended": _("Attended"),
        "expected": _("Expected"),
        "attendance_percent": _("Attendance, per cent"),
    }
    rows = [
        (
            one.day,
            one.counted,
            *share(one.coverage),
            one.planned.part,
            one.meeting.part,
            one.completed.part,
            *share(one.first_time),
            *share(one.attendance),
        )
        for one in (found.days if found else ())
    ]
    return of_cohort(page, "over time", _("%(cohort)s over time"), columns, rows)


def modules_over_time(page):
    """The numbers of each module, of each day on which they changed."""
    found = page["over_time"]
    columns = {"module": _("Module"), "title": _("Title"), "day": _("Day")} | SHARE
    rows = [
        (line.entry.code, line.entry.title, day, *share(of))
        for line in (found.modules if found else ())
        for day, of in line.days
    ]
    return of_cohort(page, "modules over time", _("Modules of %(cohort)s over time"), columns, rows)


def program_over_time(page):
    """The numbers of a program's cohorts, of each day on which they changed."""
    found, program = page["over_time"], page["program"]
    columns = {"cohort": _("Cohort"), "day_of_course": _("Day of course"), "day": _("Day")} | SHARE
    rows = [(view.cohort, n, one.day, *share(one.coverage)) for view, n, one in (found.days if found else ())]
    days = {"as_of": page["dates"].as_of, "known": page["dates"].known}
    title = _("Cohorts of %(program)s over time") % {"program": program}
    return Table(f"over time {program.slug}", title, columns, rows, zone=zone_of(program), **days)


def program_briefing(page):
    """The cohorts that a program's briefing shows."""
    found, program = page["briefing"], page["program"]
    columns = {
        "cohort": _("Cohort"),
        "as_of": _("As of"),
        "verdict": _("On course"),
        "counted": _("Counted trainees"),
        **SHARE,
        "meet_all": _("Trainees who meet all requirements"),
        "overdue": _("Trainees who lack what was due by the plan"),
        "need_attention": _("Trainees who need attention"),
        "registers_open": _("Open registers"),
        "results_missing": _("Results missing"),
        "practice": _("For practice"),
        "in_words": _("Bottom line"),
    }
    rows = [
        (
            row.view.cohort,
            row.view.moment.as_of,
            row.line.word,
            len(row.view.progress.counted),
            *share(row.view.progress.coverage),
            row.view.progress.meeting.part,
            len(row.view.overdue),
            len(row.line.attention),
            len(row.view.progress.open_registers),
            row.results_missing,
            row.view.cohort.practice,
            row.line.text,
        )
        for row in found.rows
    ]
    title = _("Briefing of %(program)s") % {"program": program}
    return Table(f"briefing {program.slug}", title, columns, rows, zone=zone_of(program), **_days(page))


def program_bands(page):
    """The bands of each module in the cohorts that a program's briefing shows."""
    found, program = page["briefing"], page["program"]
    columns = {
        "cohort": _("Cohort"),
        "module": _("Module"),
        "title": _("Title"),
        **SHARE,
        "band": _("Band, computed"),
        "commander_band": _("Band, the commander's"),
    }
    rows = [
        (
            row.view.cohort,
            entry.code,
            entry.title,
            *share(one.module.share),
            one.module.band or "",
            one.rating.band if one.rating else "",
        )
        for entry, lines in found.bands
        for row, one in zip(found.rows, lines, strict=True)
        if one
    ]
    title = _("Bands of the modules of %(program)s") % {"program": program}
    return Table(f"bands {program.slug}", title, columns, rows, zone=zone_of(program), **_days(page))


def _days(page):
    return {"as_of": page["moment"].as_of, "known": page["moment"].known}


def changes(page):
    """What changed in cells, each with the records written since; of several, the last says who and when."""
    columns = WHO | {
        "module": _("Module"),
        "change": _("Gained, lost, corrected, or otherwise"),
        "before": _("Status then"),
        "after": _("Status now"),
        "records": _("Records written since"),
        "what": _("What they say"),
        "entered_by": _("Last entered by"),
        "entered_at": _("Last entered at"),
    }
    rows = (
        (
            *who(one.person),
            one.entry.code,
            one.kind,
            one.before,
            one.after,
            " ".join(str(record.pk) for record in one.records),
            "; ".join(record.added_sentence() for record in one.records),
            one.records[-1].act.user if one.records else None,
            one.records[-1].act.at if one.records else None,
        )
        for one in every(page["page"])
    )
    filters = {"since": page["changed"].then.moment.known} | ({"show": page["show"]} if page["show"] else {})
    return of_cohort(page, "changes", _("Changes in %(cohort)s"), columns, rows, filters=filters)


def late_entries(page):
    """What was written down only since, though it holds from that day or before it."""
    found = page["changed"]
    columns = WHO | {
        "kind": _("Record, place or register"),
        "about": _("Module or cohort"),
        "day": _("Holds from, or held on"),
        "what": _("What"),
        "entered_by": _("Entered by"),
        "entered_at": _("Entered at"),
    }
    rows = [
        (*who(one.trainee), "record", one.module.code, one.holds_from, one.added_sentence(), one.act.user, one.act.at)
        for one in found.late.records
    ]
    rows += [
        (*who(one.trainee), "place", one.cohort, one.since, one.added_sentence(), one.act.user, one.act.at)
        for one in found.late.places
    ]
    rows += [
        ("", "", "register", one.session.module.code, one.session.starts_on, one.words, None, one.at)
        for one in found.late.sessions
    ]
    filters = {"since": found.then.moment.known}
    return of_cohort(page, "late entries", _("Late entries in %(cohort)s"), columns, rows, filters=filters)


def attention(page):
    """One row for each reason, the gravest trainee first."""
    rows = (row for case in page["attention"].cases for row in _reasons(case))
    return of_cohort(page, "attention", _("Who needs attention in %(cohort)s"), WHO | _REASON, rows)


def program_attention(page):
    """The same over the cohorts of a program that run, in one ranking."""
    rows = ((str(one.view.cohort), *row) for one in page["cases"] for row in _reasons(one.case))
    columns = {"cohort": _("Cohort")} | WHO | _REASON
    title = _("Who needs attention in %(program)s")
    return of_program(page, "attention", title, columns, rows, filters=filters_in(page["form"]))


_REASON = {
    "reason": _lazy("Reason"),
    "reason_in_words": _lazy("Reason, in words"),
    "since": _lazy("Since"),
    "modules": _lazy("Modules"),
    "counts": _lazy("Counts"),
    "weight": _lazy("Weight"),
    "points": _lazy("Points"),
    "of_points": _lazy("Points of the trainee"),
}


def _reasons(case):
    for one in case.reasons:
        yield (
            *who(case.person),
            one.reason.concern.value,
            one.sentence,
            one.reason.since,
            " ".join(entry.code for entry in one.entries),
            one.reason.counts,
            one.reason.weight,
            one.reason.points,
            case.points,
        )


def outstanding(page):
    """One row for each thing outstanding, the oldest first."""
    columns = {
        "cohort": _("Cohort"),
        "what": _("What is outstanding"),
        "what_in_words": _("In words"),
        "session": _("Number of the session"),
        "module": _("Module"),
        "since": _("Since, or until"),
        "days": _("Days since"),
        "missing": _("How many lack"),
        "who": _("Roll numbers"),
    }
    rows = (
        (
            str(one.cohort),
            one.what.value,
            one.sentence,
            one.session and one.session.pk,
            one.module,
            one.since,
            one.days,
            one.n,
            " ".join(person.roll_number for person in one.people),
        )
        for one in page["outstanding"].shown
    )
    filters = {"what": page["what"]} if page["what"] else {}
    filters |= {"show": "mine"} if page["mine"] else {}
    of, title = of_program, _("Outstanding in %(program)s")
    if "cohort" in page:
        of, title = of_cohort, _("Outstanding in %(cohort)s")
    return of(page, "outstanding", title, columns, rows, filters=filters)


def module(page):
    """Who stands where in one module of a cohort."""
    code = page["module"].code
    columns = WHO | {"module": _("Module"), "state": _("Status")}
    rows = [(*who(one), code, state) for state, _words, people in page["statuses"] for one in people]
    return of_cohort(page, f"module {code}", _("Module %(code)s of %%(cohort)s") % {"code": code}, columns, rows)


def first_attempts(page):
    """The first attempts at one module in a cohort."""
    code = page["module"].code
    columns = WHO | {
        "module": _("Module"),
        "kind": _("Result"),
        "assessed_on": _("Assessed on"),
        "assessor": _("Staff number of the assessor"),
        "assessor_call_sign": _("Assessor"),
    }
    rows = [
        (*who(one.trainee), code, one.kind, one.holds_from, one.assessor and one.assessor.code, one.assessor)
        for one in page["firsts"]
    ]
    title = _("First attempts at %(code)s in %%(cohort)s") % {"code": code}
    return of_cohort(page, f"first attempts {code}", title, columns, rows)


def strength(page):
    """How many were there, by group; the last row is everybody."""
    found = page["strength"]
    columns = {"group": _("Group"), "title": _("Title"), "on_strength": _("On strength")}
    columns |= {state: words for state, words, _n in found.total.counts}
    rows = [
        ("all" if row is found.total else row.code, row.label, len(row.people), *(n for *_state, n in row.counts))
        for row in [*found.groups, found.total]
    ]
    return of_cohort(page, "strength", _("Strength of %(cohort)s"), columns, rows, as_of=found.day)


def strength_people(page):
    """The people whom the page names."""
    columns = WHO | {
        "group": _("Group"),
        "state": _("On that day"),
        "reason": _("Reason"),
        "since": _("Since"),
        "missed": _("Sessions of the day they were not at"),
    }
    rows = [
        (
            *who(one.trainee),
            one.group_code,
            one.state,
            one.why,
            one.since,
            " ".join(session.module.code for session in one.missed),
        )
        for one in page["people"]
    ]
    chosen = (
        {"show": page["show"], "group": page["group"]} if page["chosen"] else {"show": _("not there, or not marked")}
    )
    filters = {name: value for name, value in chosen.items() if value}
    title = _("People on the strength return of %(cohort)s")
    return of_cohort(page, "strength people", title, columns, rows, as_of=page["strength"].day, filters=filters)


def excusals(page):
    """Why somebody is excused is told to those who record."""
    today, may_tell = page["cohort"].today(), page["cohort"].may_record
    columns = WHO | {
        "kind": _("Kind"),
        "remark": _("Remark"),
        "since": _("From"),
        "until": _("Until"),
        "state": _("Today, to come, or over"),
        "entered_by": _("Entered by"),
    }
    rows = [
        (
            *who(one.trainee),
            *((one.kind, one.reason) if may_tell else ("excused", "")),
            one.since,
            one.until,
            state_on(one, today),
            one.act.user,
        )
        for _words, some in page["parts"]
        for one in some
    ]
    return of_cohort(page, "excusals", _("Excusals of %(cohort)s"), columns, rows)


def closing(page):
    """What came out for each trainee."""
    columns = WHO | {
        "place": _("Place"),
        **SHARE,
        "missing": _("Required modules missing"),
        "can_complete": _("Can be completed"),
        "waits": _("Waits for registers"),
        "completed_on": _("Completed on"),
    }
    rows = [
        (
            *who(one.person),
            one.status,
            *share(one.progress.share),
            " ".join(entry.code for entry in one.missing),
            one.can_complete,
            one.waits,
            one.completed.completion.completed_on if one.completed else None,
        )
        for one in page["closing"].outcomes
    ]
    return of_cohort(page, "closing", _("Closing of %(cohort)s"), columns, rows)


def roll(page):
    """The completion roll, always without names."""
    columns = WHO | {
        "nation": _("Nation"),
        "completed_on": _("Completed on"),
        "met": _("Required modules achieved then"),
        "of": _("Required modules then"),
        "under_review": _("A record it stood on was voided since"),
        "entered_by": _("Entered by"),
    }
    rows = [
        (
            *who(one.trainee),
            one.trainee.nation,
            one.completed_on,
            one.snapshot["satisfied"],
            one.snapshot["required"],
            found.under_review,
            one.act.user,
        )
        for found in page["completions"]
        for one in [found.completion]
    ]
    return of_cohort(page, "roll", _("Completion roll of %(cohort)s"), columns, rows)


def hours(page):
    """Hours of each module: asked, held, planned."""
    columns = {
        "module": _("Module"),
        "title": _("Title"),
        "curriculum": _("Hours in the curriculum"),
        "held_least": _("Held, at least"),
        "held_most": _("Held, at most"),
        "ahead_least": _("Planned ahead, at least"),
        "ahead_most": _("Planned ahead, at most"),
        "open": _("Neither held nor planned"),
    }
    rows = [
        (
            line.entry.code,
            line.entry.title,
            line.entry.hours,
            line.held.least,
            line.held.most,
            line.ahead.least,
            line.ahead.most,
            line.open,
        )
        for line in page["lines"]
    ]
    return of_cohort(page, "hours", _("Hours of %(cohort)s"), columns, rows)
