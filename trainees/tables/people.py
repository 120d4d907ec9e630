"""Trainees: their list, and one trainee's record."""

from django.utils.translation import gettext as _

from accounts.exports import Table, filters_in

from ..selectors.roster import lines_of
from . import WHO, who


def trainees(page):
    columns = WHO | {"nation": _("Nation"), "cohorts": _("Cohorts, the latest first")}
    rows = (
        (*said, " ".join(cohorts).upper())
        for *said, cohorts in lines_of(page["page"].paginator.object_list, page["reader"])
    )
    return Table("trainees", _("Trainees"), columns, rows, filters=filters_in(page["filter"].form))


def _of_trainee(page, what, title, columns, rows):
    """A table about one trainee in the programs that the reader sees, of the days that the page tells about."""
    trainee, moment = page["trainee"], page.get("moment")
    days = {"zone": moment.zone, "as_of": moment.as_of, "known": moment.known} if moment else {}
    columns = WHO | {"program": _("Program")} | columns
    rows = [(*who(trainee), record.view.program.code, *row) for record, row in rows]
    return Table(f"{what} {trainee.roll_number}", title % {"who": trainee}, columns, rows, **days)


def record(page):
    """Every record, with what became of it."""
    columns = {
        "module": _("Module"),
        "title": _("Title"),
        "record": _("Number of the record"),
        "kind": _("Result"),
        "assessed_on": _("Assessed on; of a credit or exemption, from"),
        "holds_until": _("Until"),
        "score": _("Score"),
        "recertification": _("Recertification"),
        "assessor": _("Staff number of the assessor"),
        "assessor_call_sign": _("Assessor"),
        "authority": _("Authority"),
        "session": _("Number of the session"),
        "reason": _("Reason"),
        "voids": _("Number of the record that it declares wrong"),
        "voided": _("Declared wrong"),
        "decides": _("Makes the status"),
        "left_out": _("Why not"),
        "entered_by": _("Entered by"),
        "entered_at": _("Entered"),
    }
    rows = [
        (
            of,
            (
                module.entry.code,
                module.entry.title,
                one.pk,
                one.kind,
                one.holds_from,
                one.holds_until,
                one.score,
                one.recertification,
                one.assessor.code if one.assessor else "",
                one.assessor,
                one.authority,
                one.session_id,
                one.reason,
                one.voids_id,
                hasattr(one, "voided_by"),
                line.decides,
                line.why,
                one.act.user,
                one.act.at,
            ),
        )
        for of, _runs in page["records"]
        for module in of.modules
        for line in module.lines
        for one in [line.record]
    ]
    return _of_trainee(page, "record", _("Record of %(who)s"), columns, rows)


def modules(page):
    """Where the trainee stands in each module."""
    columns = {
        "cohort": _("Cohort"),
        "module": _("Module"),
        "title": _("Title"),
        "asked": _("Required or elective; empty outside the track"),
        "state": _("Status"),
        "flags": _("Beside it"),
        "attempts": _("Attempts"),
        "holds_until": _("Until"),
        "records": _("Records"),
        "sessions_attended": _("Sessions attended"),
    }
    rows = [
        (
            of,
            (
                of.cohort and str(of.cohort),
                one.entry.code,
                one.entry.title,
                one.standing.need if one.standing else "",
                one.state,
                ", ".join(one.flags),
                len(one.standing.attempts) if one.standing else None,
                one.standing.holds_until if one.standing else None,
                len(one.lines),
                len(one.standing.attended) if one.standing else None,
            ),
        )
        for of, _runs in page["records"]
        for one in of.modules
    ]
    return _of_trainee(page, "modules", _("Modules of %(who)s"), columns, rows)


def attendance(page):
    """Every session held at which the trainee was expected or marked; why they were away is told to those who record."""
    columns = {
        "session": _("Number of the session"),
        "cohort": _("Cohort"),
        "module": _("Module"),
        "kind": _("Kind"),
        "starts_at": _("Starts"),
        "attendance": _("Attendance"),
        "reason": _("Reason"),
        "register": _("Register"),
    }
    rows = [
        (
            of,
            (
                one.session.pk,
                str(one.session.cohort),
                one.session.module.code,
                one.session.kind,
                one.session.starts_at,
                one.status,
                one.reason if of.view.program.may_record else "",
                "closed" if one.closed else "open",
            ),
        )
        for of, _runs in page["records"]
        for one in of.attendance
    ]
    return _of_trainee(page, "attendance", _("Attendance of %(who)s"), columns, rows)


def places(page):
    """Every entry of the trainee's line."""
    columns = {
        "cohort": _("Cohort"),
        "track": _("Track"),
        "group": _("Group"),
        "place": _("Place"),
        "since": _("Since"),
        "reason": _("Reason"),
        "correction": _("What was wrong with the entry that it corrects"),
        "voided": _("Declared wrong"),
        "entered_by": _("Entered by"),
        "entered_at": _("Entered"),
    }
    rows = [
        (
            of,
            (
                str(one.cohort),
                one.track.code if one.track else "",
                one.group.code if one.group else "",
                one.status,
                one.since,
                one.reason if of.view.program.may_record else "",
                one.correction if of.view.program.may_record else "",
                hasattr(one, "voided_by"),
                one.act.user,
                one.act.at,
            ),
        )
        for of, _runs in page["records"]
        for one in of.places
    ]
    return _of_trainee(page, "places", _("Places of %(who)s"), columns, rows)
