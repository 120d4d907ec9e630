"""Lessons identified."""

from django.utils.translation import gettext as _

from accounts.exports import Table, every, filters_in

from ..selectors.clock import zone_of


def lessons(page):
    """One row for each lesson."""
    columns = {
        "cohort": _("Cohort"),
        "module": _("Module"),
        "kind": _("Keep or change"),
        "lesson": _("Lesson"),
        "follow_up": _("Who follows up"),
        "due_on": _("Due on"),
        "state": _("State"),
        "closed_on": _("Closed on"),
        "outcome": _("What came of it"),
    }
    rows = (
        (
            str(one.cohort),
            one.module.code if one.module else "",
            one.kind,
            one.text,
            one.follow_up,
            one.due_on,
            one.state,
            one.closed_on,
            one.outcome,
        )
        for one in every(page["page"])
    )
    cohort = page.get("cohort")
    title = _("Lessons of %(whose)s") % {"whose": cohort or page["program"].code}
    what = f"lessons {cohort.slug if cohort else page['program'].code}"
    return Table(what, title, columns, rows, zone=zone_of(page["program"]), filters=filters_in(page["filter"].form))
