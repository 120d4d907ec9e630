"""Sessions: their list, a schedule, a board, registers, result sheets, printed sheets."""

from django.utils.translation import gettext as _

from accounts.exports import Table, every, filters_in

from ..models import SessionStaff
from ..selectors.clock import zone_of
from . import WHO, of_cohort, who

SESSION = ("session", "cohort", "module", "title", "kind", "starts_at", "ends_at", "place")


def _session_columns():
    words = (
        _("Number of the session"),
        _("Cohort"),
        _("Module"),
        _("Title"),
        _("Kind"),
        _("Starts"),
        _("Ends"),
        _("Location"),
    )
    return dict(zip(SESSION, words, strict=True))


def _session(one):
    return (
        one.pk,
        str(one.cohort),
        one.module.code,
        one.module.title,
        one.kind,
        one.starts_at,
        one.ends_at,
        one.place,
    )


def _state(session, held):
    return "cancelled" if session.cancelled_at else "held" if held else "coming"


def sessions(page):
    numbers = page["p"].sessions
    columns = _session_columns() | {
        "state": _("Held, to come, or cancelled"),
        "register": _("Register"),
        "attended": _("Attended"),
        "absent": _("Absent"),
        "excused": _("Excused"),
        "results_due": _("Results due"),
        "results_missing": _("Results missing"),
    }

    def told(one):
        of = numbers.get(one.pk)
        counted = (of.attended, of.missed, of.excused) if of and of.closed else ()
        return (
            *_session(one),
            _state(one, of),
            "" if of is None or one.cancelled_at else "closed" if of.closed else "open",
            *(map(len, counted) if counted else (None, None, None)),
            *((len(of.results_due), len(of.results_missing)) if of else (None, None)),
        )

    filters = filters_in(page["filter"].form)
    if page["state"]:
        filters["state"] = page["state"]
    rows = map(told, every(page["page"]))
    return of_cohort(page, "sessions", _("Sessions of %(cohort)s"), columns, rows, filters=filters)


def schedule(page):
    """The sessions of a week or a day, each at the times of its own program."""
    columns = _session_columns() | {
        "state": _("Cancelled, or moved"),
        "audience": _("For whom, where not for the whole cohort"),
        **{duty.value: duty.label for duty in SessionStaff.Duty},
    }
    rows = [
        (
            *_session(slot.session)[:5],
            slot.starts,
            slot.ends,
            slot.session.place,
            "cancelled" if slot.session.cancelled_at else "moved" if slot.session.postponed_from else "",
            ", ".join(slot.audience),
            *(", ".join(str(one.instructor) for one in slot.staff if one.duty == duty) for duty in SessionStaff.Duty),
        )
        for day in page["days"]
        for slot in day.slots
    ]
    span = page["span"]
    more = {"as_of": span.first, "filters": dict([span.query(span.first).split("=")])}
    if page.get("cohort"):
        return of_cohort(page, "schedule", _("Schedule of %(cohort)s"), columns, rows, **more)
    if instructor := page.get("instructor"):
        title = _("Schedule of %(who)s") % {"who": instructor}
        return Table(f"schedule {instructor.code}", title, columns, rows, **more)
    if page["place"]:
        more["filters"]["place"] = page["place"]
    return Table("schedule", _("Schedule by location"), columns, rows, **more)


def board(page):
    """Who can take part in the sessions of a day, one row for each trainee of each session."""
    columns = _session_columns() | WHO | {"standing": _("Standing"), "reason": _("Reason"), "until": _("Until")}
    kinds = ("ready", "blocked", "expired", "away", "met", "not_asked")
    rows = [
        (*_session(card.session), *who(one.person), kind, one.words, one.day)
        for card in page["cards"]
        for kind in kinds
        for one in getattr(card, kind)
    ]
    day = page["span"].first
    if page.get("cohort"):
        return of_cohort(page, "board", _("Board of %(cohort)s"), columns, rows, as_of=day)
    program = page["program"]
    title = _("Board of %(program)s") % {"program": program.code}
    return Table(f"board {program.slug}", title, columns, rows, zone=zone_of(program), as_of=day)


def _of_session(page, what, title, columns, rows):
    """A table about one session, of its day."""
    session = page["session"]
    cohort = session.cohort
    name = f"{what} {session.pk} {cohort.slug} {session.module.code}"
    zone = zone_of(cohort.program)
    return Table(name, title % {"session": session}, columns, rows, zone=zone, as_of=session.starts_on)


