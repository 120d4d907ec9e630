"""First-time GO by iteration and by assessor, and the attempts behind it."""

from django.utils.translation import gettext as _

from . import WHO, of_program, who

DIFFERS = {1: "higher", 0: "", -1: "lower"}


def standards(page):
    """One row for each comparison."""
    columns = {
        "by": _("By iteration or by assessor"),
        "module": _("Module"),
        "title": _("Title"),
        "code": _("Code of the cohort, or staff number"),
        "name": _("Cohort or assessor"),
        "goes": _("GO at the first attempt"),
        "attempts": _("First attempts"),
        "percent": _("Per cent, rounded down"),
        "low": _("At least, per cent"),
        "high": _("At most, per cent"),
        "others_goes": _("GO at the first attempt, all others"),
        "others_attempts": _("First attempts, all others"),
        "others_low": _("At least, per cent, all others"),
        "others_high": _("At most, per cent, all others"),
        "differs": _("Beyond chance"),
    }
    rows = [
        (
            "iteration" if what == "cohort" else what,
            one.entry.code,
            one.entry.title,
            one.by.code,
            str(one.by),
            *one.share,
            one.share.percent,
            *(one.interval or (None, None)),
            *one.others,
            *(one.others_interval or (None, None)),
            DIFFERS[one.differs],
        )
        for _title, what, comparisons in page["comparisons"]
        for one in comparisons
    ]
    return of_program(page, "standards", _("Standards of %(program)s"), columns, rows)


def attempts(page):
    """One row for each first attempt that the page was narrowed to."""
    columns = WHO | {
        "module": _("Module"),
        "cohort": _("Cohort"),
        "kind": _("Result"),
        "assessed_on": _("Assessed on"),
        "assessor": _("Staff number of the assessor"),
        "assessor_call_sign": _("Assessor"),
    }
    rows = [
        (
            *who(one.person),
            one.entry.code,
            str(one.cohort),
            one.evidence.kind,
            one.evidence.holds_from,
            one.assessor.code,
            one.assessor.call_sign,
        )
        for one in page["attempts"]
    ]
    title = _("First attempts in %(program)s")
    return of_program(page, "first attempts", title, columns, rows, filters=page["narrowed"])
