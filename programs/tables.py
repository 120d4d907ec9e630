"""Pages about programs, modules and instructors as tables: each function makes one of what its page shows (its context).

What a column means stands in docs/files.md.
"""

from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.exports import Table, every, filters_in


def programs(page):
    columns = {
        "code": _("Code"),
        "title": _("Title"),
        "host": _("Host"),
        "partner": _("Partner"),
        "archived": _("Archived"),
    }
    rows = ((one.code, one.title, one.host, one.partner, one.archived_at is not None) for one in every(page["page"]))
    return Table("programs", _("Programs"), columns, rows, filters=filters_in(page["filter"].form))


def modules(page):
    columns = {
        "code": _("Code"),
        "title": _("Title"),
        "kind": _("Kind"),
        "standard": _("Standard"),
        "archived": _("Archived"),
    }
    rows = ((one.code, one.title, one.kind, one.standard, one.archived_at is not None) for one in every(page["page"]))
    return Table("modules", _("Modules"), columns, rows, filters=filters_in(page["filter"].form))


def instructors(page):
    columns = {
        "code": _("Staff number"),
        "call_sign": _("Call sign"),
        "capacity": _("Capacity"),
        "nation": _("Nation"),
        "unit": _("Unit"),
        "languages": _("Languages"),
        "archived": _("Archived"),
    }
    rows = (
        (one.code, one.call_sign, one.capacity, one.nation, one.unit, one.languages, one.archived_at is not None)
        for one in every(page["page"])
    )
    return Table(
        "instructors", _("Instructors and interpreters"), columns, rows, filters=filters_in(page["filter"].form)
    )


def _of_people(page, what, title, columns, rows):
    form, program = page["form"], page["program"]
    filters = filters_in(form) if form.is_valid() else {}
    title %= {"program": program.code}
    return Table(f"{what} {program.slug}", title, columns, rows, zone=ZoneInfo(program.time_zone), filters=filters)


def assignments(page):
    """Who teaches, judges and interprets in a program."""
    columns = {
        "code": _("Staff number"),
        "call_sign": _("Call sign"),
        "capacity": _("Capacity"),
        "nation": _("Nation"),
        "may_assess": _("May assess only these modules"),
        "archived": _("Archived"),
    }
    rows = [
        (
            one.instructor.code,
            one.instructor.call_sign,
            one.instructor.capacity,
            one.instructor.nation,
            " ".join(limit.module.code for limit in one.may_assess.all()),
            one.instructor.archived_at is not None,
        )
        for one in page["assignments"]
    ]
    return _of_people(page, "people", _("Instructors and interpreters of %(program)s"), columns, rows)


def roles(page):
    """Who signs in, and may do what in a program."""
    columns = {
        "user": _("User"),
        "role": _("Role"),
        "nation": _("Only trainees of this nation"),
        "active": _("May sign in"),
    }
    rows = [(one.user, one.kind, one.nation, one.user.is_active) for one in page["roles"]]
    return _of_people(page, "roles", _("Roles in %(program)s"), columns, rows)


def curriculum(page):
    """The modules of a version, in their order."""
    curriculum = page["curriculum"]
    columns = {
        "position": _("Position"),
        "module": _("Module"),
        "title": _("Title"),
        "asked": _("Required or elective"),
        "tracks": _("Tracks; empty: all"),
        "hours": _("Hours"),
        "pass_mark": _("Pass mark"),
        "validity_months": _("Valid for, months; empty: for ever"),
        "needs": _("Prerequisites"),
        "steps": _("Steps of the checklist"),
        "steps_needed": _("Steps needed, %"),
    }
    rows = [
        (
            n,
            one.module.code,
            one.module.title,
            "required" if one.required else "elective",
            " ".join(link.track.code for link in one.for_tracks.all()),
            one.hours,
            one.pass_mark,
            one.validity_months,
            " ".join(link.needs.module.code for link in one.prerequisites.all()),
            one.step_count,
            one.steps_needed,
        )
        for n, one in enumerate(page["entries"], 1)
    ]
    what = f"curriculum {curriculum.program.slug} {curriculum.number}"
    return Table(what, str(curriculum), columns, rows, zone=ZoneInfo(curriculum.program.time_zone))