def _marked(line, session, may_tell=True):
    """Why somebody is away is told to those who record."""
    mark, excusal = line.mark, line.excusal
    return (
        *who(line.trainee),
        session.pk,
        line.group,
        mark.status if mark else "",
        mark.reason if mark and may_tell else "",
        (excusal.words if may_tell else _("excused")) if excusal and not mark else "",
    )


MARKED = ("session", "group", "attendance", "reason", "excused_in_advance")


def _register_columns():
    words = (
        _("Number of the session"),
        _("Group"),
        _("Attendance"),
        _("Reason"),
        _("Excused in advance, not marked yet"),
    )
    return WHO | dict(zip(MARKED, words, strict=True))


def register(page):
    """A register, as it is being marked."""
    rows = [_marked(line, page["session"]) for line in page["form"].lines]
    return _of_session(page, "register", _("Register of %(session)s"), _register_columns(), rows)


def session(page):
    """A session's own page: its register, with the results where it takes any."""
    columns = _register_columns() | {"result": _("Result"), "score": _("Score")}
    may_tell = page["session"].may_record
    rows = [
        (*_marked(line, page["session"], may_tell), result.kind if result else "", result.score if result else None)
        for line, result in page["lines"]
    ]
    if not page["session"].takes_results:
        columns, rows = _register_columns(), [row[:-2] for row in rows]
    return _of_session(page, "register", _("Register of %(session)s"), columns, rows)


def results(page):
    """The result sheet of a session."""
    module = page["session"].module.code
    columns = WHO | {
        "group": _("Group"),
        "attendance": _("Attendance"),
        "module": _("Module"),
        "kind": _("Result"),
        "assessed_on": _("Assessed on"),
        "score": _("Score"),
        "reason": _("Reason"),
        "assessor": _("Staff number of the assessor"),
        "assessor_call_sign": _("Assessor"),
        "note": _("Which attempt it is, or would be"),
        "missing": _("Prerequisites missing"),
        "entered_by": _("Entered by"),
        "entered_at": _("Entered"),
    }

    def told(line):
        now, mark = line.now, line.register.mark
        result = (None,) * 6
        if now:
            code = now.assessor.code if now.assessor else ""
            result = (now.kind, now.holds_from, now.score, now.reason, code, now.assessor)
        return (
            *who(line.trainee),
            line.register.group,
            mark.status if mark else "",
            module,
            *result,
            line.note,
            " ".join(line.missing),
            *((now.act.user, now.act.at) if now else (None, None)),
        )

    rows = [told(line) for line in page["sheet"].lines]
    return _of_session(page, "results", _("Results of %(session)s"), columns, rows)


def cohort_results(page):
    """The result sheet of a cohort on a day: a column for each module, what was entered then, or how the trainee stood."""
    sheet = page["sheet"]
    columns = WHO | {"group": _("Group")} | {entry.code: entry.title for entry in sheet.columns}
    rows = [(*who(row.person), row.group, *row.values) for row in sheet.rows]
    filters = {name: page[name] for name in ("track", "group", "module") if page[name]}
    return of_cohort(page, "results", _("Results of %(cohort)s"), columns, rows, as_of=sheet.day, filters=filters)


def sheets(page):
    """Printed sheets, each at the times of its own program."""
    columns = {
        "number": _("Number"),
        "kind": _("Sheet"),
        "session": _("Number of the session"),
        "cohort": _("Cohort"),
        "module": _("Module"),
        "starts_at": _("Starts"),
        "printed_at": _("Printed"),
        "printed_by": _("Printed by"),
        "lines": _("Lines"),
        "state": _("State"),
        "returned_at": _("Came back"),
        "reason": _("Why it will not come back"),
    }

    def told(sheet):
        session = sheet.session
        zone = zone_of(session.cohort.program)
        starts, printed, returned = (
            at and at.astimezone(zone) for at in (session.starts_at, sheet.printed_at, sheet.returned_at)
        )
        state = "back" if returned else "lost" if sheet.lost_reason else "out"
        return (
            sheet.pk,
            sheet.kind,
            session.pk,
            str(session.cohort),
            session.module.code,
            starts,
            printed,
            sheet.printed_by,
            sheet.lines,
            state,
            returned,
            sheet.lost_reason,
        )

    rows = map(told, every(page["page"]))
    return Table("printed sheets", _("Printed sheets"), columns, rows, filters={"state": page["state"]})
