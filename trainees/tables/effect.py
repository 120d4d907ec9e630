"""What another curriculum version would change: statuses, and numbers."""

from django.utils.translation import gettext as _

from accounts.exports import Table, every

from ..selectors.clock import zone_of
from . import WHO, who


def effect(page):
    """One row for each status that would change, in the cohort that the page shows, narrowed as there."""
    columns = (
        {"cohort": _("Cohort")}
        | WHO
        | {
            "module": _("Module"),
            "before": _("Status now"),
            "after": _("Status then"),
            "required_before": _("Required now"),
            "required_after": _("Required then"),
            "why": _("Why"),
            "completed": _("Has completed and keeps the snapshot"),
        }
    )
    cohort = str(page["shown"].cohort) if page["shown"] else ""
    rows = (
        (cohort, *who(one.person), one.entry.code, one.before, one.after, *one.required, one.why, one.completed)
        for one in every(page["page"])
    )
    return _of(page, "effect", _("Statuses that %(curriculum)s would change"), columns, rows)


def effect_numbers(page):
    """One row for each cohort as a whole and one for each of its modules: before and after."""
    columns = {
        "cohort": _("Cohort"),
        "module": _("Module"),
        "what": _("Number"),
        "part_before": _("How many now"),
        "whole_before": _("Of how many now"),
        "part_after": _("How many then"),
        "whole_after": _("Of how many then"),
        "band_before": _("Band now"),
        "band_after": _("Band then"),
        "statuses": _("Statuses that change"),
        "differences": _("What is asked otherwise"),
    }
    rows = []
    for one in page["effects"]:
        for what, before, after in one.numbers:
            rows.append((str(one.cohort), "", what, *before, *after, "", "", len(one.cells), ""))
        for line in one.modules:
            shares = [part for share in line.shares for part in (share or (None, None))]
            said = "; ".join(f"{of.what}: {of.before} → {of.after}" for of in line.differences)
            rows.append((str(one.cohort), line.entry.code, _("Achieved"), *shares, *line.bands, line.statuses, said))
    return _of(page, "effect numbers", _("Numbers that %(curriculum)s would change"), columns, rows)


def _of(page, what, title, columns, rows):
    curriculum, cohort = page["curriculum"], page.get("cohort")
    about = cohort.slug if cohort else page["program"].code
    days = {"as_of": one.before.moment.as_of, "known": one.before.moment.known} if (one := page["shown"]) else {}
    filters = {"curriculum": curriculum.number} | ({"since": page["shown"].since} if cohort else {})
    filters |= {"module": page["module"]} if page["module"] else {}
    return Table(
        f"{what} {about}-{curriculum.number}",
        title % {"curriculum": curriculum},
        columns,
        rows,
        zone=zone_of(page["program"]),
        filters=filters,
        **days,
    )
